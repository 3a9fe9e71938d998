"""Processes that hold claims, and when beat last ticked."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from worker.storage.schema_mail import beat_tick, instance


def register(connection: Connection, name: str, now: datetime) -> int:
    """Give a new process its number."""
    row = {"name": name, "started_at": now, "heartbeat_at": now}
    number: int = connection.execute(insert(instance).returning(instance.c.id), row).scalar_one()
    return number


def beat(connection: Connection, number: int, now: datetime) -> None:
    """Say that a process lives."""
    connection.execute(text("update instance set heartbeat_at = :now where id = :id"), {"now": now, "id": number})


WITH_CLAIMS = text("select id, name from instance where id in (select instance_id from mail where state = 'sending')")


def with_claims(connection: Connection) -> list[Any]:
    """Read the processes that hold claims."""
    return list(connection.execute(WITH_CLAIMS))


def forget(connection: Connection, before: datetime) -> None:
    """Delete processes that have been silent for long and hold nothing."""
    connection.execute(
        text(
            "delete from instance i where i.heartbeat_at < :before"
            " and not exists (select from mail m where m.state = 'sending' and m.instance_id = i.id)"
        ),
        {"before": before},
    )


def tick(connection: Connection, name: str, now: datetime) -> None:
    """Note a tick of beat."""
    written = upsert(beat_tick).values(name=name, ticked_at=now)
    connection.execute(written.on_conflict_do_update(index_elements=["name"], set_={"ticked_at": now}))


def ticks(connection: Connection) -> dict[str, Any]:
    """Read when each tick last came."""
    return {row.name: row.ticked_at for row in connection.execute(select(beat_tick))}
