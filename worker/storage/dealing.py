"""Stock of an item is dealt slice by slice, in its turn or to all; the rows stay in the database (R5)."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Connection, text

from worker.storage.direct import run

BEHIND: Final = text(
    "select count(*) as jobs from sku_job where done_at is null and seller_id = :seller_id and sku = :sku and id > :id"
)


def behind(connection: Connection, job: Any) -> int:
    """Count the jobs of the same item that wait behind this one; none of them ends before it."""
    jobs: int = run(connection, BEHIND, {"seller_id": job.seller_id, "sku": job.sku, "id": job.id})[0].jobs
    return jobs


WAITING: Final = (
    "with given as materialized (select one.id, one.place from sku_slice w,"
    "  unnest(w.lines) with ordinality as one(id, place) where w.id = :slice_id),"
    " waiting as materialized (select id, delayed, available, coalesce((facts->>'granted')::numeric, 0) as had"
    "  from line where id = any(array(select id from given))"
    "  and seller_id = :seller_id and sku = :sku and delayed > 0 and not stated),"
)
IN_TURN: Final = (
    " turn as (select w.*, sum(w.delayed) over (order by given.place rows unbounded preceding) - w.delayed as before"
    "  from given full join waiting w using (id) where coalesce(w.delayed, 0) > 0),"
    " share as (select *, least(delayed, :pool - before) as units from turn where before < :pool),"
)
ALL_OF_THEM: Final = (
    " share as (select *, delayed as units from waiting where (select sum(delayed) from waiting) <= :pool),"
)
"""Where there is enough for all of a slice, no turn is worked out; nobody gets any where there is not."""
DEALT: Final = (
    " kept as (insert into stock_grant(job_id, line_id, units, granted_at)"
    "  select :job_id, id, units, :at from share order by id),"
    " alike as (select units, array_agg(id) as ids, jsonb_build_object("
    "   'available', trim_scale(available + units)::text, 'granted', trim_scale(had + units)::text,"
    "   'changed_at', cast(:seen_at as text), 'confirmed_at', cast(:seen_at as text), 'confirmed', 'seen',"
    "   'confirmed_by', '', 'confirmed_text', null) as changed from share group by available, had, units),"
    " dealt as (update line l set available = l.available + alike.units, delayed = l.delayed - alike.units,"
    "   waits = :many or l.delayed > alike.units, facts = l.facts || alike.changed from alike"
    "  where l.id = any(alike.ids) returning l.id, l.thread_id, alike.units),"
    " moved as materialized (select id, correspondence_id, window_first_at, window_ends_at from thread"
    "  where id = any(array(select thread_id from dealt))),"
    " told as materialized (select id, contact - array['name', 'email'] as place from correspondence"
    "  where id = any(array(select correspondence_id from moved)))"
    " select t.window_first_at, t.window_ends_at, c.place, array_agg(dealt.id) as lines, array_agg(t.id) as ids,"
    "  array_agg(c.id) as correspondences, sum(dealt.units) as units,"
    "  (select sum(delayed) from waiting) as wanted"
    " from dealt full join moved t on t.id = dealt.thread_id full join told c on c.id = t.correspondence_id"
    " group by 1, 2, 3"
)
DEAL: Final = text(WAITING + IN_TURN + DEALT)
DEAL_ALL: Final = text(WAITING + ALL_OF_THEM + DEALT)
"""Joins of a slice's rows are full ones, though each finds its partner: PostgreSQL takes them for few and would compare
each with each."""


def deal(connection: Connection, part: Any, pool: Decimal, at: datetime) -> list[Any]:
    """Give the lines of a slice what they wait for, in their turn while there is any in the pool.

    Writes the grants, and to the facts what a fold with each grant as last event would. Gives lines, threads (`ids`),
    correspondences and units, by their threads' settle window and their contact's place, and what all lines of the
    slice wanted. Where many wait, those who got all stay in the index of those who wait until `sweep`.
    """
    values = {
        "slice_id": part.slice_id,
        "job_id": part.id,
        "seller_id": part.seller_id,
        "sku": part.sku,
        "many": part.to_sweep,
        "pool": pool,
        "at": at,
        "seen_at": at.astimezone(UTC).isoformat(),
    }
    enough = [] if part.in_turn else run(connection, DEAL_ALL, values)
    return enough or run(connection, DEAL, values)


DEALT_TO_MANY: Final = text(
    "select id, seller_id, sku from sku_job where to_sweep and done_at is not null"
    " order by id limit 1 for update skip locked"
)
SWEEP: Final = text(
    "with held as (select id from line where seller_id = :seller_id and sku = :sku and waits and delayed = 0"
    "  limit :most for no key update skip locked)"
    " update line set waits = false where id = any(array(select id from held)) returning id"
)
SWEPT: Final = text("update sku_job set to_sweep = false where id = :id")


def sweep(connection: Connection, most: int) -> int:
    """Take lines of an item that was dealt to many from the index of those who wait, if they do not; 0 if none is left.

    One that somebody else writes just then is left: a fold says itself whether its line waits.
    """
    for job in run(connection, DEALT_TO_MANY, {}):
        swept = run(connection, SWEEP, {"seller_id": job.seller_id, "sku": job.sku, "most": most})
        if len(swept) < most:
            run(connection, SWEPT, {"id": job.id})
        return 1
    return 0
