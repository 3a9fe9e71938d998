"""How a try to send ended, by phase and reply (R44, R46; RFC 5321 section 4.2, RFC 1047 for the final dot)."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

REPLY_SHOWN: Final = 200
HELD_BACK: Final = timedelta(seconds=30)


class Phase(StrEnum):
    """How far a try came; only after `reply` began may the server have the mail."""

    QUEUE = "queue"
    """Nothing was said of this mail to any server."""
    CONNECT = "connect"
    """The connection, its greeting."""
    HELLO = "hello"
    """EHLO, TLS, AUTH: still nothing of this mail."""
    MAIL = "mail"
    """The sender was named."""
    RCPT = "rcpt"
    """The recipient was named."""
    DATA = "data"
    """The content was announced or under way; the final dot was not sent."""
    REPLY = "reply"
    """The final dot was sent: only a reply makes the end certain."""


BEFORE_ANY_MAIL: Final = frozenset({Phase.CONNECT, Phase.HELLO})
ABOUT_THE_ADDRESS: Final = frozenset({Phase.RCPT, Phase.DATA, Phase.REPLY})


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server took the mail."""

    reply: str = ""
    phase: Phase = Phase.REPLY


@dataclass(frozen=True, slots=True)
class Deferred:
    """Certainly not sent, and worth another try: a 4xx reply, or no connection."""

    reply: str = ""
    phase: Phase = Phase.RCPT

    @property
    def server_away(self) -> bool:
        """Tell whether it says something of the server and nothing of this mail."""
        return self.phase in BEFORE_ANY_MAIL


@dataclass(frozen=True, slots=True)
class Rejected:
    """Certainly not sent, for good: a 5xx reply."""

    reply: str = ""
    phase: Phase = Phase.RCPT


@dataclass(frozen=True, slots=True)
class Unknown:
    """The final dot was passed and no reply came: the mail may have been taken."""

    reply: str = ""
    phase: Phase = Phase.REPLY


@dataclass(frozen=True, slots=True)
class NotStarted:
    """Given back as it was claimed: nobody began, and it counts as no try."""

    reply: str = ""
    again_in: timedelta = timedelta(0)
    phase: Phase = Phase.QUEUE


Outcome = Accepted | Deferred | Rejected | Unknown | NotStarted


def from_reply(phase: Phase, code: int, text: str) -> Outcome:
    """Read a server's reply; a code that is none counts as no reply.

    A permanent no before the recipient was named says nothing of his address: it is tried again, until the 48 hours
    are over, because people can mend a password or a sender.
    """
    shown = f"{code} {text}"[:REPLY_SHOWN]
    success, permanent, for_now = (low <= code < low + 100 for low in (200, 500, 400))
    if success and phase is Phase.REPLY:
        return Accepted(shown, phase)
    if permanent and phase in ABOUT_THE_ADDRESS:
        return Rejected(shown, phase)
    if permanent or for_now:
        return Deferred(shown, phase)
    return without_reply(phase, shown)


def without_reply(phase: Phase, reason: str) -> Outcome:
    """Read a lost connection: before the final dot certainly unsent, after it unknown."""
    return Unknown(reason[:REPLY_SHOWN]) if phase is Phase.REPLY else Deferred(reason[:REPLY_SHOWN], phase)
