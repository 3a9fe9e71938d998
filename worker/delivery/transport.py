"""What every way out has in common: a group of mails in, one outcome each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from worker.updates.outcomes import Deferred, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One mail as it leaves: envelope addresses and exact bytes."""

    mail_id: int
    sender: str
    recipient: str
    content: bytes


NOT_STARTED = Deferred("not started: the claim on this mail was no longer sure")


def always() -> bool:
    """Allow every start."""
    return True


class Transport(Protocol):
    """A way out. It never raises for what a server or network does; that is an outcome."""

    def send(self, mails: Sequence[Outgoing], may_start: Callable[[], bool] = always) -> list[Outcome]:
        """Send a group; outcomes in the same order. A mail before which `may_start` says no is not started."""

    def close(self) -> None:
        """Let go of connections."""
