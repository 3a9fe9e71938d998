"""Sellers, contacts, threads and lines: read and written in sets, under the locks of their correspondences."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from schedules.facts import LineFacts
from schedules.window import Window
from worker.storage.codec import decode, sparse
from worker.storage.direct import Later, later, run
from worker.storage.policies import keep_choice
from worker.storage.registers import value_of
from worker.storage.rows import LineRow, SellerRow, ThreadRow
from worker.storage.schema import correspondence, line, line_event, seller, thread
from worker.storage.sets import insert_new, insert_numbered, update_rows

Order = tuple[int, str]
Address = tuple[int, str, str]


SELLERS = text("select id, slug, profile from seller where slug = any(:slugs)")


def sellers(connection: Connection, slugs: Iterable[str]) -> dict[str, SellerRow]:
    """Read sellers by slug."""
    rows = run(connection, SELLERS, {"slugs": sorted(set(slugs))})
    return {row.slug: SellerRow(row.id, row.slug, row.profile) for row in rows}


def configure(connection: Connection, slug: str, profile: dict[str, Any], key: list[str]) -> dict[str, Any] | None:
    """Write a seller's configuration unless a later one is known; give the one before, None if the seller is new."""
    known = connection.execute(
        select(seller.c.profile_key, seller.c.profile).where(seller.c.slug == slug).with_for_update(key_share=True)
    ).first()
    if known is not None and known.profile_key > key:
        return profile
    keep_choice(dict(known.profile) if known else {}, profile)
    row = {"slug": slug, "profile": profile, "profile_key": key}
    written = upsert(seller).values(row)
    connection.execute(written.on_conflict_do_update(index_elements=["slug"], set_=row))
    return dict(known.profile) if known else None


OF_ADDRESSES = text(
    "select c.id, c.seller_id, c.audience, c.address_key from correspondence c"
    " join unnest(cast(:sellers as bigint[]), cast(:audiences as text[]), cast(:keys as text[]))"
    " as given(seller_id, audience, address_key) using (seller_id, audience, address_key)"
)


def correspondences(connection: Connection, wanted: dict[Address, dict[str, Any]]) -> dict[Address, int]:
    """Find or make correspondences by (seller, audience, address), in a fixed order; give their ids."""
    if not wanted:
        return {}
    names = ("seller_id", "audience", "address_key")
    rows = [dict(zip(names, address, strict=True)) | {"contact": wanted[address]} for address in sorted(wanted)]
    insert_new(connection, correspondence, rows)
    columns = {
        "sellers": [row["seller_id"] for row in rows],
        "audiences": [row["audience"] for row in rows],
        "keys": [row["address_key"] for row in rows],
    }
    return {(row.seller_id, row.audience, row.address_key): row.id for row in run(connection, OF_ADDRESSES, columns)}


def correspondence_ids(connection: Connection, orders: Iterable[Order]) -> set[int]:
    """Give the correspondences that hold these orders."""
    pairs = sorted(set(orders))
    query = text(
        "select distinct t.correspondence_id from thread t"
        " join unnest(cast(:sellers as bigint[]), cast(:orders as text[])) as given(seller_id, order_no)"
        " using (seller_id, order_no)"
    )
    columns = {"sellers": [one for one, _ in pairs], "orders": [other for _, other in pairs]}
    return set(connection.execute(query, columns).scalars()) if pairs else set()


LOCK = text(
    "with held as (select id from correspondence where id = any(:ids) order by id for no key update)"
    " select count(*) from held"
)
LOCK_OF_ORDERS = text(
    "select id, contact from correspondence where id in (select unnest(cast(:ids as bigint[]))"
    " union select t.correspondence_id from thread t"
    " join unnest(cast(:sellers as bigint[]), cast(:orders as text[])) as given(seller_id, order_no)"
    " using (seller_id, order_no)) order by id for no key update"
)


def lock(connection: Connection, ids: Iterable[int]) -> None:
    """Lock correspondences in id order: whoever writes their facts, told, mails or promises holds them.

    Not against key shares: rows that point here take those, and two writers would wait for each other.
    """
    if wanted := sorted(set(ids)):
        run(connection, LOCK, {"ids": wanted})


