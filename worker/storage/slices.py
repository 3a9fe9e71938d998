"""An item's job in slices of its lines: kept as rows, so that several processes take one each (R5)."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, text

from worker.storage.direct import run


class Split(NamedTuple):
    """How many slices were made, and the units that they hold between them."""

    slices: int
    units: Decimal


WAITS: Final = (
    " from line l join thread t on t.id = l.thread_id"
    "  where l.seller_id = :seller_id and l.sku = :sku and l.waits and l.delayed > 0"
)
BY_BUYERS: Final = "(row_number() over (order by t.correspondence_id, l.id) - 1) / :most as place"
"""A buyer's lines lie together, so that two slices seldom wait for the lock of one buyer."""
SIDE_BY_SIDE: Final = text(
    f"with placed as (select l.id, {BY_BUYERS}{WAITS}),"
    " kept as (insert into sku_slice(job_id, lines) select :id, array_agg(id) from placed group by place order by place"
    "  returning id)"
    " select count(*) as slices, 0 as units from kept"
)
ENOUGH_FOR_ALL: Final = text(
    f"with placed as (select l.id, l.delayed, {BY_BUYERS}{WAITS} and not l.stated),"
    " made as materialized (select array_agg(id) as lines, sum(delayed) as units from placed group by place),"
    " kept as (insert into sku_slice(job_id, lines, units) select :id, lines, units from made"
    "  where (select sum(units) from made) <= :pool returning units)"
    " select count(*) as slices, coalesce(sum(units), 0) as units from kept"
)
IN_TURN: Final = (
    "with waiting as materialized (select l.id, l.delayed, t.priority, t.order_no, l.line_no,"
    f"  coalesce(t.placed_at, t.opened_at) as placed{WAITS} and not l.stated),"
    " turn as (select id, row_number() over turn as place,"
    "  sum(delayed) over (turn rows unbounded preceding) - delayed as before from waiting"
    "  window turn as (order by {priority} placed, order_no, line_no, id)),"
    " kept as (insert into sku_slice(job_id, lines, in_turn)"
    "  select :id, array_agg(id order by place), true from turn where before < :pool"
    "  group by (place - 1) / :most order by (place - 1) / :most returning id)"
    " select count(*) as slices, 0 as units from kept"
)
OLDEST_FIRST: Final = text(IN_TURN.format(priority=""))
BY_PRIORITY: Final = text(IN_TURN.format(priority="priority desc,"))


def side_by_side(connection: Connection, job: Any, most: int) -> Split:
    """Make slices of the delayed lines of a job's item, to be taken in any order."""
    return _split(connection, SIDE_BY_SIDE, job, {"most": most})


def enough_for_all(connection: Connection, job: Any, most: int, pool: Decimal) -> Split:
    """Make slices of the lines that wait for stock, if there is enough for all of them: then no order matters.

    Each slice holds the units that its lines wait for; no slices if there is less.
    """
    return _split(connection, ENOUGH_FOR_ALL, job, {"most": most, "pool": pool})


def in_turn(connection: Connection, job: Any, most: int, pool: Decimal, *, by_priority: bool) -> Split:
    """Make slices of the lines that the pool reaches, the first to get some first, to be taken one after another."""
    return _split(connection, BY_PRIORITY if by_priority else OLDEST_FIRST, job, {"most": most, "pool": pool})


def _split(connection: Connection, query: Any, job: Any, values: dict[str, Any]) -> Split:
    given = {"id": job.id, "seller_id": job.seller_id, "sku": job.sku, **values}
    return Split(*run(connection, query, given)[0])


BEGIN: Final = text(
    "update sku_job set units = null, anew = false, slices = :slices, to_sweep = to_sweep or :many,"
    " turn_of = cast(:turn_of as jsonb), done_at = :done_at where id = :id"
)


def begin(connection: Connection, job_id: int, slices: int, turn_of: str | None, now: datetime, *, many: bool) -> None:
    """Note into how many slices a job was split, and for what; done, if into none."""
    done_at = None if slices else now
    values = {"id": job_id, "slices": slices, "turn_of": turn_of, "done_at": done_at, "many": many}
    run(connection, BEGIN, values)


TAKE: Final = text(
    "select w.id as slice_id, w.units, w.in_turn, j.id, j.seller_id, j.sku, j.kind, j.made_at, j.turn_of,"
    " j.slices, j.to_sweep, s.slug, s.profile, e.body"
    " from sku_slice w join sku_job j on j.id = w.job_id join seller s on s.id = j.seller_id"
    " left join event e on e.id = j.event_id"
    " where w.job_id = coalesce(cast(:job_id as bigint), w.job_id) and j.parked is null"
    " and (not w.in_turn or not exists (select from sku_slice b where b.job_id = w.job_id and b.id < w.id))"
    " order by w.id limit 1 for no key update of w skip locked"
)


def take(connection: Connection, job_id: int | None = None) -> Any:
    """Lock the first slice that nobody holds, of a job or of any, with its job; None if there is none to take."""
    return next(iter(run(connection, TAKE, {"job_id": job_id})), None)


END: Final = text("delete from sku_slice where id = :slice_id")
COUNT: Final = text(
    "update sku_job set slices = slices - :ended, lines = lines + :lines, anew = anew or :anew,"
    " done_at = case when slices = :ended and not anew and not :anew then cast(:now as timestamptz) end where id = :id"
)
"""A job's row is locked for the moment of counting only, after all else, so that slices go on side by side."""


def end(connection: Connection, part: Any, lines: int, now: datetime, *, anew: bool = False) -> None:
    """Take a slice away, and end its job with its last; one that shall be split `anew` stays open."""
    run(connection, END, {"slice_id": part.slice_id})
    count(connection, part, 1, lines, now, anew=anew)


DROP: Final = text(
    "with dropped as (delete from sku_slice where id in"
    "  (select id from sku_slice where job_id = :id for update skip locked) returning units)"
    " select count(*) as slices, coalesce(sum(units), 0) as units from dropped"
)


def drop(connection: Connection, part: Any) -> Split:
    """Take all slices of a job away that nobody else holds, this one included; `count` them afterwards."""
    return Split(*run(connection, DROP, {"id": part.id})[0])


def count(connection: Connection, part: Any, ended: int, lines: int, now: datetime, *, anew: bool) -> None:
    """Note how many slices of a job have ended; it is done with the last, unless it shall be split `anew`."""
    run(connection, COUNT, {"id": part.id, "ended": ended, "lines": lines, "anew": anew, "now": now})
