"""A real and fast mail server that takes everything: Postfix's smtp-sink, or a small one of our own."""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from worker.local.supervisor import die_with_parent, free_port

PLACES: Final = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"


@dataclass(frozen=True, slots=True)
class Sink:
    """Where it listens, and which one it is."""

    port: int
    name: str


@contextmanager
def sink() -> Iterator[Sink]:
    """Run a sink for as long as the block lasts."""
    port = free_port()
    postfix = shutil.which("smtp-sink", path=PLACES)
    user = ["-u", "nobody"] if os.getuid() == 0 else []
    command = (
        [postfix, *user, f"127.0.0.1:{port}", "1000"] if postfix else [sys.executable, "-m", __spec__.name, str(port)]
    )
    process = subprocess.Popen(command, preexec_fn=die_with_parent, cwd="/" if postfix else None)  # noqa: PLW1509 - starts before any thread
    try:
        _wait_for(port)
        yield Sink(port, "Postfix smtp-sink" if postfix else "asyncio sink")
    finally:
        process.kill()
        process.wait()


def _wait_for(port: int) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the sink did not start")


class _Taker(asyncio.Protocol):
    """Answers commands in a row; a body ends at its dot."""

    def __init__(self) -> None:
        self.buffer = b""
        self.body = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        transport.write(b"220 sink ESMTP\r\n")  # type: ignore[attr-defined] # it is one of a socket

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        answers = []
        while True:
            edge = b"\r\n.\r\n" if self.body else b"\r\n"
            line, found, rest = self.buffer.partition(edge)
            if not found:
                break
            self.buffer = rest
            answers.append(self._answer(line[:4].upper()))
        if answers:
            self.transport.write(b"".join(answers))  # type: ignore[attr-defined] # it is one of a socket

    def _answer(self, word: bytes) -> bytes:
        if self.body:
            self.body = False
            return b"250 taken\r\n"
        self.body = word == b"DATA"
        if word == b"EHLO":
            return b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
        return b"354 go on\r\n" if self.body else b"250 ok\r\n"


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Taker, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
