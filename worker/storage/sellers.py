"""What is known of a seller as a whole: absences, pauses, listings, closed cases, mails per hour (R38, R43, R49)."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from worker.storage.direct import later, run

PAUSE = text(
    "insert into pause(seller_id, order_no, sku, active, by, key)"
    " values (:seller_id, :order, :sku, :active, :by, cast(:key as jsonb))"
    " on conflict (seller_id, order_no, sku) do update set active = excluded.active, by = excluded.by,"
    " key = excluded.key where pause.key <= excluded.key"
)
WAKE_PAUSED = text(
    "select distinct t.correspondence_id from thread t left join line l on l.thread_id = t.id"
    " where t.seller_id = :seller_id and (:order = '' or t.order_no = :order) and (:sku = '' or l.sku = :sku)"
)


def pause(connection: Connection, row: dict[str, Any]) -> list[int]:
    """Write a pause or its end, unless a later one is known; give the correspondences it is about."""
    connection.execute(PAUSE, row | {"key": json.dumps(row["key"])})
    return list(connection.execute(WAKE_PAUSED, {name: row[name] for name in ("seller_id", "order", "sku")}).scalars())


AWAY = text("update seller set away = away || cast(:absence as jsonb) where id = :seller_id")


def note_absence(connection: Connection, seller_id: int, absence: dict[str, Any]) -> None:
    """Keep that an owner is away and who stands in."""
    connection.execute(AWAY, {"seller_id": seller_id, "absence": json.dumps([absence])})


PREFER = text(
    "update correspondence set preference = :updates, preference_key = cast(:key as jsonb) where id = :id"
    " and (preference_key is null or preference_key <= cast(:key as jsonb))"
)


def prefer(connection: Connection, correspondence_id: int, updates: str, key: list[str]) -> None:
    """Write how often a contact wants to hear, unless he said something later."""
    connection.execute(PREFER, {"id": correspondence_id, "updates": updates, "key": json.dumps(key)})


FIND_CONTACTS = text(
    "select c.id, c.seller_id, c.address_key from correspondence c"
    " join unnest(cast(:sellers as bigint[]), cast(:contacts as text[])) as given(seller_id, address_key)"
    " using (seller_id, address_key) where c.audience = 'buyer'"
)


def contacts(connection: Connection, wanted: Iterable[tuple[int, str]]) -> dict[tuple[int, str], int]:
    """Find buyers' correspondences by seller and address."""
    pairs = sorted(set(wanted))
    if not pairs:
        return {}
    columns = {"sellers": [one for one, _ in pairs], "contacts": [other for _, other in pairs]}
    rows = connection.execute(FIND_CONTACTS, columns)
    return {(row.seller_id, row.address_key): row.id for row in rows}


ORDERS_OF = text("select order_no from thread where correspondence_id = :id and not leaving order by order_no")


def orders_of(connection: Connection, correspondence_id: int) -> list[str]:
    """Give the orders that a contact hears about."""
    return list(connection.execute(ORDERS_OF, {"id": correspondence_id}).scalars())


LIST = text(
    "insert into listing(seller_id, sku, listing, paid_clicks, key)"
    " values (:seller_id, :sku, :listing, :paid_clicks, cast(:key as jsonb))"
    " on conflict (seller_id, sku) do update set listing = excluded.listing, paid_clicks = excluded.paid_clicks,"
    " key = excluded.key where listing.key <= excluded.key"
)


def observe(connection: Connection, row: dict[str, Any]) -> None:
    """Keep how an item is listed, unless a later observation is known."""
    connection.execute(LIST, row | {"key": json.dumps(row["key"])})


CONTRADICTING = text(
    "select k.seller_id, k.sku, k.listing, k.paid_clicks, count(*) as lines, sum(l.delayed) as delayed,"
    " coalesce(nullif(t.order_facts -> 'owner' -> 0 ->> 'email', ''), s.profile -> 'default_owner' ->> 'email')"
    "  as email,"
    " min(t.order_facts -> 'owner' -> 0 ->> 'name') as name, min(t.order_no) as order_no"
    " from listing k join seller s on s.id = k.seller_id"
    " join line l on l.seller_id = k.seller_id and l.sku = k.sku and l.waits and l.delayed > 0"
    " join thread t on t.id = l.thread_id"
    " join unnest(cast(:sellers as bigint[]), cast(:skus as text[])) as given(seller_id, sku)"
    "  on k.seller_id = given.seller_id and k.sku = given.sku"
    " where k.listing = 'ready' or coalesce(k.paid_clicks, 0) > 0 group by 1, 2, 3, 4, 7 order by 1, 2, 7"
)


def contradictions(connection: Connection, items: Iterable[tuple[int, str]]) -> list[Any]:
    """Read which of these items are offered against their open backorders, by owner (R43)."""
    pairs = sorted(set(items))
    if not pairs:
        return []
    columns = {"sellers": [one for one, _ in pairs], "skus": [other for _, other in pairs]}
    return run(connection, CONTRADICTING, columns)


REVIEW = text(
    "insert into closure(seller_id, order_no, cause, proposals, by, key)"
    " values (:seller_id, :order, :cause, cast(:proposals as jsonb), :by, cast(:key as jsonb))"
    " on conflict (seller_id, order_no) do update set cause = excluded.cause, proposals = excluded.proposals,"
    " by = excluded.by, key = excluded.key where closure.key <= excluded.key"
)


def review_closure(connection: Connection, row: dict[str, Any]) -> None:
    """Keep what a closed case taught, unless something later is known."""
    connection.execute(REVIEW, row | {name: json.dumps(row[name]) for name in ("key", "proposals")})


PAUSES = text("select seller_id, order_no, sku, by from pause where active and seller_id = any(:sellers)")


def pauses(connection: Connection, sellers: Sequence[int]) -> list[Any]:
    """Read what is paused at these sellers."""
    return run(connection, PAUSES, {"sellers": list(sellers)})


COUNT = text(
    "insert into mail_hour(seller_id, hour, mails)"
    " select * from unnest(cast(:sellers as bigint[]), cast(:hours as timestamptz[]), cast(:mails as int[]))"
    " on conflict (seller_id, hour) do update set mails = mail_hour.mails + excluded.mails"
)


def count_mails(connection: Connection, mails: Mapping[tuple[int, datetime], int]) -> None:
    """Count accepted mails by seller and full hour, as late as can be."""
    if mails:
        keys = sorted(mails)
        columns = {"sellers": [seller for seller, _ in keys], "hours": [hour for _, hour in keys]}
        later(connection, COUNT, columns | {"mails": [mails[key] for key in keys]})
