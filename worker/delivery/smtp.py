"""SMTP on a kept connection, phase by phase: before the final dot certainly unsent, after it unknown (RFC 1047)."""

import re
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from worker.delivery.transport import NOT_STARTED, Outgoing, always
from worker.updates.outcomes import Deferred, Outcome, from_reply, without_reply

CONNECT_SECONDS: Final = 15.0
REPLY_SECONDS: Final = 60.0
LAST_REPLY_SECONDS: Final = 300.0
IDLE_SECONDS: Final = 30.0
MAILS_PER_CONNECTION: Final = 500
SERVICE_CLOSING: Final = 421
LEADING_DOT: Final = re.compile(rb"^\.", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where and how to reach a mail server."""

    host: str
    port: int
    user: str | None = None
    password: str | None = None
    starttls: bool = False
    tls: bool = False


class SmtpTransport:
    """Sends over one connection per process, made anew when it breaks, ages or has carried enough."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._connection: smtplib.SMTP | None = None
        self._carried = 0
        self._used_at = 0.0

    def send(self, mails: Sequence[Outgoing], may_start: Callable[[], bool] = always) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for mail in mails:
            if not may_start():
                outcomes += [NOT_STARTED] * (len(mails) - len(outcomes))
                break
            unreachable = self._connect()
            if unreachable is not None:
                outcomes += [unreachable] * (len(mails) - len(outcomes))
                break
            outcomes.append(self._transfer(mail))
        return outcomes

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.quit()
            except (OSError, smtplib.SMTPException):
                connection.close()

    def _connect(self) -> Deferred | None:
        stale = time.monotonic() - self._used_at > IDLE_SECONDS or self._carried >= MAILS_PER_CONNECTION
        if self._connection is not None and stale:
            self.close()
        if self._connection is not None:
            return None
        try:
            self._connection = self._opened()
        except (OSError, smtplib.SMTPException) as fault:
            return Deferred(f"no connection to the mail server: {_words(fault)}")
        self._carried = 0
        return None

    def _opened(self) -> smtplib.SMTP:
        server = self._server
        context = ssl.create_default_context()
        if server.tls:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=CONNECT_SECONDS, context=context
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=CONNECT_SECONDS)
        connection.ehlo_or_helo_if_needed()
        if server.starttls:
            connection.starttls(context=context)
        if server.user:
            connection.login(server.user, server.password or "")
        return connection

    def _transfer(self, mail: Outgoing) -> Outcome:
        connection = self._connection
        if connection is None:
            raise AssertionError("a transfer needs a connection")
        passed_dot = False
        self._carried += 1
        try:
            _timeout(connection, REPLY_SECONDS)
            code, text = connection.mail(mail.sender, _options(connection, mail))
            if code == 250:
                code, text = connection.rcpt(mail.recipient)
            if code not in {250, 251}:
                return self._refused(code, text)
            code, text = connection.docmd("DATA")
            if code != 354:
                return self._refused(code, text)
            content = LEADING_DOT.sub(b"..", mail.content)
            connection.send(content if content.endswith(b"\r\n") else content + b"\r\n")
            passed_dot = True
            _timeout(connection, LAST_REPLY_SECONDS)
            connection.send(b".\r\n")
            code, text = connection.getreply()
            self._used_at = time.monotonic()
            if code == SERVICE_CLOSING or not 200 <= code < 600:
                self._drop()
            return from_reply(code, _text(text), passed_dot=True)
        except (OSError, smtplib.SMTPException, UnicodeError) as fault:
            self._drop()
            return without_reply(_words(fault), passed_dot=passed_dot)

    def _refused(self, code: int, text: bytes) -> Outcome:
        """A reply before the dot: unsent, and the connection is good for the next mail unless the server leaves."""
        if code == SERVICE_CLOSING or self._connection is None:
            self._drop()
        else:
            try:
                self._connection.rset()
            except (OSError, smtplib.SMTPException):
                self._drop()
        return from_reply(code, _text(text), passed_dot=False)

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _options(connection: smtplib.SMTP, mail: Outgoing) -> list[str]:
    options = []
    if connection.has_extn("8bitmime"):
        options.append("BODY=8BITMIME")
    if not (mail.sender + mail.recipient).isascii() and connection.has_extn("smtputf8"):
        options.append("SMTPUTF8")
        connection.command_encoding = "utf-8"
    return options


def _timeout(connection: smtplib.SMTP, seconds: float) -> None:
    if isinstance(connection.sock, socket.socket):
        connection.sock.settimeout(seconds)


def _text(reply: bytes) -> str:
    return " ".join(reply.decode("utf-8", "replace").split())


def _words(fault: Exception) -> str:
    """Name a fault without the addresses that some carry."""
    code = getattr(fault, "smtp_code", None)
    return f"{type(fault).__name__}{f' {code}' if code else ''}"
