"""The gates between a change and its mail, in one published order of precedence (R20-R26).

Each gate takes a moment and gives the same or a later one. They run over and over until none moves the moment: each
blocks finitely many spans, so this ends. The last one that moved it is the rule the journal names.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from schedules.calendars import Calendars
from schedules.correspondence import PastUpdate
from schedules.kinds import Weight
from schedules.moments import at_clock, clock_of, local_day
from schedules.rhythm import Rhythm
from schedules.values import dataclass

WEEK: Final = timedelta(days=7)
MOST_ROUNDS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """What stands between one group of changes and its mail."""

    weight: Weight
    window_ends_at: datetime | None
    gap_exempt: bool = False
    replacing: bool = False
    every_change: bool = False
    thread_last_at: datetime | None
    contact_last_at: datetime | None
    checkpoint_at: datetime | None
    history: tuple[PastUpdate, ...] = ()
    where: Calendars
    rhythm: Rhythm


@dataclass(frozen=True, slots=True)
class Opening:
    """The first moment at which every gate stands open, and the rule that held it last."""

    at: datetime
    rule: str


Gate = Callable[[datetime, Ahead], datetime]
Gates = tuple[tuple[str, Gate], ...]


def settle_window(at: datetime, ahead: Ahead) -> datetime:
    """R22: a burst becomes one update."""
    if ahead.replacing or ahead.window_ends_at is None:
        return at
    return max(at, ahead.window_ends_at)


def thread_gap(at: datetime, ahead: Ahead) -> datetime:
    """R21 for decisive changes, R26's two hours for the others."""
    if ahead.replacing or ahead.gap_exempt or ahead.every_change or ahead.thread_last_at is None:
        return at
    return max(at, ahead.thread_last_at + ahead.rhythm.decisive_gap)


def contact_gap(at: datetime, ahead: Ahead) -> datetime:
    """R21 for notable changes: a day after the last update to the contact."""
    if ahead.weight is not Weight.NOTABLE or ahead.replacing or ahead.every_change or ahead.contact_last_at is None:
        return at
    return max(at, ahead.contact_last_at + ahead.rhythm.notable_gap)


def quiet_before_checkpoint(at: datetime, ahead: Ahead) -> datetime:
    """R23: a notable change close to a checkpoint waits for it."""
    if ahead.weight is not Weight.NOTABLE or ahead.replacing or ahead.every_change or ahead.checkpoint_at is None:
        return at
    if at >= quiet_from(ahead.checkpoint_at, ahead.where, ahead.rhythm):
        return max(at, ahead.checkpoint_at)
    return at


def weekly_cap(at: datetime, ahead: Ahead) -> datetime:
    """R26: the rest waits until the week frees."""
    if ahead.weight is Weight.DECISIVE or ahead.replacing or ahead.every_change:
        return at
    free = sorted(update.accepted_at for update in ahead.history if update.free)
    within = [moment for moment in free if moment > at - WEEK]
    if len(within) < ahead.rhythm.updates_per_week:
        return at
    return within[-ahead.rhythm.updates_per_week] + WEEK


def sending_hours(at: datetime, ahead: Ahead) -> datetime:
    """R24: the buyer's business days, from 08:00 to before 18:00."""
    return ahead.where.sending.on_or_after(at)


GATES: Final[Gates] = (
    ("R22", settle_window),
    ("R21", thread_gap),
    ("R21", contact_gap),
    ("R23", quiet_before_checkpoint),
    ("R26", weekly_cap),
    ("R24", sending_hours),
)
"""The order of precedence: burst, gaps, checkpoint, cap, hours."""


def opening(start: datetime, ahead: Ahead, gates: Gates = GATES) -> Opening:
    """Give the first moment from `start` on that every gate lets through."""
    at, rule = start, "R20"
    for _ in range(MOST_ROUNDS):
        before = at
        for name, gate in gates:
            later = gate(at, ahead)
            if later > at:
                at, rule = later, name
        if at == before:
            return Opening(at=at, rule=rule)
    raise AssertionError(f"the gates did not settle from {start} within {MOST_ROUNDS} rounds")


@lru_cache(maxsize=16_384)
def quiet_from(checkpoint_at: datetime, where: Calendars, rhythm: Rhythm) -> datetime:
    """Give the moment one common business day before a checkpoint, at the same clock time (R23)."""
    before = where.common.plus(local_day(checkpoint_at, where.zone), -rhythm.quiet_business_days_before_checkpoint)
    return at_clock(before, clock_of(checkpoint_at, where.zone), where.zone)
