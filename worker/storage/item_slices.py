"""What is said of an item reaches its lines slice by slice, set-based: the rows stay in the database (R5)."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection, TextClause, text

from worker.storage.direct import run

OF_SLICE: Final = "select unnest(lines) from sku_slice where id = :slice_id"
LOCK: Final = text(
    "with held as (select id from correspondence where id = any(array(select correspondence_id from thread"
    f"  where id = any(array(select thread_id from line where id = any(array({OF_SLICE}))))))"
    "  order by id for no key update) select coalesce(array_agg(id), '{}') as ids from held"
)


def lock(connection: Connection, part: Any) -> list[int]:
    """Lock the correspondences of a slice as `orders.lock` does, and give them."""
    ids: list[int] = run(connection, LOCK, {"slice_id": part.slice_id})[0].ids
    return ids


WAITING: Final = text(
    f"select l.id, l.order_no, l.line_no from line l where l.id = any(array({OF_SLICE}))"
    " and exists (select from line_event le"
    " join event e on e.id = le.event_id where le.line_id = l.id and e.standing = 'waiting')"
)


def with_waiting_events(connection: Connection, part: Any) -> list[Any]:
    """Read which lines of a slice have events that wait to be tried again."""
    return run(connection, WAITING, {"slice_id": part.slice_id})


ALIKE: Final = (
    "select any_value(l.facts) as facts, array_agg(l.id) as ids,"
    " cast(l.facts->>'changed_at' as timestamptz) >= :at as late from line l"
    f" where l.id = any(array({OF_SLICE})) and l.seller_id = :seller_id and l.sku = :sku and l.delayed > 0"
    " and l.id <> all(:but) group by late, {fields}"
)


def alike(connection: Connection, part: Any, at: datetime, but: Sequence[int], fields: Sequence[str]) -> list[Any]:
    """Group delayed lines of a slice whose facts agree in these fields; give one's facts, and the ids of all.

    `late` are those that know of something later than a moment, or of the same. Leaves the lines of `but` aside.
    """
    values = {"slice_id": part.slice_id, "seller_id": part.seller_id, "sku": part.sku, "at": at, "but": list(but)}
    return run(connection, _alike(tuple(fields)), values)


@lru_cache(maxsize=8)
def _alike(fields: tuple[str, ...]) -> TextClause:
    return text(ALIKE.format(fields=", ".join(f"l.facts->'{field}'" for field in fields)))


NAMES: Final = text("select l.id, l.order_no, l.line_no from line l where l.id = any(:ids)")


def names(connection: Connection, ids: Sequence[int]) -> list[Any]:
    """Read orders and numbers of lines."""
    return run(connection, NAMES, {"ids": list(ids)}) if ids else []


PATCH: Final = text(
    "with patched as (update line set facts = facts || cast(:patch as jsonb) where id = any(:ids)"
    "  returning thread_id),"
    " moved as materialized (select id, correspondence_id, window_first_at, window_ends_at from thread"
    "  where :moves and id = any(array(select distinct thread_id from patched))),"
    " told as materialized (select id, contact - array['name', 'email'] as place from correspondence"
    "  where id = any(array(select correspondence_id from moved)))"
    " select t.window_first_at, t.window_ends_at, c.place, array_agg(t.id) as ids"
    " from moved t full join told c on c.id = t.correspondence_id group by 1, 2, 3"
)
"""A full join, for the reason that `dealing.DEAL` has."""


def patch(connection: Connection, ids: Sequence[int], changed: str, *, moves: bool) -> list[Any]:
    """Write the same changed facts (JSON) to many lines.

    Where that `moves` their threads' settle windows, gives the threads by window and by their contact's place.
    """
    return run(connection, PATCH, {"ids": list(ids), "patch": changed, "moves": moves})


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
