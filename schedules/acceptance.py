"""What an accepted update makes of its thread: told, its promise, and what later updates count (R14, R26, R33)."""

from datetime import datetime

from schedules.correspondence import PastUpdate, Thread, Told
from schedules.kinds import Kind, Weight
from schedules.promises import Promise
from schedules.sections import Section
from schedules.values import replace


def heard(thread: Thread, section: Section, at: datetime, promise: Promise | None) -> Thread:
    """Give a thread whose update was accepted at `at`; `promise` is the one that is open then."""
    told = Told(
        facts=section.facts,
        accepted_at=at,
        kind=section.kind,
        checkpoint=section.checkpoint,
        closed=section.closing,
    )
    return replace(
        thread,
        told=told,
        promise=promise,
        window=None,
        history=(*thread.history, PastUpdate(at, free=is_free(section.weight, promised=section.promised))),
        in_flight=False,
        replacing=False,
        quiet_updates=quiet_updates_after(thread.quiet_updates, section),
        holding_notes=holding_notes_after(thread.holding_notes, section),
        handed_over=section.handed_over,
        arrived_since_told=False,
        reminded_for=section.reminded_for or thread.reminded_for,
    )


def is_free(weight: str | None, *, promised: bool) -> bool:
    """Tell whether an update counts towards the cap on those that nothing asked for (R26)."""
    return not promised and weight != Weight.DECISIVE


def quiet_updates_after(before: int, section: Section) -> int:
    """Count the updates in a row that had no news."""
    return 0 if section.news else before + 1


def holding_notes_after(before: int, section: Section) -> int:
    """Count the holding notes in a row (R14)."""
    return before + 1 if section.kind is Kind.HOLDING_NOTE else 0
