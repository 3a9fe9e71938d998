"""One kept SMTP connection, phase by phase: before the final dot certainly unsent, after it unknown (RFC 1047)."""

import re
import time
from typing import Final

from worker.delivery.opening import USUAL, Opened, Patience, Server, UnreachableError, opened
from worker.delivery.transport import CLAIM_UNSURE, MayGo, Outgoing
from worker.delivery.wire import CHUNK, BrokenWireError, Reply, Wire
from worker.updates.outcomes import Outcome, Phase, Rejected, from_reply, without_reply

FAREWELL_SECONDS: Final = 2.0
MAILS_PER_CONNECTION: Final = 500
JUST_USED_SECONDS: Final = 0.05
"""Within so short a time a server seldom takes leave; if it did, the next mail finds out and goes by a new one."""
SERVICE_CLOSING: Final = 421
LONGEST_ADDRESS: Final = 254
LAST_DOT: Final = b".\r\n"
BREAKS_A_COMMAND: Final = re.compile(r"[\x00-\x20\x7f<>]")


class Conversation:
    """Carries mails one after the other; opens its connection when needed, and anew when it broke, aged or is full."""

    def __init__(self, server: Server, helo: str, patience: Patience = USUAL) -> None:
        self._server = server
        self._patience = patience
        self._helo = helo
        self._open: Opened | None = None
        self._carried = 0
        self._used_at = 0.0
        self._reached = Phase.MAIL

    @property
    def connected(self) -> bool:
        """Tell whether it holds a connection."""
        return self._open is not None

    def carry(self, mail: Outgoing, may_go: MayGo) -> Outcome:
        """Send one mail; whatever the server or the network does is the outcome."""
        if not may_go():
            return CLAIM_UNSURE
        kept = self._ready()
        try:
            outcome = self._tried(mail, may_go)
            if kept and self._open is None and outcome.phase is Phase.MAIL and may_go():
                outcome = self._tried(mail, may_go)  # a kept connection had ended unseen; nothing was said of the mail
        except UnreachableError as fault:
            return fault.outcome
        return outcome

    def close(self) -> None:
        """Say goodbye and let go."""
        if self._open is not None:
            try:
                self._open.wire.write(b"QUIT\r\n", FAREWELL_SECONDS)
                self._open.wire.read(FAREWELL_SECONDS)
            except BrokenWireError:
                pass  # it is gone already, which is what was wanted
            self._drop()

    def rest(self) -> None:
        """Close a connection that has not been used for a while."""
        if self._open is not None and time.monotonic() - self._used_at > self._patience.idle:
            self.close()

    def _ready(self) -> bool:
        """Tell whether a kept connection is still good; what is not is closed."""
        if self._open is None:
            return False
        unused = time.monotonic() - self._used_at
        if self._carried >= MAILS_PER_CONNECTION or unused > self._patience.idle:
            self.close()
        elif unused > JUST_USED_SECONDS and not self._open.wire.idle():
            self._drop()
        return self._open is not None

    def _tried(self, mail: Outgoing, may_go: MayGo) -> Outcome:
        if self._open is None:
            self._open = opened(self._server, self._helo, self._patience)
            self._carried = 0
        self._carried += 1
        phase = Phase.MAIL
        try:
            wire, offers = self._open.wire, self._open.offers
            commands = _commands(mail, offers)
            if isinstance(commands, Rejected):
                return commands
            phase, refusal = self._announced(wire, commands, pipelining="pipelining" in offers)
            if refusal is not None:
                return self._refused(phase, refusal)
            phase = Phase.DATA
            content = _stuffed(mail.content)
            at_once = len(content) < CHUNK - len(LAST_DOT)
            if not at_once:
                wire.write(content, self._patience.content)
            if not may_go():
                self._drop()
                return CLAIM_UNSURE
            if at_once:
                wire.write(content + LAST_DOT, self._patience.content)  # if this fails, the dot was not sent
                phase = Phase.REPLY
            else:
                phase = Phase.REPLY
                wire.write(LAST_DOT, self._patience.reply)
            reply = wire.read(self._patience.last_reply)
        except BrokenWireError as fault:
            self._drop()
            return without_reply(phase if phase is Phase.REPLY else self._phase(phase), str(fault))
        self._used_at = time.monotonic()
        if reply.code == SERVICE_CLOSING:
            self._drop()
        return from_reply(Phase.REPLY, reply.code, reply.text)

    def _announced(self, wire: Wire, commands: tuple[bytes, ...], *, pipelining: bool) -> tuple[Phase, Reply | None]:
        """Say sender, recipient, DATA; give how far it went, and the reply that refused, if one did."""
        self._reached = Phase.MAIL
        refused: tuple[Phase, Reply] | None = None
        if pipelining:
            wire.write(b"".join(commands), self._patience.reply)
        for phase, wanted, command in zip(
            (Phase.MAIL, Phase.RCPT, Phase.DATA), ((250,), (250, 251), (354,)), commands, strict=True
        ):
            if not pipelining:
                if refused:
                    break
                wire.write(command, self._patience.reply)
            reply = wire.read(self._patience.reply)
            if refused and phase is Phase.DATA and reply.code == 354:
                self._drop()  # it waits for a mail without a recipient; nothing was sent
            if reply.code not in wanted and refused is None:
                refused = (phase, reply)
            if refused is None:
                self._reached = phase
        return refused or (Phase.DATA, None)

    def _phase(self, phase: Phase) -> Phase:
        return self._reached if phase is Phase.MAIL else phase

    def _refused(self, phase: Phase, reply: Reply) -> Outcome:
        """A reply before the dot: unsent, and the connection is good for the next mail unless the server leaves."""
        outcome = from_reply(phase, reply.code, reply.text)
        self._used_at = time.monotonic()
        if self._open is None or reply.code == SERVICE_CLOSING or not 400 <= reply.code < 600:
            self._drop()
            return outcome
        try:
            self._open.wire.write(b"RSET\r\n", self._patience.reply)
            if self._open.wire.read(self._patience.reply).code != 250:
                self._drop()
        except BrokenWireError:
            self._drop()
        return outcome

    def _drop(self) -> None:
        held, self._open = self._open, None
        if held is not None:
            held.wire.close()


