"""The next checkpoint of an order: the earliest of its lines', set by somebody or by the cadence (R11, R15)."""

from datetime import date, datetime

from schedules.calendars import Calendars, due_of
from schedules.facts import LineFacts, OrderFacts
from schedules.kinds import PromisedAs, SetBy
from schedules.moments import at_clock
from schedules.rhythm import Rhythm
from schedules.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NextCheckpoint:
    """When the buyer hears again; `line` is the one that set it."""

    due_at: datetime
    promised_as: PromisedAs
    set_by: SetBy
    line: str = ""
    shipping_step: bool = False


def explicit(facts: OrderFacts, after: datetime, where: Calendars, rhythm: Rhythm) -> NextCheckpoint | None:
    """Give the earliest checkpoint later than `after` that somebody set on a delayed line.

    One that already lay in the past when it was set counts as none (R9).
    """
    ahead = [
        NextCheckpoint(due_at=due, promised_as=promised_as, set_by=SetBy.PERSON, line=line.line)
        for line in facts.lines
        if line.delayed and line.next_checkpoint is not None
        for due, promised_as in [due_of(line.next_checkpoint, where, rhythm)]
        if due > after and not set_in_the_past(line, where, rhythm)
    ]
    return min(ahead, key=lambda checkpoint: checkpoint.due_at, default=None)


def set_in_the_past(line: LineFacts, where: Calendars, rhythm: Rhythm) -> bool:
    """Tell whether somebody entered a checkpoint that had passed already."""
    if line.next_checkpoint is None or line.checkpoint_set_at is None:
        return False
    return due_of(line.next_checkpoint, where, rhythm)[0] <= line.checkpoint_set_at


def by_cadence(
    facts: OrderFacts, now: datetime, where: Calendars, rhythm: Rhythm, quiet_updates: int = 0
) -> NextCheckpoint:
    """Give the earliest checkpoint by cadence of the delayed lines that have none ahead (of all, if each has)."""
    delayed = [line for line in facts.lines if line.delayed]
    free = [line for line in delayed if not _has_one_ahead(line, now, where, rhythm)] or delayed
    dated = [(_cadence_day(line, where.today(now), where, rhythm, quiet_updates), line.line) for line in free]
    day, line = min(dated)
    return _on_day(day, line, where, rhythm, SetBy.CADENCE)


def next_checkpoint(
    facts: OrderFacts,
    now: datetime,
    where: Calendars,
    rhythm: Rhythm,
    quiet_updates: int = 0,
    ignoring_until: datetime | None = None,
) -> NextCheckpoint:
    """Give what an update sent now states for this order.

    `ignoring_until` leaves out checkpoints up to a promise that the update replaces (R23).
    """
    if not facts.is_delayed:
        return shipping_step(now, where, rhythm)
    after = max(now, ignoring_until or now)
    somebody = explicit(facts, after, where, rhythm)
    if somebody and all(_has_one_ahead(line, after, where, rhythm) for line in facts.lines if line.delayed):
        return somebody
    cadence = by_cadence(facts, now, where, rhythm, quiet_updates)
    return somebody if somebody and somebody.due_at <= cadence.due_at else cadence


def in_business_days(days: int, now: datetime, where: Calendars, rhythm: Rhythm) -> NextCheckpoint:
    """Give the checkpoint a fixed number of common business days from now, as a holding note states it (R14)."""
    return _on_day(where.common.plus(where.today(now), days), "", where, rhythm, SetBy.CADENCE)


def shipping_step(now: datetime, where: Calendars, rhythm: Rhythm) -> NextCheckpoint:
    """Give the checkpoint after all units are ready (R40)."""
    day = where.common.plus(where.today(now), rhythm.shipping_step_business_days)
    due = at_clock(day, rhythm.day_means, where.zone)
    return NextCheckpoint(due_at=due, promised_as=PromisedAs.DAY, set_by=SetBy.CADENCE, shipping_step=True)


def _on_day(day: date, line: str, where: Calendars, rhythm: Rhythm, set_by: SetBy) -> NextCheckpoint:
    due = at_clock(day, rhythm.day_means, where.zone)
    return NextCheckpoint(due_at=due, promised_as=PromisedAs.DAY, set_by=set_by, line=line)


def _has_one_ahead(line: LineFacts, now: datetime, where: Calendars, rhythm: Rhythm) -> bool:
    return line.next_checkpoint is not None and due_of(line.next_checkpoint, where, rhythm)[0] > now


def _cadence_day(line: LineFacts, today: date, where: Calendars, rhythm: Rhythm, quiet_updates: int) -> date:
    days = rhythm.cadence_business_days
    if quiet_updates >= rhythm.doubled_after_quiet_updates:
        days *= 2
    if line.expected_on is None or not line.expected_confirmed or line.expected_on < today:
        return where.common.plus(today, days)
    remaining = where.common.between(today, line.expected_on)
    if remaining > rhythm.far_from_business_days:
        days = min(remaining // 2, rhythm.cadence_at_most_business_days)
        return where.common.plus(today, days)
    return min(where.common.plus(line.expected_on, 1), where.common.plus(today, days))
