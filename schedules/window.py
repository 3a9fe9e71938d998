"""The settle window: a burst of arrivals becomes one update with the net effect (R22)."""

from datetime import datetime

from schedules.businessdays import Hours
from schedules.rhythm import Rhythm
from schedules.values import dataclass


@dataclass(frozen=True, slots=True)
class Window:
    """When a burst began, and when it counts as settled."""

    first_at: datetime
    ends_at: datetime


def window(
    previous: Window | None, arrived_at: datetime, sending: Hours, rhythm: Rhythm, *, moved: bool, pending: bool
) -> Window | None:
    """Give the window after an arrival; `moved` tells whether it changed what is left to tell, `pending` if any is.

    Sending hours end a window two minutes before they close, if it began before that.
    """
    if not pending:
        return None
    if not moved:
        return previous
    running = previous is not None and arrived_at <= previous.ends_at
    first_at = previous.first_at if previous and running else arrived_at
    ends_at = min(arrived_at + rhythm.settle, first_at + rhythm.settle_at_most)
    if sending.contains(arrived_at):
        last_chance = sending.closing_after(arrived_at) - rhythm.ends_before_closing
        if arrived_at < last_chance:
            ends_at = min(ends_at, last_chance)
    return Window(first_at=first_at, ends_at=ends_at)
