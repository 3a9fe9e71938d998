"""Write threads whose facts changed: revision, window, alarm, contact (R1, R22)."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from schedules.changes import changes
from schedules.correspondence import Told
from schedules.facts import OrderFacts
from schedules.rhythm import DEFAULT
from schedules.scene import facts_at
from schedules.window import window
from worker.places import calendars_of
from worker.storage import orders as stored_orders
from worker.storage.codec import decode
from worker.storage.orders import Order
from worker.storage.registers import value_of
from worker.storage.rows import ThreadRow


def save_threads(
    connection: Connection,
    threads: dict[Order, ThreadRow],
    before: dict[Order, OrderFacts],
    profiles: dict[int, dict[str, Any]],
    now: datetime,
) -> None:
    """Raise the revision of orders whose facts changed, move their window, and ring their alarm."""
    rows, wake, reassigned = [], set(), []
    contacts: dict[int, dict[str, Any]] = {}
    for order, thread in threads.items():
        contact = value_of(thread.registers, "contact")
        same_address = contact and stored_orders.address_key(contact, thread.order) == stored_orders.address_key(
            thread.contact or contact, thread.order
        )
        if same_address and contact != thread.contact:
            contacts[thread.correspondence_id] = contact
        after = thread.facts()
        if after == before[order]:
            continue
        thread.company = stored_orders.company_of(thread.registers)
        _move_window(thread, before[order], after, profiles[order[0]], contact or thread.contact, now)
        wake.add(thread.correspondence_id)
        if after.owner != before[order].owner:
            reassigned.append(thread.id)
        rows.append(
            {
                "thread_id": thread.id,
                "company": thread.company,
                "order_facts": thread.registers,
                "facts_rev": thread.facts_rev + 1,
                "window_first_at": thread.window.first_at if thread.window else None,
                "window_ends_at": thread.window.ends_at if thread.window else None,
            }
        )
    stored_orders.save_threads(connection, rows)
    stored_orders.hand_back(connection, reassigned)
    stored_orders.save_contacts(connection, contacts)
    stored_orders.wake(connection, wake | set(contacts), now)


def _move_window(
    thread: ThreadRow,
    before: OrderFacts,
    after: OrderFacts,
    profile: dict[str, Any],
    contact: dict[str, Any],
    now: datetime,
) -> None:
    where = calendars_of(profile, contact, DEFAULT)
    told = decode(Told, thread.told) if thread.told else None
    seen = told.facts if told else None
    left = [
        changes(seen, replace(facts_at(facts, where, now), owner=seen.owner if seen else None), where.common)
        for facts in (before, after)
    ]
    moved = left[0] != left[1] or (told is None and before.lines != after.lines)
    thread.window = window(thread.window, now, where.sending, DEFAULT, moved=moved, pending=bool(left[1]))
