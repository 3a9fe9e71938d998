"""Write threads whose facts changed: revision, window, alarm, contact (R1, R22, R50)."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import Connection

from schedules.calendars import Calendars
from schedules.changes import changes
from schedules.correspondence import Told
from schedules.facts import OrderFacts
from schedules.scene import facts_at
from schedules.window import window
from worker.places import calendars_of
from worker.presets import rhythm_of
from worker.storage import handovers
from worker.storage import orders as stored_orders
from worker.storage.codec import decode
from worker.storage.orders import Address, Order
from worker.storage.registers import value_of
from worker.storage.rows import NOT_YET_STORED, ThreadRow
from worker.usecases.moments import Moments


def save_threads(
    connection: Connection,
    threads: dict[Order, ThreadRow],
    before: dict[Order, OrderFacts],
    profiles: dict[int, dict[str, Any]],
    made: dict[Address, int],
    moments: Moments[int],
) -> None:
    """Raise the revision of orders whose facts changed, move their window, and ring their alarm."""
    new: list[tuple[ThreadRow, OrderFacts]] = []
    moved, reworded, reassigned, leaving = [], [], [], []
    wake: dict[int, datetime] = {}
    contacts: dict[int, dict[str, Any]] = {}
    for order, thread in threads.items():
        now = moments.of(*order)
        contact = value_of(thread.registers, "contact")
        moved_to = made.get((order[0], "buyer", stored_orders.address_key(contact or {}, thread.order)))
        if moved_to == thread.correspondence_id and contact != thread.contact:
            contacts[thread.correspondence_id] = contact
            wake[thread.correspondence_id] = now
        after = thread.facts()
        if after != before[order]:
            thread.company = stored_orders.company_of(thread.registers)
            _move_window(thread, before[order], after, profiles[order[0]], contact or thread.contact, now)
            wake[thread.correspondence_id] = now
            thread.facts_rev += 1
            if thread.id != NOT_YET_STORED and thread.reworded:
                reworded.append({"thread_id": thread.id, **_row(thread, after)})
            elif thread.id != NOT_YET_STORED:
                moved.append({"thread_id": thread.id, **_standing(thread)})
            if thread.id != NOT_YET_STORED and after.owner != before[order].owner:
                reassigned.append(thread.id)
        if thread.id == NOT_YET_STORED:
            new.append((thread, after))
        if moved_to is not None and moved_to != thread.correspondence_id:
            wake |= {thread.correspondence_id: now, moved_to: now}
            leaving.append((thread, moved_to, contact, now))
    _insert(connection, new)
    stored_orders.save_threads(connection, moved)
    stored_orders.save_threads(connection, reworded)
    stored_orders.hand_back(connection, reassigned)
    for thread, moved_to, contact, now in leaving:
        hand_over(connection, thread, moved_to, contact, profiles[thread.seller_id], now)
    stored_orders.save_contacts(connection, contacts)
    stored_orders.wake_each(connection, wake)


def _insert(connection: Connection, new: list[tuple[ThreadRow, OrderFacts]]) -> None:
    """Write new threads once, with all that is known of them; those that start as told hold their first facts."""
    rows = [
        {
            "correspondence_id": thread.correspondence_id,
            "seller_id": thread.seller_id,
            "order_no": thread.order,
            "opened_at": thread.opened_at,
            "told": thread.told,
            "told_rev": 1 if thread.told else 0,
            "told_facts_rev": thread.facts_rev if thread.told else 0,
            **_row(thread, facts),
        }
        for thread, facts in new
    ]
    for (thread, _), thread_id in zip(new, stored_orders.add_threads(connection, rows), strict=True):
        thread.id = thread_id


def _row(thread: ThreadRow, facts: OrderFacts) -> dict[str, Any]:
    return {
        "company": thread.company,
        "order_facts": thread.registers,
        "priority": facts.priority,
        "placed_at": _moment(facts.placed_at),
        **_standing(thread),
    }


def _standing(thread: ThreadRow) -> dict[str, Any]:
    return {
        "facts_rev": thread.facts_rev,
        "window_first_at": thread.window.first_at if thread.window else None,
        "window_ends_at": thread.window.ends_at if thread.window else None,
    }


def _moment(placed_at: date | None) -> datetime | None:
    if placed_at is None or isinstance(placed_at, datetime):
        return placed_at
    return datetime.combine(placed_at, time(), UTC)


def hand_over(
    connection: Connection,
    thread: ThreadRow,
    correspondence_id: int,
    contact: dict[str, Any],
    profile: dict[str, Any],
    now: datetime,
) -> None:
    """Give an order to another contact: he gets a thread of his own, the one before a last note (R50).

    Both correspondences must be locked.
    """
    sending = calendars_of(profile, contact).sending
    opened = window(None, now, sending, rhythm_of(profile), moved=True, pending=True)
    thread.window = opened
    thread.facts_rev += 1
    values = _row(thread, thread.facts()) | {
        "correspondence_id": correspondence_id,
        "seller_id": thread.seller_id,
        "order_no": thread.order,
        "opened_at": now,
        "company": stored_orders.company_of(thread.registers),
    }
    old = thread.id
    thread.id = handovers.move(connection, old, values)
    thread.correspondence_id, thread.contact, thread.told, thread.opened_at = correspondence_id, contact, None, now


def _move_window(
    thread: ThreadRow,
    before: OrderFacts,
    after: OrderFacts,
    profile: dict[str, Any],
    contact: dict[str, Any],
    now: datetime,
) -> None:
    where = calendars_of(profile, contact)
    moved, pending = _left_to_tell(thread.told, before, after, where, now)
    thread.window = window(thread.window, now, where.sending, rhythm_of(profile), moved=moved, pending=pending)


def _left_to_tell(
    stored: dict[str, Any] | None, before: OrderFacts, after: OrderFacts, where: Calendars, now: datetime
) -> tuple[bool, bool]:
    """Tell whether what is left to tell moved, and whether anything is left."""
    if not stored:
        return before.lines != after.lines, bool(changes(None, after, where.common))
    seen = decode(Told, stored).facts
    left = changes(seen, replace(facts_at(after, where, now), owner=seen.owner), where.common)
    if not before.lines:
        return True, bool(left)
    was = changes(seen, replace(facts_at(before, where, now), owner=seen.owner), where.common)
    return was != left, bool(left)
