"""An item's event reaches its lines slice by slice, set-based: the rows stay in the database (R5)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, text

OF_ITEM: Final = text(
    "select l.id, t.correspondence_id from line l join thread t on t.id = l.thread_id"
    " where l.seller_id = :seller_id and l.sku = :sku and l.waits and l.delayed > 0 and l.id > :cursor"
    " order by l.id limit :most"
)


def of_item(connection: Connection, seller_id: int, sku: str, cursor: int, most: int) -> list[Any]:
    """Read the delayed lines of an item behind a cursor."""
    return list(connection.execute(OF_ITEM, {"seller_id": seller_id, "sku": sku, "cursor": cursor, "most": most}))


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
    "update thread set facts_rev = facts_rev + 1, window_first_at = :first_at, window_ends_at = :ends_at,"
    " last_verdict = last_verdict where id = any(:ids)"
)
"""Names the verdict because PostgreSQL compiles what is worked out from it anew for each row if an update does not."""


def move_windows(
    connection: Connection, thread_ids: Sequence[int], first_at: datetime | None, ends_at: datetime | None
) -> None:
    """Raise the facts revision of threads, and set their window."""
    connection.execute(MOVE, {"ids": list(thread_ids), "first_at": first_at, "ends_at": ends_at})
