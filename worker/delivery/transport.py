"""What every way out has in common: mails in, one outcome each, at once or later."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from worker.updates.outcomes import NotStarted, Outcome

CLAIM_UNSURE: Final = NotStarted("the claim on this mail was no longer sure")
MayGo = Callable[[], bool]
Ended = Callable[[int, Outcome], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One mail as it leaves: envelope addresses and exact bytes."""

    mail_id: int
    sender: str
    recipient: str
    content: bytes
    seller: int = 0


def always() -> bool:
    """Allow every start."""
    return True


class Transport(Protocol):
    """A way out. It never raises for what a server or network does; that is an outcome."""

    def room(self) -> int:
        """Give how many mails it would take now: none while its server rests, one to see whether it is back."""

    def submit(self, mails: Sequence[Outgoing], may_go: MayGo, ended: Ended) -> None:
        """Take mails; `ended` is called once for each, before this returns or later, from any thread.

        A mail before which `may_go` says no is not started; it is asked again before a final dot.
        """

    def close(self) -> None:
        """Let go of connections; mails under way may end for a moment longer."""
