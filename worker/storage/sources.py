"""Polled sources as rows: who is due, what was accepted last, what is to be recorded, what is doubtful (R7)."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, text

from worker.storage.schema_sources import source_change, source_row
from worker.storage.sets import upsert_rows


@dataclass(frozen=True, slots=True)
class Known:
    """What is kept of a row of the last accepted read."""

    digest: bytes
    as_of: datetime | None
    gone: bool


@dataclass(frozen=True, slots=True)
class Change:
    """One row that is new, differs, or (without `said`) is gone; `said` is JSON text."""

    number: int
    key: str
    digest: bytes | None
    as_of: datetime | None
    said: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    """A row as it was accepted last."""

    said: dict[str, Any]
    as_of: datetime | None
    rev: int
    gone: bool
    said_at: datetime | None = None
    """When the last event of this row happened: no later one may come before it in the fold."""


ADD: Final = text(
    "insert into source(name, seller, says, added_at, due_at)"
    " select n, s, w, :now, :now from unnest(cast(:names as text[]), cast(:sellers as text[]), cast(:says as text[]))"
    " as given(n, s, w) on conflict (name) do update set seller = excluded.seller, says = excluded.says,"
    " state = case when source.state in ('invalid', 'removed') then 'new' else source.state end,"
    " problem = case when source.state in ('invalid', 'removed') then '' else source.problem end,"
    " due_at = case when source.state in ('invalid', 'removed') then excluded.due_at else source.due_at end"
    " where (source.seller, source.says) is distinct from (excluded.seller, excluded.says)"
    " or source.state in ('invalid', 'removed')"
)
REMOVE: Final = text(
    "update source set state = 'removed', problem = 'its file is no longer there'"
    " where name <> all(:names) and state <> 'removed'"
)
INVALID: Final = text(
    "insert into source(name, added_at, due_at, state, problem) values (:name, :now, :now, 'invalid', :problem)"
    " on conflict (name) do update set state = 'invalid', problem = excluded.problem"
    " where source.problem <> excluded.problem or source.state <> 'invalid'"
)


def keep_up(
    connection: Connection, present: Sequence[tuple[str, str, str]], invalid: dict[str, str], now: datetime
) -> None:
    """Write which sources there are (name, seller, what it says), and which files cannot be used."""
    if present:
        names, sellers, says = zip(*present, strict=True)
        columns = {"names": list(names), "sellers": list(sellers), "says": list(says)}
        connection.execute(ADD, columns | {"now": now})
    for name, problem in invalid.items():
        connection.execute(INVALID, {"name": name, "problem": problem, "now": now})
    connection.execute(REMOVE, {"names": [name for name, _, _ in present] + list(invalid)})


CLAIM_DUE: Final = text(
    "update source s set due_at = :now + given.every"
    " from unnest(cast(:names as text[]), cast(:spans as interval[])) as given(name, every)"
    " where s.name = given.name and s.due_at <= :now and (s.lease_until is null or s.lease_until <= :now)"
    " returning s.name"
)


def due(connection: Connection, spans: dict[str, timedelta], now: datetime) -> list[str]:
    """Take the sources that are due by moving their next read on; whoever loses one finds it at its next interval."""
    if not spans:
        return []
    columns = {"names": list(spans), "spans": list(spans.values()), "now": now}
    return sorted(connection.execute(CLAIM_DUE, columns).scalars())


CLAIM: Final = text(
    "update source set claim_no = claim_no + 1, lease_until = :until, read_at = :now where name = :name"
    " and (lease_until is null or lease_until <= :now) returning *"
)


def claim(connection: Connection, name: str, now: datetime, lease: timedelta) -> Any | None:
    """Take one source for one read; None if somebody reads it now."""
    return connection.execute(CLAIM, {"name": name, "now": now, "until": now + lease}).first()


FIELDS_OF_A_READ: Final = frozenset(
    {
        "state",
        "problem",
        "due_at",
        "good_at",
        "fresh_at",
        "as_of",
        "rows",
        "faults",
        "fault_count",
        "etag",
        "failing_since",
        "lease_until",
    }
)


def write(connection: Connection, name: str, claim_no: int, **changed: Any) -> bool:
    """Write what came of a read, unless another one has begun since; tell whether it was written."""
    assert changed.keys() <= FIELDS_OF_A_READ
    changed = {key: json.dumps(value) if key == "faults" else value for key, value in changed.items()}
    sets = ", ".join(f"{key} = cast(:{key} as jsonb)" if key == "faults" else f"{key} = :{key}" for key in changed)
    statement = text(f"update source set {sets} where name = :name and claim_no = :claim_no")
    return connection.execute(statement, changed | {"name": name, "claim_no": claim_no}).rowcount > 0


def known_rows(connection: Connection, name: str) -> dict[str, Known]:
    """Read digests of all rows of the last accepted read."""
    query = text("select key, digest, as_of, gone from source_row where source = :name")
    found = connection.execution_options(yield_per=5_000).execute(query, {"name": name})
    return {row.key: Known(bytes(row.digest), row.as_of, row.gone) for row in found}


KEPT: Final = text(
    "select key, said, as_of, rev, gone, said_at from source_row"
    " where source = :name and key = any(cast(:keys as text[]))"
)


def kept(connection: Connection, name: str, keys: Iterable[str]) -> dict[str, Kept]:
    """Read rows as they were accepted last, by key."""
    rows = connection.execute(KEPT, {"name": name, "keys": list(keys)})
    return {row.key: Kept(row.said, row.as_of, row.rev, row.gone, row.said_at) for row in rows}


STAGED_AT_ONCE: Final = 5_000
RESTAGED: Final = ", ".join(f"{name} = excluded.{name}" for name in ("row_no", "digest", "as_of", "said", "doubtful"))


def stage(connection: Connection, name: str, changes: Sequence[Change], *, doubtful: bool) -> None:
    """Keep differences until they are recorded; doubtful ones until somebody decides."""
    for start in range(0, len(changes), STAGED_AT_ONCE):
        rows = [
            {
                "source": name,
                "key": one.key,
                "row_no": one.number,
                "digest": one.digest,
                "as_of": one.as_of,
                "said": None if one.said is None else json.loads(one.said),
                "doubtful": doubtful,
            }
            for one in changes[start : start + STAGED_AT_ONCE]
        ]
        upsert_rows(connection, source_change, rows, f"(source, key) do update set {RESTAGED}")


NEXT_STAGED: Final = text(
    "select key, row_no, digest, as_of, said from source_change where source = :name and not doubtful"
    " order by row_no, key limit :most for update"
)


def next_staged(connection: Connection, name: str, most: int) -> list[Change]:
    """Read and lock the next differences to record, in the order of the source."""
    rows = connection.execute(NEXT_STAGED, {"name": name, "most": most})
    return [
        Change(row.row_no, row.key, row.digest, row.as_of, None if row.said is None else json.dumps(row.said))
        for row in rows
    ]


def unstage(connection: Connection, name: str, keys: Sequence[str]) -> None:
    """Forget differences that were recorded."""
    query = text("delete from source_change where source = :name and key = any(cast(:keys as text[]))")
    connection.execute(query, {"name": name, "keys": list(keys)})


UPDATED: Final = ", ".join(
    f"{name} = excluded.{name}" for name in ("digest", "as_of", "said", "said_at", "rev", "gone")
)


def save_rows(connection: Connection, name: str, rows: Sequence[tuple[str, bytes, Kept]]) -> None:
    """Keep rows as accepted: key, digest, and what is kept."""
    found = [
        {
            "source": name,
            "key": key,
            "digest": digest,
            "as_of": row.as_of,
            "said": row.said,
            "said_at": row.said_at,
            "rev": row.rev,
            "gone": row.gone,
        }
        for key, digest, row in rows
    ]
    upsert_rows(connection, source_row, found, f"(source, key) do update set {UPDATED}")


def all_of(connection: Connection) -> list[Any]:
    """Read how every source stands, with its doubtful read, if any."""
    query = text(
        "select s.*, q.at as quarantined_at, q.reasons, q.rejected_at,"
        " (select count(*) from source_change c where c.source = s.name and not c.doubtful) as to_record"
        " from source s left join source_quarantine q on q.source = s.name where s.state <> 'removed' order by s.name"
    )
    return list(connection.execute(query))


def named(connection: Connection, name: str) -> Any | None:
    """Read how one source stands."""
    return connection.execute(text("select * from source where name = :name"), {"name": name}).first()


def told_stale(connection: Connection, name: str, fresh_at: datetime) -> None:
    """Note that people heard of this silence."""
    connection.execute(text("update source set told_stale_of = :at where name = :name"), {"name": name, "at": fresh_at})


OWNERS: Final = text(
    "select distinct on (lower(p.email)) p.email, p.name from ("
    " select coalesce(t.order_facts -> 'owner' -> 0 ->> 'email', s.profile -> 'default_owner' ->> 'email') as email,"
    "  coalesce(t.order_facts -> 'owner' -> 0 ->> 'name', s.profile -> 'default_owner' ->> 'name') as name"
    " from thread t join seller s on s.id = t.seller_id where t.seller_id = :seller_id"
    " and exists (select from line l where l.thread_id = t.id and l.delayed > 0)) p"
    " where p.email is not null order by lower(p.email)"
)


def owners_of_open_orders(connection: Connection, seller_id: int) -> list[Any]:
    """Read who answers for a seller's open orders."""
    return list(connection.execute(OWNERS, {"seller_id": seller_id}))


NEXT_PROMISE: Final = text(
    "select made_at, due_at from promise where seller_id = :seller_id and outcome = 'open' and due_at > :now"
    " order by due_at limit 1"
)


def next_promise(connection: Connection, seller_id: int, now: datetime) -> Any | None:
    """Read the seller's next open promise."""
    return connection.execute(NEXT_PROMISE, {"seller_id": seller_id, "now": now}).first()
