"""A real SMTP server for tests that does whatever its script says in each phase: cut, hang, drip, lie, refuse."""

import contextlib
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

Act = str | None
"""None: as usual. `cut`, `hang`, `drip`, `garbage`, `wait:SECONDS`, or a whole reply such as `450 later`."""
Script = Callable[[str, "Talk"], Act]


def as_usual(phase: str, talk: "Talk") -> Act:  # noqa: ARG001 - a script has this shape
    return None


@dataclass
class Mail:
    sender: str
    recipient: str
    options: str
    content: bytes

    @property
    def message_id(self) -> str:
        found = re.search(rb"^Message-ID: (\S+)", self.content, re.MULTILINE)
        return found[1].decode() if found else ""


@dataclass
class Talk:
    """One connection, as far as it has come."""

    number: int
    connection: socket.socket
    sender: str = ""
    recipient: str = ""
    options: str = ""
    lines: list[str] = field(default_factory=list)


class Cut(Exception):  # noqa: N818 - it is no error, it is the script
    pass


class ScriptedServer:
    """Listens on a free port until it is closed; keeps what it took, and what it read but did not answer for."""

    def __init__(self, script: Script = as_usual, offers: tuple[str, ...] = ("PIPELINING", "8BITMIME"), **more):
        self.script = script
        self.offers = offers
        self.seconds_per_mail: float = more.get("seconds_per_mail", 0.0)
        self.context: ssl.SSLContext | None = more.get("context")
        self.most_connections: int = more.get("most_connections", 1000)
        self.mails: list[Mail] = []
        self.unanswered: list[str] = []
        self.commands: list[str] = []
        self.keeps_commands: bool = more.get("keeps_commands", True)
        self.connections = 0
        self.open: set[socket.socket] = set()
        self.hanging = threading.Event()
        self.lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", more.get("port", 0)), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        self.hanging.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # else the waiting accept would take one more
        self._listener.close()
        for connection in list(self.open):
            connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.connections += 1
                self.open.add(connection)
                talk = Talk(self.connections, connection)
            threading.Thread(target=self._serve, args=(talk,), daemon=True).start()

    def _serve(self, talk: Talk) -> None:
        try:
            if len(self.open) > self.most_connections:
                self._say(talk, "421 too many connections")
            else:
                self._do(talk, "connect", "220 tests.example ESMTP")
                self._talk(talk, talk.connection.makefile("rb"))
        except (Cut, OSError, ValueError):
            pass
        finally:
            self.open.discard(talk.connection)
            talk.connection.close()

    def _talk(self, talk: Talk, reader) -> None:
        while line := reader.readline():
            command = line.decode("utf-8", "replace").strip()
            if self.keeps_commands:
                self.commands.append(command)
            verb = command.partition(" ")[0].upper()
            if verb == "EHLO":
                lines = ["tests.example", *self.offers]
                reply = "\r\n".join(f"250{'-' if n < len(lines) - 1 else ' '}{one}" for n, one in enumerate(lines))
                self._do(talk, "hello", reply)
            elif verb == "STARTTLS" and self.context:
                self._say(talk, "220 go")
                talk.connection = self.context.wrap_socket(talk.connection, server_side=True)
                self._talk(talk, talk.connection.makefile("rb"))
                return
            elif verb == "AUTH":
                self._do(talk, "auth", "235 welcome")
            elif verb == "MAIL":
                talk.recipient = ""
                talk.sender, talk.options = _address(command)
                talk.sender = talk.sender if self._do(talk, "mail", "250 sender ok") else ""
            elif verb == "RCPT":
                talk.recipient = _address(command)[0]
                talk.recipient = talk.recipient if self._do(talk, "rcpt", "250 recipient ok") else ""
            elif verb == "DATA":
                if not talk.recipient:
                    self._say(talk, "503 nobody to send to")
                elif self._do(talk, "data", "354 go on"):
                    self._take(talk, reader)
            elif verb == "QUIT":
                self._say(talk, "221 bye")
                return
            else:
                self._say(talk, "250 ok")

    def _take(self, talk: Talk, reader) -> None:
        lines = []
        if self.script("content", talk) == "cut":
            reader.read(200)
            raise Cut
        while (line := reader.readline()) != b".\r\n":
            if not line:
                raise Cut
            lines.append(line[1:] if line.startswith(b"..") else line)
        if self.seconds_per_mail:
            time.sleep(self.seconds_per_mail)
        act = self.script("dot", talk)
        mail = Mail(talk.sender, talk.recipient, talk.options, b"".join(lines))
        refuses = act is not None and act[:1] in {"4", "5"}
        if not refuses:
            with self.lock:
                self.mails.append(mail)
                if act is not None and not act.startswith("wait:"):
                    self.unanswered.append(mail.message_id)
        self._answer(talk, act, "250 taken")

    def _do(self, talk: Talk, phase: str, usual: str) -> bool:
        """Answer as the script says; True if it was the usual answer."""
        act = self.script(phase, talk)
        self._answer(talk, act, usual)
        return act is None or act.startswith("wait:")

    def _answer(self, talk: Talk, act: Act, usual: str) -> None:
        match act:
            case None:
                self._say(talk, usual)
            case "cut":
                raise Cut
            case "hang":
                self.hanging.wait(600)
                raise Cut
            case "drip":
                self._say(talk, "", end="250-")
                while not self.hanging.wait(0.02):
                    self._say(talk, "", end="x")
            case "flood":
                while not self.hanging.is_set():
                    self._say(talk, "250-and more")
            case "garbage":
                self._say(talk, "\x00\xff\x13 what?")
            case _ if act.startswith("wait:"):
                self.hanging.wait(float(act[5:]))
                self._say(talk, usual)
            case _:
                self._say(talk, act)

    def _say(self, talk: Talk, text: str, end: str = "\r\n") -> None:
        talk.connection.sendall((text + end).encode("utf-8", "surrogateescape"))


def _address(command: str) -> tuple[str, str]:
    found = re.match(r"[^<]*<([^>]*)>\s*(.*)", command)
    return (found[1], found[2]) if found else ("", "")
