"""An item's event reaches its lines slice by slice, set-based: the rows stay in the database (R5)."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, TextClause, text

from worker.storage.direct import run


class Slice(NamedTuple):
    """Some of an item's delayed lines, by id, and whose they are; the last of their ids."""

    lines: list[int]
    correspondences: list[int]
    last: int | None


OF_ITEM: Final = text(
    "select coalesce(array_agg(id), '{}') as lines, coalesce(array_agg(correspondence_id), '{}') as correspondences,"
    " max(id) as last from (select l.id, t.correspondence_id from line l join thread t on t.id = l.thread_id"
    "  where l.seller_id = :seller_id and l.sku = :sku and l.waits and l.delayed > 0 and l.id > :cursor"
    "  order by l.id limit :most) found"
)


def of_item(connection: Connection, seller_id: int, sku: str, cursor: int, most: int) -> Slice:
    """Read the delayed lines of an item behind a cursor."""
    values = {"seller_id": seller_id, "sku": sku, "cursor": cursor, "most": most}
    return Slice(*run(connection, OF_ITEM, values)[0])


WAITING: Final = text(
    "select l.id, l.order_no, l.line_no from line l where l.id = any(:ids) and exists (select from line_event le"
    " join event e on e.id = le.event_id where le.line_id = l.id and e.standing = 'waiting')"
)


def with_waiting_events(connection: Connection, ids: Sequence[int]) -> list[Any]:
    """Read which of these lines have events that wait to be tried again."""
    return run(connection, WAITING, {"ids": list(ids)})


LATER: Final = text(
    "select l.id, l.order_no, l.line_no from line l where l.id = any(:ids)"
    " and cast(l.facts->>'changed_at' as timestamptz) >= :at"
)


def changed_since(connection: Connection, ids: Sequence[int], at: datetime) -> list[Any]:
    """Read which of these lines know of something later than a moment, or of the same."""
    return run(connection, LATER, {"ids": list(ids), "at": at})


ALIKE: Final = (
    "select (array_agg(l.facts))[1] as facts, array_agg(l.id) as ids from line l where l.id = any(:ids)"
    " group by {fields}"
)


def alike(connection: Connection, ids: Sequence[int], fields: Sequence[str]) -> list[Any]:
    """Group lines whose facts agree in these fields; give the facts of one of each group, and the ids of all."""
    return run(connection, _alike(tuple(fields)), {"ids": list(ids)})


@lru_cache(maxsize=8)
def _alike(fields: tuple[str, ...]) -> TextClause:
    return text(ALIKE.format(fields=", ".join(f"l.facts->'{field}'" for field in fields)))


PATCH: Final = text("update line set facts = facts || cast(:patch as jsonb) where id = any(:ids)")


def patch(connection: Connection, ids: Sequence[int], changed: str) -> None:
    """Write the same changed facts (JSON) to many lines."""
    run(connection, PATCH, {"ids": list(ids), "patch": changed})


WINDOWS: Final = text(
    "with moved as materialized (select id, correspondence_id, window_first_at, window_ends_at from thread"
    "  where id = any(array(select distinct thread_id from line where id = any(:ids)))),"
    " told as materialized (select id, contact - array['name', 'email'] as place from correspondence"
    "  where id = any(array(select correspondence_id from moved)))"
    " select t.window_first_at, t.window_ends_at, c.place, array_agg(t.id) as ids"
    " from moved t full join told c on c.id = t.correspondence_id group by 1, 2, 3"
)
"""A full join, for the reason that `dealing.DEAL` has."""


def windows(connection: Connection, line_ids: Sequence[int]) -> list[Any]:
    """Group the threads of these lines by their settle window and their contact's place."""
    return run(connection, WINDOWS, {"ids": list(line_ids)})


MOVE: Final = text(
    "update thread set facts_rev = facts_rev + 1, window_first_at = :first_at, window_ends_at = :ends_at,"
    " last_verdict = last_verdict where id = any(:ids)"
)
"""Names the verdict because PostgreSQL compiles what is worked out from it anew for each row if an update does not."""


def move_windows(
    connection: Connection, thread_ids: Sequence[int], first_at: datetime | None, ends_at: datetime | None
) -> None:
    """Raise the facts revision of threads, and set their window."""
    run(connection, MOVE, {"ids": list(thread_ids), "first_at": first_at, "ends_at": ends_at})
