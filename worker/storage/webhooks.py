"""Webhooks out: where sellers want to hear of decisions, and the calls that are under way."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, text

from worker.storage.schema_web import webhook_target

CALL = text(
    "insert into webhook_call(target_id, key, body, made_at, send_at, event_id)"
    " select w.id, :key, :body, :at, :at, :event_id from webhook_target w where w.seller_id = :seller_id and w.active"
    " on conflict (target_id, key) do nothing"
)


def call(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Owe calls to a seller's targets, once by key."""
    if rows:
        connection.execute(CALL, rows)


CLAIM = text(
    "with due as (select id from webhook_call where state = 'pending' and send_at <= :now order by send_at, id"
    "  limit :most for update skip locked)"
    " update webhook_call c set send_at = :lease_until, attempts = attempts + 1 from due, webhook_target w"
    " where c.id = due.id and w.id = c.target_id"
    " returning c.id, c.target_id, c.body, c.made_at, c.attempts, w.url, w.active"
)


def claim(connection: Connection, now: datetime, lease_until: datetime, most: int) -> list[Any]:
    """Take due calls by moving them to the end of a lease; whoever dies leaves them to be taken again."""
    return list(connection.execute(CLAIM, {"now": now, "lease_until": lease_until, "most": most}))


SETTLE = text("update webhook_call set state = :state, send_at = :send_at, reply = :reply where id = :id")


def settle(connection: Connection, rows: Iterable[dict[str, Any]]) -> None:
    """Write how calls ended."""
    found = list(rows)
    if found:
        connection.execute(SETTLE, found)


def add_target(connection: Connection, seller_id: int, url: str, now: datetime) -> int:
    """Write where a seller wants to hear; give its number."""
    row = {"seller_id": seller_id, "url": url, "made_at": now}
    found: int = connection.execute(insert(webhook_target).returning(webhook_target.c.id), row).scalar_one()
    return found


REMOVE = text("update webhook_target set active = false where id = :id and active returning id")


def remove_target(connection: Connection, target_id: int) -> bool:
    """Stop calling a target; False if there is no such one."""
    return connection.execute(REMOVE, {"id": target_id}).first() is not None


TARGETS = text(
    "select w.id, s.slug as seller, w.url, w.active,"
    " (select count(*) from webhook_call c where c.target_id = w.id and c.state = 'sent') as sent,"
    " (select count(*) from webhook_call c where c.target_id = w.id and c.state = 'pending') as pending,"
    " (select count(*) from webhook_call c where c.target_id = w.id and c.state = 'failed') as failed"
    " from webhook_target w join seller s on s.id = w.seller_id order by s.slug, w.id"
)


def targets(connection: Connection) -> list[dict[str, Any]]:
    """Read all targets with their counts."""
    return [dict(row) for row in connection.execute(TARGETS).mappings()]
