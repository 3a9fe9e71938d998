"""What a line's fold reads beside its new events, and what goes back to the pool after it (R3, R5)."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from schedules.events import Event, grant_event
from schedules.facts import LineFacts
from schedules.quantities import ZERO
from worker.intake.stored import to_event
from worker.storage import orders, skus
from worker.storage.rows import SellerRow, StoredEvent
from worker.usecases.moments import Moments
from worker.usecases.stored import from_row

LineKey = tuple[int, str, str]


@dataclass(slots=True)
class Past:
    """Events, grants and whole items' events by line; grants that turned out too large."""

    events: dict[LineKey, list[StoredEvent]] = field(default_factory=lambda: defaultdict(list))
    grants: dict[LineKey, list[Event]] = field(default_factory=lambda: defaultdict(list))
    of_items: dict[LineKey, list[Event]] = field(default_factory=lambda: defaultdict(list))
    granted: dict[str, tuple[int, str, Decimal]] = field(default_factory=dict)
    """Line, item and units of each grant."""
    trimmed: dict[str, tuple[LineKey, Decimal]] = field(default_factory=dict)


def read_past(
    connection: Connection,
    sellers: Mapping[str, SellerRow],
    existing: Mapping[LineKey, int],
    touched: Mapping[LineKey, list[StoredEvent]],
    have: Mapping[int, StoredEvent],
) -> Past:
    """Read what folding these lines needs: three statements, however many lines."""
    past, keys = Past(), {line_id: key for key, line_id in existing.items()}
    for row in orders.events_of_lines(connection, list(keys)):
        past.events[keys[row.line_id]].append(have.get(row.id) or from_row(row))
    for row in skus.grants_of(connection, list(keys)):
        past.granted[str(row.id)] = (row.line_id, row.sku, Decimal(row.units))
        event = grant_event(str(row.id), row.sku, Decimal(row.units).normalize() + ZERO, row.granted_at)
        past.grants[keys[row.line_id]].append(event)
    _read_items(connection, sellers, touched, past)
    return past


def _read_items(
    connection: Connection,
    sellers: Mapping[str, SellerRow],
    touched: Mapping[LineKey, list[StoredEvent]],
    past: Past,
) -> None:
    slugs = {row.id: row.slug for row in sellers.values()}
    items = {
        key: {
            (slugs[key[0]], sku) for event in [*past.events[key], *new] for sku in [event.event.data.get("sku")] if sku
        }
        for key, new in touched.items()
    }
    said = defaultdict(list)
    for row in skus.events_of_skus(connection, {item for found in items.values() for item in found}):
        said[(row.seller, row.sku)].append(to_event(row.body))
    for key, found in items.items():
        past.of_items[key] = [event for item in sorted(found) for event in said[item]]


def give_back(connection: Connection, past: Past, facts: Mapping[LineKey, LineFacts], moments: Moments[int]) -> None:
    """Make too large grants smaller, give their rest back, and deal what lies in a pool to lines that wait."""
    back: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    since: dict[tuple[int, str], datetime] = {}
    left = {}
    for grant, (key, units) in past.trimmed.items():
        line_id, sku, had = past.granted[grant]
        left[line_id, int(grant)] = units
        back[(key[0], sku)] += had - units
        since[(key[0], sku)] = moments.of(*key[:2])
    skus.trim(connection, left)
    waiting = {(key[0], line.sku): key for key, line in facts.items() if line.delayed and not line.stated}
    for item in skus.with_stock(connection, waiting.keys() - back.keys()):
        back[item] = ZERO
        since[item] = moments.of(*waiting[item][:2])
    rows: list[dict[str, Any]] = [
        {"seller_id": item[0], "sku": item[1], "kind": "deal", "units": units, "made_at": since[item]}
        for item, units in sorted(back.items())
    ]
    skus.add_jobs(connection, rows)
