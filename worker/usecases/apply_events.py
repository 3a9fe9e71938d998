"""Apply recorded events, each kind where it belongs; what waited for them comes along (R1, R4)."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from schedules.commands import COMMANDS
from schedules.events import EventType
from worker.storage import events as stored_events
from worker.storage import orders, skus
from worker.storage.rows import SellerRow, StoredEvent
from worker.usecases.commands import judge_freed
from worker.usecases.decided import tell_of_decisions
from worker.usecases.moments import Moments
from worker.usecases.notices import note, warn_of_listings
from worker.usecases.owing import owe_waiting
from worker.usecases.own_policies import choose_policies
from worker.usecases.parts import Parts
from worker.usecases.people import note_people
from worker.usecases.phone import told_by_phone
from worker.usecases.refold import Refold
from worker.usecases.stored import from_row

UNKNOWN_SELLER: Final = "its seller is not configured yet"
PEOPLE: Final = frozenset({EventType.OWNER_AWAY, EventType.CONTACT_CHANGED, EventType.BUYER_PREFERRED})
NOTICES: Final = frozenset(
    {
        EventType.SELLER_PAUSED,
        EventType.SELLER_RESUMED,
        EventType.LISTING_OBSERVED,
        EventType.CLOSURE_REVIEWED,
    }
)
APART: Final = PEOPLE | NOTICES | COMMANDS | {EventType.BUYER_TOLD, EventType.POLICY_CHOSEN}
"""What is said beside the lines, and decisions, which must be told."""


def apply_events(
    connection: Connection, parts: Parts, events: Sequence[StoredEvent], moments: Moments[str]
) -> dict[int, str]:
    """Apply events that were appended; give those that wait, with the reason."""
    sellers = orders.sellers(connection, [event.seller for event in events])
    known = [event for event in events if event.seller in sellers]
    waiting = {event.id: UNKNOWN_SELLER for event in events if event.seller not in sellers}
    of_lines = [event for event in known if _is_of_line(event)]
    any_waits = bool(sellers) and stored_events.any_waits(connection, sellers)
    refold = Refold(connection, _by_number(moments, sellers), sellers, any_waits=any_waits)
    refold.run(of_lines)
    waiting |= refold.waiting
    seen = {event.id: event for event in events} | refold.events
    freed = _freed(connection, sellers, of_lines, {event.id for event in known}) if any_waits else []
    rest = [*known, *freed]
    seen |= {event.id: event for event in rest}
    dropped: dict[int, str] = {}
    for now, part in _by_moment(moments, rest):
        _apply_apart(connection, parts, sellers, part, (waiting, dropped), now)
    _queue_items(connection, sellers, known, moments.now)
    _warn(connection, sellers, refold, moments.now)
    still = {event_id: reason for event_id, reason in waiting.items() if event_id not in dropped}
    _save_standings(connection, sellers, seen, still, dropped, moments)
    return waiting


def _by_number(moments: Moments[str], sellers: dict[str, SellerRow]) -> Moments[int]:
    """Name the same moments by their sellers' numbers."""
    own: dict[tuple[int, str | None], datetime] = {
        (sellers[slug].id, order): at for (slug, order), at in moments.own.items() if slug in sellers
    }
    return Moments(moments.now, own)


def _by_moment(moments: Moments[str], events: Sequence[StoredEvent]) -> list[tuple[datetime, list[StoredEvent]]]:
    """Sort what is not only about a line by its moments, the earliest first."""
    found = defaultdict(list)
    for event in events:
        if event.event.type in APART:
            found[moments.of(event.seller, event.order)].append(event)
    return sorted(found.items())


