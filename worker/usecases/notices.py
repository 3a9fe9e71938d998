"""Pauses, listings, closed cases: what is said of a seller's orders and items beside their lines (R41, R43, R49)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from schedules.events import EventType
from schedules.kinds import OwnerKind
from schedules.obligations import Code
from schedules.quantities import ZERO, plain
from worker.places import calendars_of
from worker.storage import journal, orders, sellers
from worker.storage.registers import key_text
from worker.storage.rows import SellerRow, StoredEvent
from worker.usecases.breaker import release


def note(connection: Connection, known: dict[str, SellerRow], events: Iterable[StoredEvent], now: datetime) -> None:
    """Write what these events say."""
    items = set()
    for event in sorted(events, key=lambda one: one.event.key):
        seller, data = known[event.seller], event.event.data
        row = {"seller_id": seller.id, "key": key_text(event.event.key), "by": data.get("by")}
        match event.event.type:
            case EventType.SELLER_PAUSED | EventType.SELLER_RESUMED:
                _pause(connection, event, row, now)
            case EventType.LISTING_OBSERVED:
                clicks = data.get("paid_clicks")
                observed = {"sku": event.sku, "listing": data["listing"], "paid_clicks": clicks}
                sellers.observe(connection, row | observed)
                items.add((seller.id, event.sku or ""))
            case _:
                said = {"order": event.order, "cause": data["cause"], "proposals": data.get("proposals") or []}
                sellers.review_closure(connection, row | said)
    warn_of_listings(connection, known.values(), items, now)


def _pause(connection: Connection, event: StoredEvent, row: dict[str, Any], now: datetime) -> None:
    active = event.event.type is EventType.SELLER_PAUSED
    about = {"order": event.order or "", "sku": event.sku or "", "active": active}
    ids = sellers.pause(connection, row | about)
    orders.lock(connection, ids)
    orders.wake(connection, ids, now)
    if not active and not event.order and not event.sku:
        release(connection, row["seller_id"], now)


def warn_of_listings(
    connection: Connection, known: Iterable[SellerRow], items: Iterable[tuple[int, str]], now: datetime
) -> None:
    """Tell owners at once that an item of theirs is offered against its open backorders (R43)."""
    profiles = {row.id: row.profile for row in known}
    year, number, _ = now.isocalendar()
    week = f"{year}-W{number}"
    rows = []
    for found in sellers.contradictions(connection, items):
        if not found.email:
            continue
        profile = profiles[found.seller_id]
        person = {"name": found.name or "", "email": found.email}
        address = (found.seller_id, "owner", found.email.casefold())
        box = orders.correspondences(connection, {address: person})[address]
        rows.append(
            {
                "correspondence_id": box,
                "thread_id": None,
                "code": Code.LISTING_CONTRADICTION,
                "kind": OwnerKind.LISTING_CONTRADICTION,
                "key": f"R43/{found.sku}/{found.listing}/{'paid' if found.paid_clicks else 'unpaid'}/{week}",
                "at": calendars_of(profile, {}).working.on_or_after(now),
                "order_no": found.order_no,
                "line_no": "",
                "lacking": _contradiction(found),
                "note": "",
                "say": "",
                "due_at": None,
                "event_id": None,
            }
        )
    journal.owe(connection, [(now, row) for row in rows])


def _contradiction(found: Any) -> list[str]:
    lines = f"{found.lines} open {'line' if found.lines == 1 else 'lines'}"
    said = [f"item {found.sku}: {plain(found.delayed + ZERO)} units are delayed on {lines}"]
    if found.listing == "ready":
        said.append("its listing says ready")
    if found.paid_clicks:
        said.append(f"its listing had {found.paid_clicks} paid clicks in the last 7 days")
    return said
