"""The local mail catcher: a real SMTP server that keeps each mail as a file and sends nothing on."""

import json
import os
import socket
import time
from pathlib import Path
from typing import Any, Final

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

DEFAULT_PORT: Final = 8025
LARGEST_MAIL: Final = 10 * 1024 * 1024


def mailbox(state: Path) -> Path:
    """Give the folder in which caught mails lie, oldest first by name."""
    return state / "mailbox"


def catcher_address(state: Path) -> tuple[str, int]:
    """Give where the catcher of a state folder listens; the usual port if none has said."""
    try:
        known = json.loads((state / "catcher.json").read_text())
    except (FileNotFoundError, ValueError):
        return ("127.0.0.1", DEFAULT_PORT)
    return (str(known["host"]), int(known["port"]))


class _Keeper:
    """Writes what arrives; a mail is acknowledged once its file is complete."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: ARG002, N802 - aiosmtpd's names
        self._count += 1
        name = f"{time.time_ns():020d}-{os.getpid()}-{self._count:06d}.eml"
        draft = self._folder / f"{name}.part"
        draft.write_bytes(envelope.original_content or envelope.content)
        draft.rename(self._folder / name)
        return f"250 kept as {name}"


class Catcher:
    """A running catcher; close it to free its port."""

    def __init__(self, state: Path, ports: tuple[int, ...] = (DEFAULT_PORT, 0)) -> None:
        self.folder = mailbox(state)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port(ports)
        self._announcement = state / "catcher.json"
        self._controller = Controller(
            _Keeper(self.folder),
            hostname="127.0.0.1",
            port=self.port,
            data_size_limit=LARGEST_MAIL,
            enable_SMTPUTF8=True,
            server_hostname="localhost",
        )
        self._controller.start()
        draft = self._announcement.with_suffix(".new")
        draft.write_text(json.dumps({"host": "127.0.0.1", "port": self.port}))
        draft.rename(self._announcement)

    def close(self) -> None:
        """Stop listening."""
        self._announcement.unlink(missing_ok=True)
        self._controller.stop()


def free_port(ports: tuple[int, ...]) -> int:
    """Give the first of these ports that is free; 0 stands for any."""
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise OSError("no free port on 127.0.0.1")
