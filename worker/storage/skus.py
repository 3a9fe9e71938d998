"""Jobs for an item as a whole: stock that is dealt and changes that reach its lines, in slices, set-based (R5)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, insert, text

from worker.storage.schema_skus import sku_job


def add_jobs(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Queue work for items."""
    if rows:
        names = ("seller_id", "sku", "kind", "event_id", "units", "made_at")
        connection.execute(insert(sku_job), [{name: row.get(name) for name in names} for row in rows])


NEXT_JOB = text(
    "select j.id, j.seller_id, j.sku, j.kind, j.event_id, j.units, j.cursor, j.made_at, s.slug, s.profile, e.body"
    " from sku_job j join seller s on s.id = j.seller_id left join event e on e.id = j.event_id"
    " where j.done_at is null and not exists (select from sku_job k where k.done_at is null and k.id < j.id"
    "  and k.seller_id = j.seller_id and k.sku = j.sku)"
    " order by j.id limit 1 for update of j skip locked"
)


def next_job(connection: Connection) -> Any:
    """Lock the oldest open job that is the first of its item; None if there is none to take."""
    return connection.execute(NEXT_JOB).first()


OPEN_JOBS = text("select exists (select from sku_job where done_at is null)")


def any_open(connection: Connection) -> bool:
    """Tell whether any job is left."""
    return bool(connection.execute(OPEN_JOBS).scalar_one())


ADVANCE = text(
    "update sku_job set cursor = :cursor, lines = lines + :lines, units = null, done_at = :done_at where id = :id"
)


def advance(connection: Connection, job_id: int, cursor: int, lines: int, done_at: datetime | None) -> None:
    """Note how far a job has come."""
    connection.execute(ADVANCE, {"id": job_id, "cursor": cursor, "lines": lines, "done_at": done_at})


POUR = text(
    "insert into sku_pool(seller_id, sku, units) values (:seller_id, :sku, :units)"
    " on conflict (seller_id, sku) do update set units = sku_pool.units + excluded.units returning units"
)


def pour(connection: Connection, seller_id: int, sku: str, units: Decimal) -> Decimal:
    """Add units to an item's pool (take them, if negative); give what is in it."""
    values = {"seller_id": seller_id, "sku": sku, "units": units}
    if units < 0:
        return Decimal(connection.execute(TAKE, values).scalar_one())
    return Decimal(connection.execute(POUR, values).scalar_one())


TAKE = text("update sku_pool set units = units + :units where seller_id = :seller_id and sku = :sku returning units")

POOLS = text(
    "select p.seller_id, p.sku from sku_pool p"
    " join unnest(cast(:sellers as bigint[]), cast(:skus as text[])) as given(seller_id, sku) using (seller_id, sku)"
    " where p.units > 0"
)


