"""Lines to and from an SMTP server: each reply has an end in time, in bytes and in lines, whatever the server does."""

import re
import select
import socket
import time
from dataclasses import dataclass
from typing import Final

LONGEST_LINE: Final = 2_048
MOST_LINES: Final = 100
CHUNK: Final = 65_536
REPLY_LINE: Final = re.compile(rb"^([2-5]\d\d)(?:([ -])(.*))?$", re.DOTALL)


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
        self._buffer = b""

    def write(self, content: bytes, seconds: float) -> None:
        """Send everything, or BrokenWireError: then the last bytes were not sent."""
        end = time.monotonic() + seconds
        view = memoryview(content)
        try:
            while view:
                self.socket.settimeout(_left(end, seconds))
                view = view[self.socket.send(view[:CHUNK]) :]
        except OSError as fault:
            raise BrokenWireError(said(fault, seconds)) from None

    def read(self, seconds: float) -> Reply:
        """Read one whole reply, or BrokenWireError: too late, too long, closed, or no SMTP."""
        end = time.monotonic() + seconds
        code = 0
        lines: list[str] = []
        while len(lines) < MOST_LINES:
            found = REPLY_LINE.match(self._line(end, seconds))
            if found is None or (code and int(found[1]) != code):
                raise BrokenWireError("the server's answer is no SMTP reply")
            code = int(found[1])
            lines.append((found[3] or b"").decode("utf-8", "replace"))
            if found[2] != b"-":
                return Reply(code, tuple(lines))
        raise BrokenWireError(f"the server's reply has more than {MOST_LINES} lines")

    def idle(self) -> bool:
        """Tell whether the server has said nothing unasked; a farewell or an end of the connection is something."""
        if self._buffer or self.socket.fileno() < 0:
            return False
        readable, _, _ = select.select([self.socket], [], [], 0)
        return not readable

    def nothing_read_ahead(self) -> bool:
        """Tell whether every byte that came has been read as part of a reply."""
        return not self._buffer

    def close(self) -> None:
        """Close the socket; what the server thinks of that is its own matter."""
        self.socket.close()

    def _line(self, end: float, seconds: float) -> bytes:
        while b"\n" not in self._buffer:
            if len(self._buffer) > LONGEST_LINE:
                raise BrokenWireError(f"the server's reply has a line of more than {LONGEST_LINE} bytes")
            try:
                self.socket.settimeout(_left(end, seconds))
                more = self.socket.recv(LONGEST_LINE)
            except OSError as fault:
                raise BrokenWireError(said(fault, seconds)) from None
            if not more:
                raise BrokenWireError("the server closed the connection")
            self._buffer += more
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.rstrip(b"\r")


def _left(end: float, seconds: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError(f"nothing complete within {seconds:g} s")
    return left


def said(fault: OSError, seconds: float) -> str:
    """Name a fault of the network in words."""
    if isinstance(fault, TimeoutError):
        return f"no answer within {seconds:g} s"
    return (fault.strerror or type(fault).__name__).lower()
