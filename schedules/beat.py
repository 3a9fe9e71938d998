"""What beat asks for, and how often: constant ticks, none per backorder. Beat runs in UTC and in intervals only."""

from datetime import timedelta
from typing import Final

from schedules.values import dataclass


@dataclass(frozen=True, slots=True)
class Tick:
    """One tick: the task, its queue, its interval; a tick that nobody took within its interval expires."""

    task: str
    queue: str
    every: timedelta
    ahead: bool = False
    """The task also sees to what falls due before its next tick."""


TICKS: Final = {
    "plan": Tick("backorder.plan", "plan", timedelta(seconds=1), ahead=True),
    "skus": Tick("backorder.skus", "plan", timedelta(seconds=2)),
    "owners": Tick("backorder.owners", "owner", timedelta(seconds=5)),
    "mail": Tick("backorder.mail", "mail", timedelta(seconds=1)),
    "webhooks": Tick("backorder.webhooks", "owner", timedelta(seconds=2)),
    "recover": Tick("backorder.recover", "plan", timedelta(seconds=5)),
    "sources": Tick("backorder.sources", "sources", timedelta(seconds=5)),
    "bounces": Tick("backorder.bounces", "bounces", timedelta(seconds=30)),
    "reviews": Tick("backorder.reviews", "owner", timedelta(hours=1)),
    "tidy": Tick("backorder.tidy", "plan", timedelta(hours=1)),
}
QUEUES: Final = ("events", "plan", "mail", "owner", "bounces")
SOURCES_QUEUE: Final = "sources"
"""Apart, for a worker of its own: a source that hangs holds up no other queue."""
