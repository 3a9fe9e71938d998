"""The mail server of a chaos run: cuts in every phase, refuses at random, and keeps who got what."""

import hashlib
from collections import Counter, defaultdict
from random import Random

from tests.smtp_server import Act, Mail, ScriptedServer, Talk

PHASES = ("connect", "hello", "mail", "rcpt", "data", "content", "dot")


class Received:
    """What arrived, by Message-ID: how often, with which content, about which orders."""

    def __init__(self) -> None:
        self.times: Counter[str] = Counter()
        self.contents: dict[str, set[str]] = defaultdict(set)
        self.orders: dict[str, set[str]] = defaultdict(set)

    def append(self, mail: Mail) -> None:
        """Note a mail; only those to buyers count."""
        headers = mail.content[:2000].decode("utf-8", "replace")
        if "X-Backorder-Checkpoint" not in headers:
            return
        number = mail.message_id
        self.times[number] += 1
        self.contents[number].add(hashlib.sha256(mail.content).hexdigest())
        named = headers.partition("X-Backorder-Orders: ")[2].partition("\r\n")[0]
        for order in named.split(","):
            self.orders[order.strip()].add(number)

    def __len__(self) -> int:
        return len(self.times)


class Post:
    """A scripted server with a seeded mind of its own."""

    def __init__(self, seed: int, seconds_per_mail: float = 0.0, port: int = 0) -> None:
        self._random = Random(seed)
        self.chance = 0.0
        self.cuts: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.received = Received()
        self.server = ScriptedServer(self._act, keeps_commands=False, seconds_per_mail=seconds_per_mail, port=port)
        self.server.mails = self.received  # type: ignore[assignment] # it is appended to, no more

    def _act(self, phase: str, talk: Talk) -> Act:  # noqa: ARG002 - a script has this shape
        if self._random.random() >= self.chance:
            return None
        if phase in {"rcpt", "dot"} and self._random.random() < 0.5:
            act = self._random.choice(["421 closing", "450 later", "450 later", "451 later"])
            if phase == "rcpt" and self._random.random() < 0.1:
                act = "550 no such mailbox"
            self.refused[act[:3]] += 1
            return act
        self.cuts[phase] += 1
        return "cut"
