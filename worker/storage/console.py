"""What the console's first page asks: who needs a person now, what comes next, where an order is; quick at any size."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, text

MOST: Final = 101
"""One more than is counted: what reaches it is told as "more than 100"."""
LOOKED_THROUGH: Final = 2_000
OF_SELLERS: Final = "(cast(:sellers as bigint[]) is null or {}.seller_id = any(:sellers))"
LAST_WORD: Final = (
    "(select d.why from decision d where d.seller = s.slug and d.order_no = t.order_no and d.action = 'held'"
    " order by d.id desc limit 1)"
)

QUERIES: Final = {
    "stopped": (
        "select s.slug as seller, '' as order_no, s.slug as what, s.stopped_at as at,"
        " 'mail far above its busiest hour waits' as why from seller s"
        " where s.stopped_at is not null and (cast(:sellers as bigint[]) is null or s.id = any(:sellers)) limit :most"
    ),
    "missed": (
        "select s.slug as seller, p.order_no, p.contact as what, p.due_at as at,"
        " 'promised update did not leave in time' as why from promise p join seller s on s.id = p.seller_id"
        f" where p.outcome = 'missed' and p.settled_at > :since and {OF_SELLERS.format('p')}"
        " order by p.settled_at desc limit :most"
    ),
    "undelivered": (
        "select s.slug as seller, t.order_no, t.company as what, c.last_update_at as at, c.unreachable as why"
        " from correspondence c join seller s on s.id = c.seller_id join thread t on t.correspondence_id = c.id"
        f" where c.unreachable is not null and not t.leaving and {OF_SELLERS.format('c')}"
        " order by t.id desc limit :most"
    ),
    "held": (
        f"select s.slug as seller, t.order_no, t.company as what, t.opened_at as at, {LAST_WORD} as why"
        " from thread t join seller s on s.id = t.seller_id where t.held"
        f" and {OF_SELLERS.format('t')} order by t.id limit :most"
    ),
    "to_approve": (
        "select s.slug as seller, l.order_no, t.company as what,"
        " cast(l.facts -> 'decision' ->> 'at' as timestamptz) as at,"
        " 'the buyer chose: ' || (l.facts -> 'decision' ->> 'choice') as why"
        " from line l join thread t on t.id = l.thread_id join seller s on s.id = l.seller_id"
        f" where l.to_approve and l.delayed > 0 and {OF_SELLERS.format('l')}"
        " order by l.id limit :most"
    ),
    "unreviewed": (
        "select s.slug as seller, p.order_no, t.company as what, p.due_at as at,"
        " 'nobody confirmed it since ' || to_char(p.made_at, 'YYYY-MM-DD') as why from (select * from promise q"
        f"  where q.outcome = 'open' and q.due_at < :soon and not q.shipping_step and {OF_SELLERS.format('q')}"
        "  order by q.due_at limit :looked) p join thread t on t.id = p.thread_id join seller s on s.id = p.seller_id"
        " where exists (select from line l where l.thread_id = p.thread_id and l.delayed > 0"
        "  and cast(l.facts ->> 'confirmed_at' as timestamptz) <= p.made_at) order by p.due_at limit :most"
    ),
    "sources": (
        "select r.seller, '' as order_no, r.name as what, coalesce(q.at, r.failing_since, r.read_at) as at,"
        " r.problem as why from source r left join source_quarantine q on q.source = r.name"
        " where r.state in ('quarantined', 'failed', 'invalid')"
        " and (cast(:slugs as text[]) is null or r.seller = any(:slugs)) order by r.name limit :most"
    ),
    "contradicting": (
        "select s.slug as seller, (select l.order_no from line l where l.seller_id = k.seller_id and l.sku = k.sku"
        "  and l.waits and l.delayed > 0 limit 1) as order_no, k.sku as what, null as at,"
        " case when k.listing = 'ready' then 'its listing says ready'"
        "  else k.paid_clicks || ' paid clicks in 7 days' end as why"
        " from (select * from listing q where (q.listing = 'ready' or q.paid_clicks > 0)"
        f"  and {OF_SELLERS.format('q')} limit :looked) k join seller s on s.id = k.seller_id"
        " where exists (select from line l where l.seller_id = k.seller_id and l.sku = k.sku"
        "  and l.waits and l.delayed > 0)"
        " order by k.sku limit :most"
    ),
    "waiting": (
        "select e.seller, coalesce(e.order_no, '') as order_no, e.type as what, e.seen_at as at, e.reason as why"
        " from event e where e.standing = 'waiting'"
        " and (cast(:slugs as text[]) is null or e.seller = any(:slugs)) order by e.id desc limit :most"
    ),
    "parked": (
        "select s.slug as seller, coalesce(min(t.order_no), '') as order_no, c.audience as what, c.wake_at as at,"
        " c.parked as why from correspondence c join seller s on s.id = c.seller_id"
        f" left join thread t on t.correspondence_id = c.id where c.parked is not null and {OF_SELLERS.format('c')}"
        " group by s.slug, c.id"
        " union all select s.slug, '', j.sku, j.made_at, j.parked from sku_job j join seller s on s.id = j.seller_id"
        f" where j.parked is not null and {OF_SELLERS.format('j')} limit :most"
    ),
}
NEEDS: Final = {name: text(query) for name, query in QUERIES.items()}


def needs(
    connection: Connection, slugs: Sequence[str] | None, now: datetime, remembered: timedelta, ahead: timedelta
) -> dict[str, list[Any]]:
    """Read what needs a person now, by kind; `slugs` None means all sellers."""
    values = {
        "sellers": ids_of(connection, slugs),
        "slugs": list(slugs) if slugs is not None else None,
        "since": now - remembered,
        "soon": now + ahead,
        "most": MOST,
        "looked": LOOKED_THROUGH,
    }
    found = {}
    for name, query in NEEDS.items():
        wanted = query.compile().params
        found[name] = list(connection.execute(query, {key: values[key] for key in wanted}))
    return found


IDS = text("select id from seller where slug = any(:slugs)")


def ids_of(connection: Connection, slugs: Sequence[str] | None) -> list[int] | None:
    """Give the ids of sellers; None for all."""
    return None if slugs is None else list(connection.execute(IDS, {"slugs": list(slugs)}).scalars())


UPCOMING = text(
    "select s.slug as seller, p.order_no, t.company, p.due_at, p.promised_as, p.set_by,"
    " s.profile ->> 'timezone' as zone"
    " from promise p join thread t on t.id = p.thread_id join seller s on s.id = p.seller_id"
    f" where p.outcome = 'open' and p.due_at > :now and {OF_SELLERS.format('p')} order by p.due_at limit :most"
)


def upcoming(connection: Connection, slugs: Sequence[str] | None, now: datetime, most: int) -> list[Any]:
    """Read the next promised checkpoints, soonest first."""
    values = {"sellers": ids_of(connection, slugs), "now": now, "most": most}
    return list(connection.execute(UPCOMING, values))


SHOWN: Final = (
    "select s.slug as seller, t.order_no, t.company, t.order_facts -> 'po' ->> 0 as po, t.opened_at,"
    " (select sum(l.delayed) from line l where l.thread_id = t.id) as delayed,"
    " (select string_agg(distinct l.sku, ', ') from (select sku from line where thread_id = t.id limit 5) l) as skus,"
    " (select p.due_at from promise p where p.thread_id = t.id and p.outcome = 'open') as due_at"
    " from thread t join seller s on s.id = t.seller_id"
)
LATEST = text(f"{SHOWN} where not t.leaving and {OF_SELLERS.format('t')} order by t.id desc limit :most")
SEARCH = text(
    f"{SHOWN} where t.id in ("
    " (select id from thread where order_no like :prefix limit :most)"
    " union (select id from thread where order_facts -> 'po' ->> 0 like :prefix limit :most)"
    " union (select id from thread where lower(company) like lower(:prefix) limit :most)"
    " union (select t2.id from seller x cross join lateral (select id from correspondence"
    "  where seller_id = x.id and address_key like lower(:prefix) limit :most) c"
    "  join thread t2 on t2.correspondence_id = c.id limit :most)"
    " union (select l.thread_id from seller x cross join lateral (select thread_id from line"
    "  where seller_id = x.id and sku = :word and waits and delayed > 0 limit :most) l)"
    f") and {OF_SELLERS.format('t')} order by t.order_no = :word desc, t.id desc limit :most"
)


def orders(connection: Connection, slugs: Sequence[str] | None, word: str, most: int) -> list[Any]:
    """Find orders whose number, PO, company or contact begins with a word, or that have the item; else the latest."""
    values: dict[str, Any] = {"sellers": ids_of(connection, slugs), "most": most}
    if not word:
        return list(connection.execute(LATEST, values))
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return list(connection.execute(SEARCH, values | {"prefix": f"{escaped}%", "word": word}))