LOCK_REVISIONS = text("select id, rev from correspondence where id = any(:ids) order by id for no key update")


def lock_revisions(connection: Connection, ids: Iterable[int]) -> Later:
    """Lock correspondences as `lock` does, before whatever comes next; its rows give their revisions."""
    return later(connection, LOCK_REVISIONS, {"ids": sorted(set(ids))})


def lock_of_orders(connection: Connection, orders: Iterable[Order], ids: Iterable[int] = ()) -> dict[int, Any]:
    """Lock the correspondences that hold these orders, and those of `ids`, as `lock` does; give their contacts."""
    pairs, more = sorted(set(orders)), sorted(set(ids))
    columns = {"sellers": [one for one, _ in pairs], "orders": [other for _, other in pairs], "ids": more}
    if not pairs and not more:
        return {}
    return {row.id: row.contact for row in run(connection, LOCK_OF_ORDERS, columns)}


def threads(connection: Connection, orders: Iterable[Order]) -> dict[Order, ThreadRow]:
    """Read the threads of orders with all their lines."""
    pairs = sorted(set(orders))
    if not pairs:
        return {}
    columns = {"sellers": [one for one, _ in pairs], "orders": [other for _, other in pairs]}
    rows = run(connection, THREADS_OF_ORDERS, columns)
    found = {(row.seller_id, row.order_no): thread_row(row) for row in rows}
    by_id = {row.id: row for row in found.values()}
    for row in lines_of(connection, by_id):
        by_id[row.thread_id].lines[row.line_no] = LineRow(row.id, decode(LineFacts, row.facts))
    return found


THREADS_OF_ORDERS = text(
    "select t.*, c.contact from thread t join correspondence c on c.id = t.correspondence_id"
    " join unnest(cast(:sellers as bigint[]), cast(:orders as text[])) as given(seller_id, order_no)"
    " on t.seller_id = given.seller_id and t.order_no = given.order_no where not t.leaving"
)


def thread_row(row: Any) -> ThreadRow:
    """Build a thread from a row of the table joined with its contact."""
    return ThreadRow(
        id=row.id,
        correspondence_id=row.correspondence_id,
        seller_id=row.seller_id,
        order=row.order_no,
        company=row.company,
        registers=row.order_facts,
        facts_rev=row.facts_rev,
        told_rev=row.told_rev,
        told=row.told,
        opened_at=row.opened_at,
        window=Window(row.window_first_at, row.window_ends_at) if row.window_ends_at else None,
        contact=row.contact,
    )


LINES_OF = text("select id, thread_id, line_no, facts from line where thread_id = any(:ids)")


def lines_of(connection: Connection, thread_ids: Iterable[int]) -> list[Any]:
    """Read the lines of threads."""
    return run(connection, LINES_OF, {"ids": list(thread_ids)})


EVENTS_OF_LINES = text(
    "select le.line_id, e.id, e.body, e.ruling, e.type, e.seller, e.order_no, e.line_no, e.sku, e.contact, e.standing,"
    " e.reason from line_event le join event e on e.id = le.event_id"
    " where le.line_id = any(:lines)"
)


def events_of_lines(connection: Connection, line_ids: Sequence[int]) -> list[Any]:
    """Read the stored events of lines."""
    return run(connection, EVENTS_OF_LINES, {"lines": list(line_ids)}) if line_ids else []


