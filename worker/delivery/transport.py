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

    def attend(self, seconds: float) -> bool:
        """Take mails under way forward in this thread: with what has come, or comes within so many seconds or less.

        Whoever comes back soon does it for all; else, and after `leave`, the transport does it by itself. False if
        nothing is under way.
        """

    def leave(self) -> None:
        """Say that nobody attends for a while."""

    def close(self) -> None:
        """Let go of connections; mails under way may end for a moment longer."""


class EndsAtOnce:
    """A way out that holds nothing, and whose mails have ended when they are submitted."""

    __slots__ = ()

    def attend(self, seconds: float) -> bool:  # noqa: ARG002 - every way out has this shape
        return False

    def leave(self) -> None:
        """Nothing is under way."""

    def close(self) -> None:
        """Nothing is held."""
