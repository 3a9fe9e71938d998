"""Keys of sources that push events: bearer tokens by digest, webhook secrets by number; each until it is ended."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, text

from worker.storage.schema_web import source_key


def add(connection: Connection, row: dict[str, Any]) -> int:
    """Write a key; give its number."""
    found: int = connection.execute(insert(source_key).returning(source_key.c.id), row).scalar_one()
    return found


LIVING = "(ends_at is null or ends_at > :now)"
OF_DIGEST = text(f"select id, source, seller from source_key where kind = 'bearer' and digest = :digest and {LIVING}")
WEBHOOKS = text(f"select id, source, seller from source_key where kind = 'webhook' and {LIVING} order by id")


def of_digest(connection: Connection, digest: bytes, now: datetime) -> Any:
    """Find the living bearer key with a digest; None if there is none."""
    return connection.execute(OF_DIGEST, {"digest": digest, "now": now}).first()


def webhook_keys(connection: Connection, now: datetime) -> Sequence[Any]:
    """Read the living webhook keys."""
    return connection.execute(WEBHOOKS, {"now": now}).all()


END = text("update source_key set ends_at = :at where id = :id and (ends_at is null or ends_at > :at) returning id")


def end(connection: Connection, key_id: int, at: datetime) -> bool:
    """Let a key end at a moment; False if there is no such living key."""
    return connection.execute(END, {"id": key_id, "at": at}).first() is not None


ALL = text("select id, source, seller, kind, made_at, ends_at from source_key order by source, id")


def every(connection: Connection) -> list[dict[str, Any]]:
    """Read all keys, without anything secret."""
    return [dict(row) for row in connection.execute(ALL).mappings()]