def _apply_apart(
    connection: Connection,
    parts: Parts,
    sellers: dict[str, SellerRow],
    events: list[StoredEvent],
    kept_back: tuple[dict[int, str], dict[int, str]],
    now: datetime,
) -> None:
    """Apply what is said beside the lines, at one moment; add what waits, and what is dropped, with the reason."""
    waiting, dropped = kept_back
    waiting |= note_people(connection, sellers, _of(events, PEOPLE), now)
    held = [event for event in _of(events, COMMANDS) if event.standing == "waiting"]
    dropped |= judge_freed(connection, sellers, held, now)
    waiting |= {event.id: event.reason or "" for event in held if event.standing == "waiting" and event.reason}
    waiting |= told_by_phone(connection, parts, sellers, _of(events, {EventType.BUYER_TOLD}), now)
    note(connection, sellers, _of(events, NOTICES), now)
    choose_policies(connection, parts, sellers, _of(events, {EventType.POLICY_CHOSEN}), now)
    decided = [event for event in _of(events, COMMANDS) if event.id not in waiting and event.id not in dropped]
    tell_of_decisions(connection, sellers, decided, now)


def _of(events: Sequence[StoredEvent], types: Any) -> list[StoredEvent]:
    return [event for event in events if event.event.type in types]


def _is_of_line(event: StoredEvent) -> bool:
    if event.event.type in APART - COMMANDS or (event.event.type in COMMANDS and event.standing == "waiting"):
        return False
    return event.order is not None


def _freed(
    connection: Connection, sellers: dict[str, SellerRow], openings: Sequence[StoredEvent], have: set[int]
) -> list[StoredEvent]:
    """Read what waited for these orders, or for their contacts, and is no event of a line."""
    opened = [event for event in openings if event.event.type is EventType.BACKORDER_OPENED]
    rows = stored_events.of_orders(
        connection, stored_events.NOTES_OF_ORDERS, {(event.seller, event.order or "") for event in opened}
    )
    contacts = {
        (event.seller, str((event.event.data["buyer"].get("contact") or {}).get("email") or "").casefold())
        for event in opened
    }
    rows += stored_events.of_orders(connection, stored_events.WAITING_OF_CONTACTS, contacts)
    found = {row.id: from_row(row) for row in rows if row.id not in have and row.seller in sellers}
    return list(found.values())


def _queue_items(
    connection: Connection, sellers: dict[str, SellerRow], events: Sequence[StoredEvent], now: datetime
) -> None:
    """Queue what is said of items as a whole, in the order of the fold."""
    rows = []
    for event in sorted(events, key=lambda one: one.event.key):
        if event.order is not None or event.sku is None or event.event.type in NOTICES:
            continue
        received = event.event.type is EventType.STOCK_RECEIVED
        profile = sellers[event.seller].profile
        if received and profile.get("allocation") == "off":
            continue
        rows.append(
            {
                "seller_id": sellers[event.seller].id,
                "sku": event.sku,
                "kind": "deal" if received else "apply",
                "event_id": event.id,
                "units": event.event.data["units"] if received else None,
                "made_at": now,
            }
        )
    skus.add_jobs(connection, rows)


def _warn(connection: Connection, sellers: dict[str, SellerRow], refold: Refold, now: datetime) -> None:
    items = {
        (order[0], line.facts.sku)
        for order, thread in refold.threads.items()
        for line in thread.lines.values()
        if line.facts.delayed
    }
    warn_of_listings(connection, sellers.values(), items, now)


def _save_standings(
    connection: Connection,
    sellers: dict[str, SellerRow],
    seen: dict[int, StoredEvent],
    waiting: dict[int, str],
    dropped: dict[int, str],
    moments: Moments[str],
) -> None:
    rows, owed = [], []
    for event in seen.values():
        if event.id in dropped:
            continue
        reason = waiting.get(event.id)
        standing = "waiting" if reason is not None else "applied"
        if (event.standing, event.reason) != (standing, reason):
            rows.append({"event_id": event.id, "standing": standing, "reason": reason})
        if reason and event.seller in sellers:
            owed.append((event, sellers[event.seller], reason))
    stored_events.set_standing(connection, rows)
    owe_waiting(connection, owed, moments)
