"""The numbers of a planning review: one read of the orders of some weeks, and a few beside it (R42, R43)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, text

OF_SELLERS: Final = "(cast(:sellers as bigint[]) is null or {}.seller_id = any(:sellers))"

BY_CAUSE, BY_WEEK, BY_ITEM, IN_ALL = 3, 5, 6, 7
"""What `grouping` says of each kind of row: a bit for each column that it adds up over."""
AGAIN: Final = 8
"""A level of our own: items that were short again."""
ON_TOP: Final = 9
"""A level of our own: orders opened lately on items of which older ones are still open."""
OPENINGS: Final = text(
    "with opened as (select l.seller_id, l.sku, l.facts ->> 'cause' as cause,"
    "  cast(t.opened_at at time zone 'UTC' as date) as day, l.delayed > 0 as open, l.delayed,"
    "  date_part('epoch', case when l.delayed > 0 then :now else cast(l.facts ->> 'changed_at' as timestamptz) end"
    "   - t.opened_at) / 86400 as days"
    "  from thread t join line l on l.thread_id = t.id"
    f"  where t.opened_at >= :before and not t.leaving and {OF_SELLERS.format('t')}),"
    " cells as materialized (select seller_id, sku, cause, day, count(*) as backorders,"
    "  count(*) filter (where open) as open, sum(delayed) as delayed, sum(greatest(days, 0)) as days"
    "  from opened group by 1, 2, 3, 4),"
    " counted as (select seller_id, sku, cause, date_trunc('week', cast(day as timestamp)) as week, backorders, open,"
    "  delayed, days from cells where day >= :since),"
    " gaps as (select seller_id, sku, day, day - lag(day) over (partition by seller_id, sku order by day) as gap"
    "  from (select distinct seller_id, sku, day from cells) d)"
    " select grouping(cause, week, sku) as level, seller_id, cause, week, sku,"
    "  cast(sum(backorders) as bigint) as backorders, cast(sum(open) as bigint) as open, sum(delayed) as delayed,"
    "  round(sum(days) / sum(backorders)) as days"
    " from counted group by grouping sets ((cause), (week), (seller_id, sku), ())"
    f" union all select {AGAIN}, seller_id, null, null, sku, count(*), 0, 0, 0 from gaps"
    " where gap between :burst and :within and day >= :since group by seller_id, sku"
    f" union all select {ON_TOP}, seller_id, null, null, sku,"
    "  cast(sum(backorders) filter (where day >= :lately) as bigint), 0, 0, 0 from cells group by seller_id, sku"
    " having count(*) filter (where open > 0 and day < :lately) > 0 and count(*) filter (where day >= :lately) > 0"
)


def openings(
    connection: Connection,
    sellers: Sequence[int] | None,
    since: datetime,
    now: datetime,
    within: timedelta,
    burst: timedelta,
    lately: timedelta,
) -> list[Any]:
    """Count the lines of orders opened since a moment: by cause, by week, by item, in all; all in one pass.

    Rows of the level AGAIN count how often an item was short again after a quiet time, but within `within`; those of
    ON_TOP the orders opened `lately` on items of which older ones are still open.
    """
    values: dict[str, Any] = {"sellers": _list(sellers), "since": since.date(), "before": since - within, "now": now}
    values |= {"within": within.days, "burst": burst.days, "lately": (now - lately).date()}
    return list(connection.execute(OPENINGS, values))


ENDED: Final = text(
    "select p.outcome, count(*) as promises from promise p"
    f" where p.settled_at >= :since and {OF_SELLERS.format('p')} group by 1"
)


def promises_ended(connection: Connection, sellers: Sequence[int] | None, since: datetime) -> dict[str, int]:
    """Count how promises ended since a moment."""
    rows = connection.execute(ENDED, {"sellers": _list(sellers), "since": since})
    return {row.outcome: row.promises for row in rows}


LESSONS: Final = text(
    "select c.seller_id, l.sku, e.value as proposal, count(distinct c.order_no) as cases"
    " from closure c join line l on l.seller_id = c.seller_id and l.order_no = c.order_no"
    " cross join lateral jsonb_array_elements_text(c.proposals) e"
    f" where cast(c.key ->> 0 as timestamptz) >= :since and {OF_SELLERS.format('c')} group by 1, 2, 3"
)
REVIEWED: Final = text(
    "select c.cause, count(*) as cases from closure c"
    f" where cast(c.key ->> 0 as timestamptz) >= :since and {OF_SELLERS.format('c')} group by 1 order by 2 desc, 1"
)


def lessons(connection: Connection, sellers: Sequence[int] | None, since: datetime) -> tuple[list[Any], dict[str, int]]:
    """Count what closed cases taught, by item and proposal; and their causes as they turned out."""
    values = {"sellers": _list(sellers), "since": since}
    causes = {row.cause: row.cases for row in connection.execute(REVIEWED, values)}
    return list(connection.execute(LESSONS, values)), causes


OFFERED: Final = text(
    "select k.seller_id, k.sku, k.listing, coalesce(k.paid_clicks, 0) as paid_clicks, count(*) as lines,"
    " sum(l.delayed) as delayed from listing k join line l on l.seller_id = k.seller_id and l.sku = k.sku"
    " and l.waits and l.delayed > 0"
    f" where (k.listing = 'ready' or k.paid_clicks > 0) and {OF_SELLERS.format('k')} group by 1, 2, 3, 4"
)
OWNERS: Final = text(
    "select t.seller_id, coalesce(nullif(t.order_facts -> 'owner' -> 0 ->> 'name', ''),"
    "  s.profile -> 'default_owner' ->> 'name', 'one person') as name, count(distinct t.id) as cases"
    " from listing k join line l on l.seller_id = k.seller_id and l.sku = k.sku and l.waits and l.delayed > 0"
    " join thread t on t.id = l.thread_id join seller s on s.id = t.seller_id"
    f" where k.paid_clicks > 0 and not t.leaving and {OF_SELLERS.format('k')} group by 1, 2"
    " having count(distinct t.id) > :limit"
)


def offered(connection: Connection, sellers: Sequence[int] | None) -> list[Any]:
    """Read which items are offered or advertised against their open backorders."""
    return list(connection.execute(OFFERED, {"sellers": _list(sellers)}))


def busy_owners(connection: Connection, sellers: Sequence[int] | None, limit: int) -> list[Any]:
    """Read who has more open cases with paid clicks than the limit."""
    return list(connection.execute(OWNERS, {"sellers": _list(sellers), "limit": limit}))


def _list(sellers: Sequence[int] | None) -> list[int] | None:
    return None if sellers is None else list(sellers)
