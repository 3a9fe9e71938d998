"""What happened to one order: its events, mails by id, and sellers' names and zones."""

from typing import Any

from sqlalchemy import Connection, text

from worker.storage.packs import kept_of

EVENTS = text(
    "select id, type, time, seen_at, source, ext_id, line_no, standing, reason, body from event"
    " where seller = :seller and order_no = :order order by id desc limit :most"
)


def events_of(connection: Connection, seller: str, order: str, most: int) -> list[Any]:
    """Read an order's events, the latest arrival first."""
    return list(connection.execute(EVENTS, {"seller": seller, "order": order, "most": most}))


MAIL = text(
    "select m.id, s.slug as seller, m.audience, m.state, m.kind, m.message_id, m.recipient, m.created_at,"
    " m.accepted_at, m.attempts, m.checklist, m.policy, s.profile ->> 'timezone' as zone,"
    " (select array_agg(t.order_no order by t.order_no) from mail_thread mt join thread t on t.id = mt.thread_id"
    "  where mt.mail_id = m.id) as orders"
    " from mail m join seller s on s.id = m.seller_id where m.id = :id"
)


def mail(connection: Connection, mail_id: int) -> tuple[Any, bytes, bytes] | None:
    """Read a mail, its exact bytes, and what it was made from as JSON; None if there is none."""
    row = connection.execute(MAIL, {"id": mail_id}).first()
    if row is None:
        return None
    kept = kept_of(connection, [mail_id])[mail_id]
    return row, kept.content, kept.statement


SELLERS = text(
    "select slug, profile ->> 'name' as name, coalesce(profile ->> 'policy', 'default') as policy,"
    " coalesce(profile ->> 'mode', 'live') as mode, profile ->> 'timezone' as zone, stopped_at from seller"
    " where cast(:slugs as text[]) is null or slug = any(:slugs) order by slug"
)


def sellers(connection: Connection, slugs: tuple[str, ...] | None) -> list[Any]:
    """Read sellers' names, rhythms and zones."""
    return list(connection.execute(SELLERS, {"slugs": list(slugs) if slugs is not None else None}))


PAUSE = text(
    "select p.by from pause p join seller s on s.id = p.seller_id"
    " where s.slug = :seller and p.order_no = :order and p.active"
)


def paused_by(connection: Connection, seller: str, order: str) -> str:
    """Tell who paused an order; empty if nobody did."""
    return connection.execute(PAUSE, {"seller": seller, "order": order}).scalar_one_or_none() or ""
