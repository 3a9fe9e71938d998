"""Jobs for an item as a whole: stock that is dealt and changes that reach its lines, in slices, set-based (R5)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, insert, text

from worker.storage.direct import run
from worker.storage.schema_skus import sku_job


def add_jobs(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Queue work for items."""
    if rows:
        names = ("seller_id", "sku", "kind", "event_id", "units", "made_at")
        connection.execute(insert(sku_job), [{name: row.get(name) for name in names} for row in rows])


NEXT_JOB = text(
    "select j.id, j.seller_id, j.sku, j.kind, j.units, j.cursor, j.made_at, s.slug, s.profile"
    " from sku_job j join seller s on s.id = j.seller_id"
    " where j.done_at is null and j.parked is null and j.slices = 0"
    " and not exists (select from sku_job k where k.done_at is null"
    "  and k.id < j.id and k.seller_id = j.seller_id and k.sku = j.sku)"
    " order by j.id limit 1 for update of j skip locked"
)


def next_job(connection: Connection) -> Any:
    """Lock the oldest open job that is the first of its item, neither in slices nor parked; None if there is none."""
    return next(iter(run(connection, NEXT_JOB, {})), None)


GOES_ON = (
    "j.done_at is null and not exists (select from sku_job p where p.id <= j.id and p.seller_id = j.seller_id"
    " and p.sku = j.sku and p.parked is not null)"
)
"""A job `j` that somebody will do: it is neither parked nor behind one that is."""
PARK = text("update sku_job set parked = :reason where id = :id")
UNPARK = text("update sku_job set parked = null where parked is not null returning id")


def park(connection: Connection, job_id: int, reason: str) -> None:
    """Set a job aside; those of its item wait behind it."""
    run(connection, PARK, {"id": job_id, "reason": reason})


def unpark(connection: Connection) -> int:
    """Let all parked jobs go on; give how many there were."""
    return len(run(connection, UNPARK, {}))


ADVANCE = text("update sku_job set cursor = :cursor, lines = lines + :lines, done_at = :done_at where id = :id")


def advance(connection: Connection, job_id: int, cursor: int, lines: int, done_at: datetime | None) -> None:
    """Note how far a job has come that goes by a cursor."""
    run(connection, ADVANCE, {"id": job_id, "cursor": cursor, "lines": lines, "done_at": done_at})


POUR = text(
    "insert into sku_pool(seller_id, sku, units) values (:seller_id, :sku, :units)"
    " on conflict (seller_id, sku) do update set units = sku_pool.units + excluded.units returning units"
)


def pour(connection: Connection, seller_id: int, sku: str, units: Decimal) -> Decimal:
    """Add units to an item's pool (take them, if negative); give what is in it."""
    values = {"seller_id": seller_id, "sku": sku, "units": units}
    if units < 0:
        return Decimal(run(connection, TAKE, values)[0].units)
    return Decimal(run(connection, POUR, values)[0].units)


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
    return [(row.seller_id, row.sku) for row in run(connection, POOLS, columns)]


GRANTS = text(
    "select g.id, g.line_id, g.units, g.granted_at, j.sku from stock_grant g join sku_job j on j.id = g.job_id"
    " where g.line_id = any(:ids) order by g.id"
)


def grants_of(connection: Connection, line_ids: Sequence[int]) -> list[Any]:
    """Read the grants of lines, with the item that each was dealt of."""
    return run(connection, GRANTS, {"ids": list(line_ids)}) if line_ids else []


TRIM = text(
    "update stock_grant g set units = given.units"
    " from unnest(cast(:lines as bigint[]), cast(:ids as bigint[]), cast(:units as numeric[]))"
    "  as given(line_id, id, units) where g.line_id = given.line_id and g.id = given.id"
)


def trim(connection: Connection, left: dict[tuple[int, int], Decimal]) -> None:
    """Make grants (line, grant) smaller for good; what they lose goes back to the pool by a job of its own."""
    if left:
        columns = {"lines": [line for line, _ in left], "ids": [grant for _, grant in left]}
        run(connection, TRIM, {**columns, "units": list(left.values())})


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
    return run(connection, EVENTS_OF_SKUS, columns)
