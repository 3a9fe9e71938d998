"""One kept SMTP connection, phase by phase: before the final dot certainly unsent, after it unknown (RFC 1047)."""

import math
import re
import time
from collections.abc import Callable
from typing import Final

from worker.delivery.aside import Aside
from worker.delivery.opening import USUAL, Opened, Patience, Server, UnreachableError, opened
from worker.delivery.transport import CLAIM_UNSURE, MayGo, Outgoing
from worker.delivery.wire import CHUNK, BrokenWireError, Reply, Steps, Wait, Wire
from worker.updates.outcomes import Outcome, Phase, Rejected, from_reply, without_reply

FAREWELL_SECONDS: Final = 2.0
MAILS_PER_CONNECTION: Final = 500
JUST_USED_SECONDS: Final = 0.05
"""Within so short a time a server seldom takes leave; if it did, the next mail finds out and goes by a new one."""
SERVICE_CLOSING: Final = 421
LONGEST_ADDRESS: Final = 254
LAST_DOT: Final = b".\r\n"
SAID: Final = (b"", b"", b"")
"""The commands of an envelope that the server has heard already."""
LINE_WITH_DOT: Final = re.compile(rb"\n\.")
"""Looks for it in half the time of `bytes.replace`; few mails have one."""
BREAKS_A_COMMAND: Final = re.compile(r"[\x00-\x20\x7f<>]")
NextMail = Callable[[], Outgoing | None]
"""Asked when a last dot leaves: gives the mail that this connection carries next, whatever becomes of this one."""


