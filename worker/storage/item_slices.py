"""An item's event reaches its lines slice by slice, set-based: the rows stay in the database (R5)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Connection, text

TURN: Final = (
    "select l.id, t.correspondence_id from line l join thread t on t.id = l.thread_id"
    " where l.seller_id = :seller_id and l.sku = :sku and l.delayed > 0 and not l.stated"
    " order by {priority} coalesce(t.placed_at, t.opened_at), t.order_no, l.line_no, l.id limit :most"
)
OLDEST_FIRST: Final = text(TURN.format(priority=""))
BY_PRIORITY: Final = text(TURN.format(priority="t.priority desc,"))
OF_ITEM: Final = text(
    "select l.id, t.correspondence_id from line l join thread t on t.id = l.thread_id"
    " where l.seller_id = :seller_id and l.sku = :sku and l.delayed > 0 and l.id > :cursor order by l.id limit :most"
)


def in_turn(connection: Connection, seller_id: int, sku: str, most: int, *, by_priority: bool) -> list[Any]:
    """Read the lines that wait for an item, the first to get some first."""
    query = BY_PRIORITY if by_priority else OLDEST_FIRST
    return list(connection.execute(query, {"seller_id": seller_id, "sku": sku, "most": most}))


def of_item(connection: Connection, seller_id: int, sku: str, cursor: int, most: int) -> list[Any]:
    """Read the delayed lines of an item behind a cursor."""
    return list(connection.execute(OF_ITEM, {"seller_id": seller_id, "sku": sku, "cursor": cursor, "most": most}))


DEAL: Final = text(
    "with turn as (select l.id, l.delayed, sum(l.delayed) over (order by given.place) - l.delayed as before"
    "  from unnest(cast(:ids as bigint[])) with ordinality as given(id, place) join line l on l.id = given.id"
    "  where l.delayed > 0 and not l.stated),"
    " share as (select id, least(delayed, :pool - before) as units from turn where before < :pool),"
    " kept as (insert into stock_grant(job_id, line_id, units, granted_at)"
    "  select :job_id, id, units, :at from share order by id)"
    " update line l set available = l.available + share.units, delayed = l.delayed - share.units,"
    "  facts = l.facts || jsonb_build_object("
    "   'available', trim_scale(l.available + share.units)::text,"
    "   'granted', trim_scale(coalesce((l.facts->>'granted')::numeric, 0) + share.units)::text,"
    "   'changed_at', cast(:seen_at as text), 'confirmed_at', cast(:seen_at as text), 'confirmed', 'seen',"
    "   'confirmed_by', '', 'confirmed_text', null)"
    " from share where l.id = share.id returning l.id, share.units"
)


def deal(
    connection: Connection, job_id: int, ids: Sequence[int], pool: Decimal, at: datetime
) -> list[tuple[int, Decimal]]:
    """Give lines in their turn what they wait for, while there is any; give who got how much.

    Writes the grants, and to the facts what a fold with each grant as last event would.
    """
    values = {"job_id": job_id, "ids": list(ids), "pool": pool, "at": at, "seen_at": at.astimezone(UTC).isoformat()}
    return [(row.id, Decimal(row.units)) for row in connection.execute(DEAL, values)]


WAITING: Final = text(
    "select l.id, l.order_no, l.line_no from line l where l.id = any(:ids) and exists (select from line_event le"
    " join event e on e.id = le.event_id where le.line_id = l.id and e.standing = 'waiting')"
)


def with_waiting_events(connection: Connection, ids: Sequence[int]) -> list[Any]:
    """Read which of these lines have events that wait to be tried again."""
    return list(connection.execute(WAITING, {"ids": list(ids)}))


LATER: Final = text(
    "select l.id, l.order_no, l.line_no from line l where l.id = any(:ids)"
    " and cast(l.facts->>'changed_at' as timestamptz) >= :at"
)


def changed_since(connection: Connection, ids: Sequence[int], at: datetime) -> list[Any]:
    """Read which of these lines know of something later than a moment, or of the same."""
    return list(connection.execute(LATER, {"ids": list(ids), "at": at}))


ALIKE: Final = (
    "select (array_agg(l.facts))[1] as facts, array_agg(l.id) as ids from line l where l.id = any(:ids)"
    " group by {fields}"
)


def alike(connection: Connection, ids: Sequence[int], fields: Sequence[str]) -> list[Any]:
    """Group lines whose facts agree in these fields; give the facts of one of each group, and the ids of all."""
    query = text(ALIKE.format(fields=", ".join(f"l.facts->'{field}'" for field in fields)))
    return list(connection.execute(query, {"ids": list(ids)}))


PATCH: Final = text("update line set facts = facts || cast(:patch as jsonb) where id = any(:ids)")


def patch(connection: Connection, ids: Sequence[int], changed: str) -> None:
    """Write the same changed facts (JSON) to many lines."""
    connection.execute(PATCH, {"ids": list(ids), "patch": changed})


WINDOWS: Final = text(
    "select t.window_first_at, t.window_ends_at, c.contact - 'name' - 'email' as place, array_agg(distinct t.id) as ids"
    " from line l join thread t on t.id = l.thread_id join correspondence c on c.id = t.correspondence_id"
    " where l.id = any(:ids) group by 1, 2, 3"
)


def windows(connection: Connection, line_ids: Sequence[int]) -> list[Any]:
    """Group the threads of these lines by their settle window and their contact's place."""
    return list(connection.execute(WINDOWS, {"ids": list(line_ids)}))


MOVE: Final = text(
    "update thread set facts_rev = facts_rev + 1, window_first_at = :first_at, window_ends_at = :ends_at"
    " where id = any(:ids)"
)


def move_windows(
    connection: Connection, thread_ids: Sequence[int], first_at: datetime | None, ends_at: datetime | None
) -> None:
    """Raise the facts revision of threads, and set their window."""
    connection.execute(MOVE, {"ids": list(thread_ids), "first_at": first_at, "ends_at": ends_at})
