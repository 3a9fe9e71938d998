"""Judge decisions at their arrival, on the facts of that moment (R6, R38)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from schedules.commands import COMMANDS, Ruling, ruling
from schedules.events import Event
from worker.storage import events as stored_events
from worker.storage import orders
from worker.storage.rows import SellerRow, StoredEvent
from worker.usecases.moments import Moments
from worker.usecases.refold import Refold
from worker.usecases.stored import ruled


def judged(connection: Connection, seller: str, order: str | None, event: Event) -> Ruling | None:
    """Give the ruling on a decision; None while its seller, order or line is not known: it waits (R4)."""
    known = orders.sellers(connection, [seller]).get(seller)
    if known is None or order is None:
        return None
    wanted = {(known.id, order)}
    orders.lock_of_orders(connection, wanted)
    thread = orders.threads(connection, wanted).get((known.id, order))
    line = event.data.get("line")
    if thread is None or (line and line not in thread.lines):
        return None
    return ruling(thread.facts(), event)


def as_kept(found: Ruling) -> dict[str, Any]:
    """Give what is kept with the event."""
    return {"approved": found.approved, "lines": list(found.lines)}


def judge_freed(
    connection: Connection, sellers: dict[str, SellerRow], waiting: Iterable[StoredEvent], now: datetime
) -> dict[int, str]:
    """Judge decisions that waited for their line; give why one was dropped, by event."""
    dropped: dict[int, str] = {}
    for command in sorted(waiting, key=lambda one: one.event.key):
        found = judged(connection, command.seller, command.order, command.event)
        if found is None:
            continue
        if found.refusal:
            dropped[command.id] = found.refusal
            continue
        kept = as_kept(found)
        stored_events.set_rulings(connection, [{"event_id": command.id, "new_ruling": kept}])
        command.event, command.only, command.standing = ruled(command.event, kept), found.lines, "applied"
        command.reason = None
        Refold(connection, Moments(now), sellers).run([command])
        stored_events.set_standing(connection, [{"event_id": command.id, "standing": "applied", "reason": None}])
    rows = [{"event_id": number, "standing": "dropped", "reason": reason} for number, reason in dropped.items()]
    stored_events.set_standing(connection, rows)
    return dropped


def are_commands(events: Sequence[StoredEvent]) -> list[StoredEvent]:
    """Pick the decisions among stored events."""
    return [event for event in events if event.event.type in COMMANDS]