class Conversation:
    """Carries mails one after the other; opens its connection when needed, and anew when it broke, aged or is full.

    Where the server takes commands by the group (RFC 2920), the next mail is announced in one breath with the last dot
    of the one before; its content leaves only after that one's reply and its own.
    """

    def __init__(self, server: Server, helo: str, patience: Patience = USUAL) -> None:
        self._server = server
        self._patience = patience
        self._helo = helo
        self._open: Opened | None = None
        self._carried = 0
        self._used_at = 0.0
        self._reached = Phase.MAIL
        self._announced: Outgoing | None = None
        """Whose envelope the server has been told already."""

    @property
    def connected(self) -> bool:
        """Tell whether it holds a connection."""
        return self._open is not None

    @property
    def outlived(self) -> bool:
        """Tell whether it holds a connection that has not been used for a while."""
        return self._open is not None and time.monotonic() - self._used_at > self._patience.idle

    def carry(self, mail: Outgoing, may_go: MayGo, next_mail: NextMail) -> Steps[Outcome]:
        """Send one mail; whatever the server or the network does is the outcome."""
        sure = may_go()
        announced = self._announced is mail and sure
        if self._announced is not None and not announced:
            self.drop()  # the server waits for a content that does not come
        if not sure:
            return CLAIM_UNSURE
        kept = announced or (yield from self._ready())
        try:
            outcome = yield from self._tried(mail, may_go, next_mail)
            if kept and self._open is None and outcome.phase is Phase.MAIL and may_go():
                # a kept connection had ended unseen; nothing was said of the mail
                outcome = yield from self._tried(mail, may_go, next_mail)
        except UnreachableError as fault:
            return fault.outcome
        return outcome

    def close(self) -> Steps[None]:
        """Say goodbye and let go; a server that waits for an announced content would take the word for it."""
        if self._open is not None and self._announced is None:
            try:
                yield from self._open.wire.write(b"QUIT\r\n", FAREWELL_SECONDS)
                yield from self._open.wire.read(FAREWELL_SECONDS)
            except BrokenWireError:
                pass  # it is gone already, which is what was wanted
        self.drop()

    def _ready(self) -> Steps[bool]:
        """Tell whether a kept connection is still good; what is not is closed."""
        if self._open is None:
            return False
        unused = time.monotonic() - self._used_at
        if self._carried >= MAILS_PER_CONNECTION or unused > self._patience.idle:
            yield from self.close()
        elif unused > JUST_USED_SECONDS and not self._open.wire.idle():
            self.drop()
        return self._open is not None

    def _tried(self, mail: Outgoing, may_go: MayGo, next_mail: NextMail) -> Steps[Outcome]:
        if self._open is None:
            self._open = yield from self._opening()
            self._carried = 0
        self._carried += 1
        wire, offers, patience = self._open.wire, self._open.offers, self._patience
        self._reached = Phase.MAIL
        try:
            refusal = yield from self._envelope(wire, mail, offers)
            if refusal is not None:
                return refusal
            content = _stuffed(mail.content)
            at_once = len(content) < CHUNK - len(LAST_DOT)
            if not at_once:
                yield from wire.write(content, patience.content)
            if not may_go():
                self.drop()
                return CLAIM_UNSURE
            if not at_once:
                self._reached = Phase.REPLY
                yield from wire.write(LAST_DOT, patience.reply)
            else:
                yield from self._dotted(wire, content, self._announcement(next_mail, offers))
            reply = yield from wire.read(patience.last_reply)
        except BrokenWireError as fault:
            self.drop()
            return without_reply(self._reached, str(fault))
        self._used_at = time.monotonic()
        if reply.code == SERVICE_CLOSING:
            self.drop()
        return from_reply(Phase.REPLY, reply.code, reply.text)

    def _opening(self) -> Steps[Opened]:
        opening = Aside(lambda: opened(self._server, self._helo, self._patience))
        while not opening.over:
            yield Wait(opening.file, math.inf)
        return opening.result()

    def _envelope(self, wire: Wire, mail: Outgoing, offers: dict[str, str]) -> Steps[Outcome | None]:
        """Say sender, recipient, DATA, or hear what was answered if they are said; give what stands against it."""
        said, self._announced = self._announced is mail, None
        commands = SAID if said else _commands(mail, offers)
        if isinstance(commands, Rejected):
            return commands
        pipelining = "pipelining" in offers
        refused: tuple[Phase, Reply] | None = None
        if pipelining and not said:
            yield from wire.write(b"".join(commands), self._patience.reply)
        for phase, wanted, command in zip(
            (Phase.MAIL, Phase.RCPT, Phase.DATA), ((250,), (250, 251), (354,)), commands, strict=True
        ):
            if not pipelining:
                if refused:
                    break
                yield from wire.write(command, self._patience.reply)
            reply = wire.at_hand() or (yield from wire.read(self._patience.reply))
            if refused and phase is Phase.DATA and reply.code == 354:
                self.drop()  # it waits for a mail without a recipient; nothing was sent
            if reply.code not in wanted and refused is None:
                refused = (phase, reply)
            if refused is None:
                self._reached = phase
        return (yield from self._refused(*refused)) if refused else None

    def _announcement(self, next_mail: NextMail, offers: dict[str, str]) -> bytes:
        """Give the next mail's envelope, if it may be said before this mail's reply."""
        if "pipelining" not in offers or self._carried >= MAILS_PER_CONNECTION:
            return b""
        following = next_mail()
        commands = _commands(following, offers) if following else None
        if commands is None or isinstance(commands, Rejected):
            return b""
        self._announced = following
        return b"".join(commands)

    def _dotted(self, wire: Wire, content: bytes, announcement: bytes) -> Steps[None]:
        """Write a content and its last dot, and what follows it; if the dot was not sent, the phase stays DATA."""
        breath = b"".join((content, LAST_DOT, announcement if wire.plain else b""))
        try:
            yield from wire.write(breath, self._patience.content)
            self._reached = Phase.REPLY
            if announcement and not wire.plain:
                yield from wire.write(announcement, self._patience.reply)
        except BrokenWireError:
            if self._reached is not Phase.REPLY and wire.handed_over < len(content) + len(LAST_DOT):
                raise
        self._reached = Phase.REPLY

    def _refused(self, phase: Phase, refusal: Reply) -> Steps[Outcome]:
        """A reply before the dot: unsent, and the connection is good for the next mail unless the server leaves."""
        outcome = from_reply(phase, refusal.code, refusal.text)
        self._used_at = time.monotonic()
        if self._open is None or refusal.code == SERVICE_CLOSING or not 400 <= refusal.code < 600:
            self.drop()
            return outcome
        try:
            yield from self._open.wire.write(b"RSET\r\n", self._patience.reply)
            answer = yield from self._open.wire.read(self._patience.reply)
            if answer.code != 250:
                self.drop()
        except BrokenWireError:
            self.drop()
        return outcome

    def drop(self) -> None:
        """Let go without a word."""
        held, self._open, self._announced = self._open, None, None
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
    doubled = content.replace(b"\n.", b"\n..") if LINE_WITH_DOT.search(content) else content
    if content.startswith(b"."):
        doubled = b"." + doubled
    return doubled if doubled.endswith(b"\r\n") else doubled + b"\r\n"
