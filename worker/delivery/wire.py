"""Lines to and from an SMTP server: each reply has an end in time, in bytes and in lines, whatever the server does."""

import re
import select
import socket
import struct
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


class _Waiting:
    """The time for one reply or one write, however many calls it takes; the first call has all of it."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds
        self._begun = False

    def left(self) -> float:
        """Give the seconds that are left; TimeoutError when none are."""
        if not self._begun:
            self._begun = True
            return self.seconds
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class Wire:
    """A connected socket, read by replies and written by bytes, both by a deadline for the whole."""

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected
        self._buffer = b""
        self._limits: dict[int, float] = {}
        """How long the kernel lets a call wait, by option; empty: Python watches the clock, as TLS needs."""
        if type(connected) is socket.socket:
            connected.settimeout(None)
            self._limits = {socket.SO_RCVTIMEO: 0.0, socket.SO_SNDTIMEO: 0.0}

    def _wait_at_most(self, seconds: float, option: int) -> None:
        """Limit the next call: the kernel's limit needs no call of its own while it stays the same."""
        if not self._limits:
            self.socket.settimeout(seconds)
        elif self._limits[option] != seconds:
            whole, part = divmod(seconds, 1)
            self.socket.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", int(whole), int(part * 1e6) or 1))
            self._limits[option] = seconds

    def write(self, content: bytes, seconds: float) -> None:
        """Send everything, or BrokenWireError: then the last bytes were not sent."""
        waiting = _Waiting(seconds)
        view = memoryview(content)
        try:
            while view:
                self._wait_at_most(waiting.left(), socket.SO_SNDTIMEO)
                view = view[self.socket.send(view[:CHUNK]) :]
        except OSError as fault:
            raise BrokenWireError(said(fault, seconds)) from None

    def read(self, seconds: float) -> Reply:
        """Read one whole reply, or BrokenWireError: too late, too long, closed, or no SMTP."""
        waiting = _Waiting(seconds)
        code = 0
        lines: list[str] = []
        while len(lines) < MOST_LINES:
            found = REPLY_LINE.match(self._line(waiting))
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

    def _line(self, waiting: _Waiting) -> bytes:
        while b"\n" not in self._buffer:
            if len(self._buffer) > LONGEST_LINE:
                raise BrokenWireError(f"the server's reply has a line of more than {LONGEST_LINE} bytes")
            try:
                self._wait_at_most(waiting.left(), socket.SO_RCVTIMEO)
                more = self.socket.recv(LONGEST_LINE)
            except OSError as fault:
                raise BrokenWireError(said(fault, waiting.seconds)) from None
            if not more:
                raise BrokenWireError("the server closed the connection")
            self._buffer += more
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.rstrip(b"\r")


def said(fault: OSError, seconds: float) -> str:
    """Name a fault of the network in words."""
    if isinstance(fault, TimeoutError | BlockingIOError):
        return f"no answer within {seconds:g} s"
    return (fault.strerror or type(fault).__name__).lower()
