"""What people ask: what is due, what happened to an order, how promises ended."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from worker.storage.skus import GOES_ON

DUE = text(
    "select c.id, c.wake_at as at, s.slug as seller, c.audience, c.address_key as contact,"
    " (select string_agg(t.order_no, ', ' order by t.order_no) from thread t"
    "  where t.correspondence_id = c.id) as orders,"
    " (select min(p.due_at) from promise p join thread t on t.id = p.thread_id"
    "  where t.correspondence_id = c.id and p.outcome = 'open') as checkpoint"
    " from correspondence c join seller s on s.id = c.seller_id where c.wake_at <= :until"
    " order by c.wake_at limit :most"
)


def due(connection: Connection, until: datetime, most: int) -> list[dict[str, Any]]:
    """Read alarms up to a moment, soonest first, with the next promised checkpoint of each."""
    return [dict(row) for row in connection.execute(DUE, {"until": until, "most": most}).mappings()]


FIND_ORDER = text(
    "select t.id, t.correspondence_id, t.order_no as order, t.opened_at, s.slug as seller"
    " from thread t join seller s on s.id = t.seller_id"
    " where t.order_no = :order and (cast(:seller as text) is null or s.slug = :seller) order by s.slug, t.id"
)


def find_order(connection: Connection, order: str, seller: str | None) -> list[Any]:
    """Find the threads of an order number."""
    return list(connection.execute(FIND_ORDER, {"order": order, "seller": seller}))


PROMISES_OF_THREAD = text("select * from promise where thread_id = :id order by made_at, id")
MAILS_OF_THREAD = text(
    "select m.id, m.created_at, m.accepted_at, m.state, m.kind, m.message_id, m.attempts, m.checklist"
    " from mail m join mail_thread mt on mt.mail_id = m.id where mt.thread_id = :id order by m.id"
)


def promises_of(connection: Connection, thread_id: int) -> list[dict[str, Any]]:
    """Read a thread's promises, oldest first."""
    return [dict(row) for row in connection.execute(PROMISES_OF_THREAD, {"id": thread_id}).mappings()]


def mails_of(connection: Connection, thread_id: int) -> list[dict[str, Any]]:
    """Read a thread's mails, oldest first."""
    return [dict(row) for row in connection.execute(MAILS_OF_THREAD, {"id": thread_id}).mappings()]


EVENTS_OF_THREAD = text(
    "select e.type, e.body::jsonb -> 'data' as data, e.time, e.seen_at, e.standing, e.reason from event e"
    " where e.seller = :seller and (e.order_no = :order or (e.order_no is null and e.sku in"
    "  (select l.sku from line l where l.thread_id = :id) and e.seen_at >= :since)) order by e.seen_at, e.id"
)


def events_of(connection: Connection, seller: str, order: str, thread_id: int, since: datetime) -> list[Any]:
    """Read an order's events as they came, those for its items since `since` included."""
    values = {"seller": seller, "order": order, "id": thread_id, "since": since}
    return list(connection.execute(EVENTS_OF_THREAD, values))


LEDGER_BY = {
    "seller": "s.slug",
    "owner": "p.owner",
    "buyer": "p.contact",
    "sku": "p.sku",
    "cause": "p.cause",
}


COUNTED = (
    *("promises", "open", "kept", "by_news", "by_review", "by_holding_note", "by_phone"),
    *("early", "moved", "closed", "missed"),
)


def ledger(connection: Connection, by: str, sellers: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Count promises by outcome, per seller, owner, buyer, SKU or cause (R18); of some sellers, or of all."""
    query = text(
        f"select {LEDGER_BY[by]} as name, p.outcome, p.kept_by, count(*) as promises"
        " from promise p join seller s on s.id = p.seller_id"
        " where cast(:sellers as text[]) is null or s.slug = any(:sellers) group by 1, 2, 3"
    )
    values = {"sellers": list(sellers) if sellers is not None else None}
    found: dict[str, dict[str, Any]] = {}
    for row in connection.execute(query, values):
        counts = found.setdefault(row.name, {"name": row.name} | dict.fromkeys(COUNTED, 0))
        by_what = f"by_{row.kept_by.replace('-', '_')}" if row.kept_by else ""
        for name in ("promises", row.outcome, by_what):
            if name in counts:
                counts[name] += row.promises
    return sorted(found.values(), key=lambda one: (-one["missed"], -one["promises"], one["name"]))


BY_WEEK = text(
    "select date_trunc('week', p.settled_at) as week, p.outcome, count(*) as promises"
    " from promise p join seller s on s.id = p.seller_id where p.settled_at > :since"
    " and (cast(:sellers as text[]) is null or s.slug = any(:sellers)) group by 1, 2"
)


def promises_by_week(
    connection: Connection, since: datetime, sellers: Sequence[str] | None
) -> dict[datetime, dict[str, int]]:
    """Count how promises ended, week by week."""
    values = {"since": since, "sellers": list(sellers) if sellers is not None else None}
    found: dict[datetime, dict[str, int]] = {}
    for row in connection.execute(BY_WEEK, values):
        found.setdefault(row.week, {})[row.outcome] = row.promises
    return found


HEALTH = text(
    "select (select min(wake_at) from correspondence where wake_at is not null and parked is null) as oldest_alarm,"
    " (select min(send_at) from mail where send_at is not null and parked is null) as oldest_mail,"
    " (select count(*) from mail where state = 'sending') as sending,"
    " (select count(*) from correspondence where parked is not null) as parked,"
    " (select count(*) from mail where parked is not null) as parked_mails,"
    " (select count(*) from sku_job where parked is not null) as parked_items,"
    f" (select min(made_at) from sku_job j where {GOES_ON}) as oldest_item,"
    " (select count(*) from event where standing = 'waiting') as waiting"
)


def health(connection: Connection) -> Any:
    """Read what an operator asks first."""
    return connection.execute(HEALTH).one()
