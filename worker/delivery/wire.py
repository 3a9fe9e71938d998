"""Lines to and from an SMTP server: each reply has an end in time, in bytes and in lines, whatever the server does.

Reading and writing go in steps: a generator gives what it waits for next, so that one thread can carry on with many
connections; its value is what was read or done.
"""

import re
import select
import socket
import ssl
import time
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias, TypeVar

LONGEST_LINE: Final = 2_048
MOST_LINES: Final = 100
CHUNK: Final = 65_536
LINE_END: Final = b"\n"
REPLY_LINE: Final = re.compile(rb"^([2-5]\d\d)(?:([ -])(.*))?$", re.DOTALL)
NOT_YET: Final = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
Value = TypeVar("Value")


class Wait(NamedTuple):
    """What a step waits for: that a file can be read or written, at most until a moment of the steady clock (s)."""

    file: int
    until: float
    writes: bool = False


Steps: TypeAlias = Generator[Wait, None, Value]
"""It may be taken forward at any time; if what it waits for has not come, it waits again, until its time is over."""


def ready_of(waits: Iterable[Wait], seconds: float) -> set[int]:
    """Wait until something has come that is waited for, or for so long; give the files where it has."""
    watched = select.poll()
    for wait in waits:
        watched.register(wait.file, select.POLLOUT if wait.writes else select.POLLIN)
    return {file for file, _ in watched.poll(max(0.0, seconds) * 1000)}


def waited(steps: Steps[Value]) -> Value:
    """Take steps to their end in this thread; give their value."""
    try:
        while True:
            wait = next(steps)
            ready_of((wait,), wait.until - time.monotonic())
    except StopIteration as end:
        value: Value = end.value
        return value


class BrokenWireError(Exception):
    """The connection is of no more use; the text says what was seen, without addresses."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's answer; lines without their codes."""

    code: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.lines).split())


class Wire:
    """A connected socket, read by replies and written by bytes, both by a deadline for the whole."""

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected
        connected.setblocking(False)
        self._file = connected.fileno()
        self._buffer = b""
        self.handed_over = 0
        """So many bytes of the last write has the system taken."""
        self.plain = not isinstance(connected, ssl.SSLSocket)
        """Bytes are handed over one after the other, not by records of which nobody knows how far they came."""

    def write(self, content: bytes, seconds: float) -> Steps[None]:
        """Send everything, or BrokenWireError: then the last bytes were not sent."""
        until = time.monotonic() + seconds
        self.handed_over = 0
        view = memoryview(content)
        while self.handed_over < len(content):
            try:
                self.handed_over += self.socket.send(view[self.handed_over : self.handed_over + CHUNK])
            except NOT_YET as fault:
                yield self._wait(until, seconds, writes=not isinstance(fault, ssl.SSLWantReadError))
            except OSError as fault:
                raise BrokenWireError(said(fault, seconds)) from None

    def read(self, seconds: float) -> Steps[Reply]:
        """Read one whole reply, or BrokenWireError: too late, too long, closed, or no SMTP."""
        until = time.monotonic() + seconds
        code = 0
        lines: list[str] = []
        while len(lines) < MOST_LINES:
            line, ends, rest = self._buffer.partition(LINE_END)
            while not ends:
                yield from self._more(until, seconds)
                line, ends, rest = self._buffer.partition(LINE_END)
            self._buffer = rest
            found = _reply_line(line)
            if found is None or (code and int(found[1]) != code):
                raise BrokenWireError("the server's answer is no SMTP reply")
            code = int(found[1])
            lines.append(_words(found))
            if found[2] != b"-":
                return Reply(code, tuple(lines))
        raise BrokenWireError(f"the server's reply has more than {MOST_LINES} lines")

    def at_hand(self) -> Reply | None:
        """Give the next reply if it has come already and is one line, as most are; `read` takes any other."""
        line, ends, rest = self._buffer.partition(LINE_END)
        found = _reply_line(line) if ends else None
        if found is None or found[2] == b"-":
            return None
        self._buffer = rest
        return Reply(int(found[1]), (_words(found),))

    def idle(self) -> bool:
        """Tell whether the server has said nothing unasked; a farewell or an end of the connection is something."""
        if self._buffer or self.socket.fileno() < 0:
            return False
        return not ready_of((Wait(self._file, 0.0),), 0.0)

    def nothing_read_ahead(self) -> bool:
        """Tell whether every byte that came has been read as part of a reply."""
        return not self._buffer

    def close(self) -> None:
        """Close the socket; what the server thinks of that is its own matter."""
        self.socket.close()

    def _more(self, until: float, seconds: float) -> Steps[None]:
        """Read what comes next."""
        if len(self._buffer) > LONGEST_LINE:
            raise BrokenWireError(f"the server's reply has a line of more than {LONGEST_LINE} bytes")
        if self.plain:
            yield self._wait(until, seconds)
        while True:
            try:
                more = self.socket.recv(LONGEST_LINE)
            except NOT_YET as fault:
                yield self._wait(until, seconds, writes=isinstance(fault, ssl.SSLWantWriteError))
            except OSError as fault:
                raise BrokenWireError(said(fault, seconds)) from None
            else:
                break
        if not more:
            raise BrokenWireError("the server closed the connection")
        self._buffer += more

    def _wait(self, until: float, seconds: float, *, writes: bool = False) -> Wait:
        if time.monotonic() >= until:
            raise BrokenWireError(f"no answer within {seconds:g} s")
        return Wait(self._file, until, writes)


def _reply_line(line: bytes) -> "re.Match[bytes] | None":
    return REPLY_LINE.match(line.rstrip(b"\r"))


def _words(found: "re.Match[bytes]") -> str:
    return (found[3] or b"").decode("utf-8", "replace")


def said(fault: OSError, seconds: float) -> str:
    """Name a fault of the network in words."""
    if isinstance(fault, TimeoutError | BlockingIOError):
        return f"no answer within {seconds:g} s"
    return (fault.strerror or type(fault).__name__).lower()