def add_threads(connection: Connection, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Insert threads; give their ids in order."""
    return insert_numbered(connection, thread, rows)


def add_lines(connection: Connection, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Insert lines; give their ids in order."""
    return insert_numbered(connection, line, rows)


def line_values(facts: LineFacts) -> dict[str, Any]:
    """Give the columns of a line from its facts."""
    return {
        "sku": facts.sku,
        "ordered": facts.ordered,
        "available": facts.available,
        "shipped": facts.shipped,
        "cancelled": facts.cancelled,
        "delayed": facts.delayed,
        "stated": facts.stated,
        "waits": facts.delayed > 0,
        "facts": sparse(facts),
    }


def save_lines(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write lines' figures and facts by id (`line_id`)."""
    update_rows(connection, line, "id", [_by_id(row, "line_id") for row in rows])


def _by_id(row: dict[str, Any], name: str) -> dict[str, Any]:
    return {"id": row[name]} | {key: value for key, value in row.items() if key != name}


def link_events(connection: Connection, pairs: Iterable[tuple[int, int]]) -> None:
    """Tie events to lines."""
    rows = [{"line_id": line_id, "event_id": event_id} for line_id, event_id in sorted(set(pairs))]
    insert_new(connection, line_event, rows)


def save_threads(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write columns of threads by id (`thread_id`); all rows name the same columns."""
    update_rows(connection, thread, "id", [_by_id(row, "thread_id") for row in rows])


REGISTERS = text("update thread set order_facts = cast(:registers as jsonb) where id = :id")


def save_registers(connection: Connection, thread_id: int, registers: dict[str, Any]) -> None:
    """Write what is said of an order as a whole."""
    run(connection, REGISTERS, {"id": thread_id, "registers": json.dumps(registers)})


REACH = text("update correspondence set unreachable = :reason, rev = rev + 1 where id = :id")


def reach_again(connection: Connection, correspondence_id: int) -> None:
    """Somebody states this address: it is tried again, whatever was refused before (R47)."""
    run(connection, REACH, {"id": correspondence_id, "reason": None})


def give_up_on(connection: Connection, correspondence_id: int, reason: str) -> None:
    """Mark an address that mail does not reach: its buyer is told by phone from now on (R47, R50)."""
    run(connection, REACH, {"id": correspondence_id, "reason": reason})


HAND_BACK = text("update thread set handed_over = false, holding_notes = 0 where id = any(:ids) and handed_over")


def hand_back(connection: Connection, thread_ids: Sequence[int]) -> None:
    """Note that somebody new answers for orders which the escalation contact had taken over (R14)."""
    if thread_ids:
        run(connection, HAND_BACK, {"ids": list(thread_ids)})


WAKE_EACH = text(
    "update correspondence c set wake_at = least(c.wake_at, e.at), taken_until = null, rev = rev + 1"
    " from unnest(cast(:ids as bigint[]), cast(:moments as timestamptz[])) as e (id, at) where c.id = e.id"
)


def wake_each(connection: Connection, moments: Mapping[int, datetime]) -> None:
    """Set each correspondence's alarm to its moment, unless it rings sooner; they must be locked."""
    if moments:
        run(connection, WAKE_EACH, {"ids": list(moments), "moments": list(moments.values())})


WAKE = text(
    "update correspondence set wake_at = least(wake_at, :at), taken_until = null, rev = rev + 1 where id = any(:ids)"
)


def wake(connection: Connection, ids: Iterable[int], at: datetime) -> None:
    """Set the alarm of correspondences to `at`, unless it rings sooner; they must be locked."""
    if wanted := sorted(set(ids)):
        run(connection, WAKE, {"ids": wanted, "at": at})


OF_SELLER = text("select id from correspondence where seller_id = :seller_id and id > :cursor order by id limit :most")


def of_seller(connection: Connection, seller_id: int, cursor: int, most: int) -> list[int]:
    """Read a seller's correspondences behind a cursor."""
    values = {"seller_id": seller_id, "cursor": cursor, "most": most}
    return [row.id for row in run(connection, OF_SELLER, values)]


def save_contacts(connection: Connection, contacts: dict[int, dict[str, Any]]) -> None:
    """Write contacts' latest data by correspondence."""
    rows = [{"id": cid, "contact": contact} for cid, contact in sorted(contacts.items())]
    update_rows(connection, correspondence, "id", rows)


def address_key(contact: dict[str, Any], order: str) -> str:
    """Name a contact by address without case; without one, by the order (R50)."""
    email = str(contact.get("email") or "").strip()
    return email.casefold() if email else f"order:{order}"


def company_of(registers: dict[str, Any]) -> str:
    """Read the buyer's company from an order's registers."""
    return str(value_of(registers, "company") or "")
