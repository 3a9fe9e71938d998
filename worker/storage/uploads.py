"""Files that somebody looks at before they are imported: kept for a day, their bytes until they are written."""

import json
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One uploaded file; without `content` it was written, or is too old to be."""

    id: int
    name: str
    seller: str
    mapping: str | None
    content: bytes | None
    summary: dict[str, Any]
    plan: str
    made_at: datetime
    applied_at: datetime | None
    held_until: datetime | None
    """Somebody writes it now, at most until then."""


KEEP = text(
    "insert into upload(user_id, name, seller, mapping, zipped, summary, plan, made_at)"
    " values (:user_id, :name, :seller, :mapping, :zipped, cast(:summary as jsonb), :plan, :at) returning id"
)
FORGET = text(
    "delete from upload where (held_until is null or held_until < :at) and (made_at < :long_ago"
    " or applied_at is null and (user_id = :user_id or made_at < :since))"
)


def keep(connection: Connection, row: dict[str, Any], since: datetime, long_ago: datetime) -> int:
    """Keep a file in place of the user's last one that was not written.

    Files that were not written are forgotten `since` then, what came of the others after `long_ago`.
    """
    times = {"at": row["at"], "since": since, "long_ago": long_ago}
    connection.execute(FORGET, {"user_id": row["user_id"]} | times)
    packed = {"zipped": zlib.compress(row["content"], 1), "summary": json.dumps(row["summary"])}
    found: int = connection.execute(KEEP, row | packed).scalar_one()
    return found


FIND = text("select * from upload where id = :id and user_id = :user_id")


def find(connection: Connection, upload_id: int, user_id: int) -> Upload | None:
    """Read a user's own upload; None if he has no such one."""
    row = connection.execute(FIND, {"id": upload_id, "user_id": user_id}).first()
    if row is None:
        return None
    return Upload(
        id=row.id,
        name=row.name,
        seller=row.seller,
        mapping=row.mapping,
        content=zlib.decompress(row.zipped) if row.zipped is not None else None,
        summary=row.summary,
        plan=row.plan,
        made_at=row.made_at,
        applied_at=row.applied_at,
        held_until=row.held_until,
    )


HOLD = text(
    "update upload set held_until = :until where id = :id and applied_at is null and zipped is not null"
    " and (held_until is null or held_until < :now) returning id"
)


def hold(connection: Connection, upload_id: int, now: datetime, until: datetime) -> bool:
    """Take an upload to write it; False if somebody does, or has done so."""
    return connection.execute(HOLD, {"id": upload_id, "now": now, "until": until}).first() is not None


SHOW = text("update upload set held_until = null, summary = cast(:summary as jsonb), plan = :plan where id = :id")
WRITTEN = text(
    "update upload set held_until = null, zipped = null, summary = cast(:summary as jsonb), applied_at = :at"
    " where id = :id"
)


def show(connection: Connection, upload_id: int, summary: dict[str, Any], plan: str) -> None:
    """Keep what an upload would write by now."""
    connection.execute(SHOW, {"id": upload_id, "summary": json.dumps(summary), "plan": plan})


def written(connection: Connection, upload_id: int, summary: dict[str, Any], at: datetime) -> None:
    """Keep that an upload was written, and what came of it; its bytes are no longer needed."""
    connection.execute(WRITTEN, {"id": upload_id, "summary": json.dumps(summary), "at": at})


def let_go(connection: Connection, upload_id: int) -> None:
    """Give an upload back that could not be written."""
    connection.execute(text("update upload set held_until = null where id = :id"), {"id": upload_id})
