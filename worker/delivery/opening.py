"""Open an SMTP connection: connect, greeting, EHLO, TLS, AUTH; each step with its own bound and its own words."""

import base64
import socket
import ssl
import time
from dataclasses import dataclass, field
from typing import Final

from worker.delivery.wire import BrokenWireError, Reply, Wire, said, waited
from worker.updates.outcomes import Deferred, Phase

READY: Final = 220
LOGGED_IN: Final = 235
OK: Final = 250
GO_ON: Final = 334


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long each step may take as a whole, in seconds, however the server drips."""

    connect: float = 15.0
    hello: float = 30.0
    reply: float = 60.0
    content: float = 180.0
    last_reply: float = 300.0
    idle: float = 30.0


USUAL: Final = Patience()


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where and how to reach a mail server, and on how many connections per process."""

    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    starttls: bool = False
    tls: bool = False
    connections: int = 4


class UnreachableError(Exception):
    """No connection that could carry a mail; the outcome says how far it came."""

    def __init__(self, phase: Phase, words: str) -> None:
        super().__init__(words)
        self.outcome = Deferred(f"no connection to the mail server: {words}"[:200], phase)


@dataclass(slots=True)
class Opened:
    """A connection that is ready for mails, with what its server offers (names in lower case)."""

    wire: Wire
    offers: dict[str, str]


def opened(server: Server, helo: str, patience: Patience = USUAL) -> Opened:
    """Open a connection; UnreachableError says what stood in the way."""
    connected = _connected(server, patience)
    try:
        return _Door(server, helo, patience.hello).greeted(Wire(connected))
    except BrokenWireError as fault:
        connected.close()
        raise UnreachableError(Phase.CONNECT, str(fault)) from None
    except (OSError, UnreachableError) as fault:
        connected.close()
        if isinstance(fault, UnreachableError):
            raise
        raise UnreachableError(Phase.HELLO, said(fault, patience.hello)) from None


def _connected(server: Server, patience: Patience) -> socket.socket:
    """Connect to the first address that answers; all of them share one bound."""
    end = time.monotonic() + patience.connect
    words = "no such host"
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM):
            connected = socket.socket(family, kind, protocol)
            try:
                connected.settimeout(max(0.1, end - time.monotonic()))
                connected.connect(address)
                connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return _wrapped(server, connected, patience.hello) if server.tls else connected
            except OSError as fault:
                connected.close()
                words = said(fault, patience.connect)
    except (socket.gaierror, UnicodeError):
        words = "no such host"
    raise UnreachableError(Phase.CONNECT, words)


def _wrapped(server: Server, connected: socket.socket, seconds: float) -> ssl.SSLSocket:
    connected.settimeout(seconds)
    return ssl.create_default_context().wrap_socket(connected, server_hostname=server.host)


@dataclass(frozen=True, slots=True)
class _Door:
    """The talk before the first mail."""

    server: Server
    helo: str
    seconds: float

    def greeted(self, wire: Wire) -> Opened:
        greeting = waited(wire.read(self.seconds))
        if greeting.code != READY:
            raise UnreachableError(Phase.CONNECT, f"it greeted with {greeting.code} {greeting.text}")
        offers = self._hello(wire)
        if self.server.starttls:
            wire = self._secured(wire, offers)
            offers = self._hello(wire)
        if self.server.user:
            self._log_in(wire, offers)
        return Opened(wire, offers)

    def _hello(self, wire: Wire) -> dict[str, str]:
        reply = self._asked(wire, f"EHLO {self.helo}")
        if str(reply.code).startswith("5"):
            reply = self._asked(wire, f"HELO {self.helo}")
        if reply.code != OK:
            raise UnreachableError(Phase.HELLO, f"it answered our greeting with {reply.code} {reply.text}")
        words = (line.partition(" ") for line in reply.lines[1:])
        return {name.lower(): value.strip() for name, _, value in words}

    def _secured(self, wire: Wire, offers: dict[str, str]) -> Wire:
        if "starttls" not in offers:
            raise UnreachableError(Phase.HELLO, "it does not offer STARTTLS, and mails do not go in the clear")
        reply = self._asked(wire, "STARTTLS")
        if reply.code != READY or not wire.nothing_read_ahead():
            raise UnreachableError(Phase.HELLO, f"STARTTLS was answered with {reply.code} {reply.text}")
        return Wire(_wrapped(self.server, wire.socket, self.seconds))

    def _log_in(self, wire: Wire, offers: dict[str, str]) -> None:
        user, password = (self.server.user or "").encode(), (self.server.password or "").encode()
        mechanisms = offers.get("auth", "").upper().split()
        if "PLAIN" in mechanisms:
            reply = self._asked(wire, "AUTH PLAIN " + _base64(b"\0" + user + b"\0" + password))
        elif "LOGIN" in mechanisms:
            reply = self._asked(wire, "AUTH LOGIN")
            for secret in (user, password):
                if reply.code == GO_ON:
                    reply = self._asked(wire, _base64(secret))
        else:
            raise UnreachableError(Phase.HELLO, "it takes no user and password (neither AUTH PLAIN nor LOGIN)")
        if reply.code != LOGGED_IN:
            raise UnreachableError(Phase.HELLO, f"it refused user and password with {reply.code} {reply.text}")

    def _asked(self, wire: Wire, line: str) -> Reply:
        waited(wire.write(line.encode() + b"\r\n", self.seconds))
        return waited(wire.read(self.seconds))


def _base64(secret: bytes) -> str:
    return base64.b64encode(secret).decode()
