"""The way out by SMTP: several kept connections per process, and rest for a server that does not answer."""

import socket
from collections.abc import Sequence
from typing import Final

from worker.delivery.attendant import Attendant
from worker.delivery.conversation import Conversation
from worker.delivery.lanes import Lanes
from worker.delivery.opening import USUAL, Patience, Server
from worker.delivery.transport import Ended, MayGo, Outgoing

MAILS_PER_LANE: Final = 5
LAST_REPLY_SECONDS: Final = USUAL.last_reply


class SmtpTransport:
    """Sends over the connections that its server allows; connects when the first mail comes."""

    def __init__(self, server: Server, patience: Patience = USUAL) -> None:
        helo = _own_name()
        self._usual = server.connections * MAILS_PER_LANE
        self._attendant = Attendant(Lanes(lambda: Conversation(server, helo, patience), server.connections))

    def room(self) -> int:
        return self._attendant.room(self._usual)

    def submit(self, mails: Sequence[Outgoing], may_go: MayGo, ended: Ended) -> None:
        self._attendant.submit(mails, may_go, ended)

    def attend(self, seconds: float) -> bool:
        return self._attendant.attend(seconds)

    def leave(self) -> None:
        self._attendant.leave()

    def close(self) -> None:
        self._attendant.close()


def _own_name() -> str:
    """Give the name to greet with: a host name with a dot, else the address literal of RFC 5321."""
    name = socket.gethostname()
    return name if "." in name and name.isascii() else "[127.0.0.1]"


__all__ = ["LAST_REPLY_SECONDS", "Patience", "Server", "SmtpTransport"]
