"""What every way out has in common: a group of mails in, one outcome each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from worker.updates.outcomes import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One mail as it leaves: envelope addresses and exact bytes."""

    mail_id: int
    sender: str
    recipient: str
    content: bytes


class Transport(Protocol):
    """A way out. It never raises for what a server or network does; that is an outcome."""

    def send(self, mails: Sequence[Outgoing]) -> list[Outcome]:
        """Send a group; outcomes in the same order."""

    def close(self) -> None:
        """Let go of connections."""