def _commands(mail: Outgoing, offers: dict[str, str]) -> tuple[bytes, ...] | Rejected:
    """Write the envelope, or say why this server can never take this mail."""
    sender, recipient = _ascii_domain(mail.sender), _ascii_domain(mail.recipient)
    for address in (sender, recipient):
        if not address.partition("@")[2] or BREAKS_A_COMMAND.search(address) or len(address) > LONGEST_ADDRESS:
            return Rejected("an address that no SMTP command can hold; please correct it", Phase.RCPT)
    beyond_ascii = not (sender + recipient).isascii()
    if beyond_ascii and "smtputf8" not in offers:
        return Rejected("the mail server takes no addresses beyond ASCII (it does not offer SMTPUTF8)", Phase.RCPT)
    options = ""
    if "8bitmime" in offers and not mail.content.isascii():
        options += " BODY=8BITMIME"
    if beyond_ascii:
        options += " SMTPUTF8"
    if offers.get("size", "").isdecimal():
        options += f" SIZE={len(mail.content)}"
    return f"MAIL FROM:<{sender}>{options}\r\n".encode(), f"RCPT TO:<{recipient}>\r\n".encode(), b"DATA\r\n"


def _ascii_domain(address: str) -> str:
    """Write an IDN domain in its ASCII form; one that has none stays and is judged as it stands."""
    local, _, domain = address.rpartition("@")
    try:
        return address if domain.isascii() else f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return address


def _stuffed(content: bytes) -> bytes:
    doubled = content.replace(b"\n.", b"\n..")
    if content.startswith(b"."):
        doubled = b"." + doubled
    return doubled if doubled.endswith(b"\r\n") else doubled + b"\r\n"