def with_stock(connection: Connection, items: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    """Give the items among these whose pool holds units."""
    pairs = sorted(set(items))
    if not pairs:
        return []
    columns = {"sellers": [one for one, _ in pairs], "skus": [other for _, other in pairs]}
    return [(row.seller_id, row.sku) for row in connection.execute(POOLS, columns)]


IN_TURN = (
    "select l.id, t.correspondence_id from line l join thread t on t.id = l.thread_id"
    " where l.seller_id = :seller_id and l.sku = :sku and l.delayed > 0 and not l.stated"
    " order by {priority} coalesce(t.placed_at, t.opened_at), t.order_no, l.line_no, l.id limit :most"
)
OLDEST_FIRST = text(IN_TURN.format(priority=""))
BY_PRIORITY = text(IN_TURN.format(priority="t.priority desc,"))


def in_turn(connection: Connection, seller_id: int, sku: str, most: int, *, by_priority: bool) -> list[Any]:
    """Read the lines that wait for an item, the first to get some first."""
    query = BY_PRIORITY if by_priority else OLDEST_FIRST
    return list(connection.execute(query, {"seller_id": seller_id, "sku": sku, "most": most}))


OF_ITEM = text(
    "select l.id, t.correspondence_id from line l join thread t on t.id = l.thread_id"
    " where l.seller_id = :seller_id and l.sku = :sku and l.delayed > 0 and l.id > :cursor order by l.id limit :most"
)


def of_item(connection: Connection, seller_id: int, sku: str, cursor: int, most: int) -> list[Any]:
    """Read the delayed lines of an item behind a cursor."""
    return list(connection.execute(OF_ITEM, {"seller_id": seller_id, "sku": sku, "cursor": cursor, "most": most}))


LINES = text(
    "select l.id, l.thread_id, l.order_no, l.line_no, l.delayed, l.stated, l.facts, t.correspondence_id, t.facts_rev,"
    " t.window_first_at, t.window_ends_at, c.contact, exists (select from line_event le join event e"
    "  on e.id = le.event_id where le.line_id = l.id and e.standing = 'waiting') as waits"
    " from line l join thread t on t.id = l.thread_id join correspondence c on c.id = t.correspondence_id"
    " where l.id = any(:ids)"
)


def lines(connection: Connection, ids: Sequence[int]) -> dict[int, Any]:
    """Read lines with what moving their threads' windows needs."""
    return {row.id: row for row in connection.execute(LINES, {"ids": list(ids)})}


GRANT = text(
    "insert into stock_grant(job_id, line_id, units, granted_at)"
    " select :job_id, given.line_id, given.units, :at"
    " from unnest(cast(:lines as bigint[]), cast(:units as numeric[])) as given(line_id, units)"
)
PATCH_EACH = text(
    "update line l set available = l.available + given.units, delayed = l.delayed - given.units,"
    " facts = l.facts || cast(given.patch as jsonb)"
    " from unnest(cast(:lines as bigint[]), cast(:units as numeric[]), cast(:patches as text[]))"
    " as given(line_id, units, patch) where l.id = given.line_id"
)


def grant(connection: Connection, job_id: int, at: datetime, given: Sequence[tuple[int, Decimal, str]]) -> None:
    """Deal units to lines: record the grants, and write what they change (the third of each: JSON of facts)."""
    values = {"job_id": job_id, "at": at, "lines": [one[0] for one in given], "units": [one[1] for one in given]}
    connection.execute(GRANT, values)
    connection.execute(PATCH_EACH, values | {"patches": [one[2] for one in given]})


PATCH = text("update line set facts = facts || cast(:patch as jsonb) where id = any(:ids)")


def patch(connection: Connection, ids: Sequence[int], changed: str) -> None:
    """Write the same changed facts (JSON) to many lines."""
    connection.execute(PATCH, {"ids": list(ids), "patch": changed})


MOVE = text(
    "update thread t set facts_rev = t.facts_rev + 1, window_first_at = given.first_at, window_ends_at = given.ends_at"
    " from unnest(cast(:ids as bigint[]), cast(:firsts as timestamptz[]), cast(:ends as timestamptz[]))"
    " as given(id, first_at, ends_at) where t.id = given.id"
)


def move_windows(connection: Connection, rows: Sequence[tuple[int, datetime | None, datetime | None]]) -> None:
    """Raise the facts revision of threads, and set their windows."""
    if rows:
        columns = {
            "ids": [one[0] for one in rows],
            "firsts": [one[1] for one in rows],
            "ends": [one[2] for one in rows],
        }
        connection.execute(MOVE, columns)


GRANTS = text(
    "select g.id, g.line_id, g.units, g.granted_at, j.sku from stock_grant g join sku_job j on j.id = g.job_id"
    " where g.line_id = any(:ids) order by g.id"
)


def grants_of(connection: Connection, line_ids: Sequence[int]) -> list[Any]:
    """Read the grants of lines, with the item that each was dealt of."""
    return list(connection.execute(GRANTS, {"ids": list(line_ids)})) if line_ids else []


TRIM = text(
    "update stock_grant g set units = given.units"
    " from unnest(cast(:ids as bigint[]), cast(:units as numeric[])) as given(id, units) where g.id = given.id"
)


def trim(connection: Connection, left: dict[int, Decimal]) -> None:
    """Make grants smaller for good; what they lose goes back to the pool by a job of its own."""
    if left:
        connection.execute(TRIM, {"ids": list(left), "units": list(left.values())})


EVENTS_OF_SKUS = text(
    "select e.id, e.seller, e.sku, e.body, e.standing, e.reason from event e"
    " join unnest(cast(:sellers as text[]), cast(:skus as text[])) as given(seller, sku) using (seller, sku)"
    " where e.order_no is null and e.type in ('production.changed', 'review.recorded') and e.standing = 'applied'"
)


def events_of_skus(connection: Connection, items: Iterable[tuple[str, str]]) -> list[Any]:
    """Read what was said of whole items, by (seller slug, SKU): one row each, however many lines read it."""
    pairs = sorted(set(items))
    if not pairs:
        return []
    columns = {"sellers": [one for one, _ in pairs], "skus": [other for _, other in pairs]}
    return list(connection.execute(EVENTS_OF_SKUS, columns))
