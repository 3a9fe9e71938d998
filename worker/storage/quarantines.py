"""Doubtful reads of sources, and what a person decided on them (R7)."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, text

from schedules.disbelief import Comparison
from worker.storage.codec import decode, encode


def drop_doubtful(connection: Connection, name: str) -> None:
    """Forget a doubtful read."""
    connection.execute(text("delete from source_change where source = :name and doubtful"), {"name": name})
    connection.execute(text("delete from source_quarantine where source = :name"), {"name": name})


def believe(connection: Connection, name: str) -> None:
    """Let a doubtful read's differences be recorded after all."""
    connection.execute(text("update source_change set doubtful = false where source = :name"), {"name": name})
    connection.execute(text("delete from source_quarantine where source = :name"), {"name": name})


QUARANTINE: Final = text(
    "insert into source_quarantine(source, at, reasons, comparison, samples, digest)"
    " values (:name, :at, cast(:reasons as jsonb), cast(:comparison as jsonb), cast(:samples as jsonb), :digest)"
)


def quarantine(
    connection: Connection,
    name: str,
    reasons: Sequence[str],
    comparison: Comparison,
    samples: Sequence[str],
    digest: bytes,
    now: datetime,
) -> None:
    """Keep why a read was not believed."""
    words = {"reasons": list(reasons), "comparison": encode(comparison), "samples": list(samples)}
    values = {key: json.dumps(value) for key, value in words.items()}
    connection.execute(QUARANTINE, values | {"name": name, "at": now, "digest": digest})


def quarantined(connection: Connection, name: str) -> Any | None:
    """Read a source's doubtful read; None if there is none."""
    return connection.execute(text("select * from source_quarantine where source = :name"), {"name": name}).first()


def to_decide(connection: Connection, name: str) -> Any | None:
    """Read a source's doubtful read so that no poll replaces it before the end of the transaction."""
    connection.execute(text("select name from source where name = :name for update"), {"name": name})
    return quarantined(connection, name)


def comparison_of(row: Any) -> Comparison:
    """Read the comparison of a doubtful read."""
    return decode(Comparison, row.comparison)


DECIDED: Final = text(
    "update source set state = :state, problem = :problem, due_at = :now, etag = null,"
    " failing_since = case when :state = 'good' then null else failing_since end where name = :name"
)


def decided(connection: Connection, name: str, state: str, problem: str, now: datetime) -> None:
    """Write what a person decided on a doubtful read; the source is due at once."""
    connection.execute(DECIDED, {"name": name, "state": state, "problem": problem, "now": now})


def accepted(connection: Connection, name: str, rows: int, as_of: datetime | None, at: datetime) -> None:
    """Make a doubtful read the last accepted one."""
    query = text("update source set rows = :rows, as_of = :as_of, good_at = :at, fresh_at = :at where name = :name")
    connection.execute(query, {"name": name, "rows": rows, "as_of": as_of, "at": at})


def reject(connection: Connection, name: str, by: str, now: datetime) -> bool:
    """Drop a doubtful read's differences but remember its content; tell whether there was one."""
    connection.execute(text("delete from source_change where source = :name and doubtful"), {"name": name})
    query = text(
        "update source_quarantine set rejected_at = :now, by = :by where source = :name and rejected_at is null"
    )
    return connection.execute(query, {"name": name, "by": by, "now": now}).rowcount > 0
