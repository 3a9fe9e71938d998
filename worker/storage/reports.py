"""What people ask: what is due, what happened to an order, how promises ended."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

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


def ledger(connection: Connection, by: str) -> list[dict[str, Any]]:
    """Count promises by outcome, per seller, owner, buyer, SKU or cause (R18)."""
    query = text(
        f"select {LEDGER_BY[by]} as name, count(*) as promises,"
        " count(*) filter (where p.outcome = 'open') as open,"
        " count(*) filter (where p.outcome = 'kept') as kept,"
        " count(*) filter (where p.kept_by = 'news') as by_news,"
        " count(*) filter (where p.kept_by = 'review') as by_review,"
        " count(*) filter (where p.kept_by = 'holding-note') as by_holding_note,"
        " count(*) filter (where p.kept_by = 'phone') as by_phone,"
        " count(*) filter (where p.outcome = 'early') as early, count(*) filter (where p.outcome = 'moved') as moved,"
        " count(*) filter (where p.outcome = 'closed') as closed,"
        " count(*) filter (where p.outcome = 'missed') as missed"
        " from promise p join seller s on s.id = p.seller_id group by 1 order by missed desc, promises desc, 1"
    )
    return [dict(row) for row in connection.execute(query).mappings()]


HEALTH = text(
    "select (select min(wake_at) from correspondence where wake_at is not null and parked is null) as oldest_alarm,"
    " (select min(send_at) from mail where send_at is not null and parked is null) as oldest_mail,"
    " (select count(*) from mail where state = 'sending') as sending,"
    " (select count(*) from correspondence where parked is not null) as parked,"
    " (select count(*) from mail where parked is not null) as parked_mails,"
    " (select count(*) from event where standing = 'waiting') as waiting"
)


def health(connection: Connection) -> Any:
    """Read what an operator asks first."""
    return connection.execute(HEALTH).one()
