"""Events as they came: identity first, then the rows, then what waits (R1, R2, R4)."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, select, text, update

from worker.storage.direct import run
from worker.storage.schema import event, event_key, verdict
from worker.storage.sets import insert_new, insert_numbered, insert_rows

Identity = tuple[str, str]
COLUMNS: Final = (
    "e.id, e.body, e.ruling, e.type, e.seller, e.order_no, e.line_no, e.sku, e.contact, e.standing, e.reason"
)

NO_LINES_EVENTS: Final = "('contact.changed', 'buyer.told', 'decision.recorded', 'decision.approved', 'split.approved')"

KNOWN_DIGESTS = text(
    "select k.source, k.ext_id, k.digest from event_key k"
    " join unnest(cast(:sources as text[]), cast(:ids as text[])) as given(source, ext_id) using (source, ext_id)"
)


def known_digests(connection: Connection, identities: Collection[Identity]) -> dict[Identity, bytes]:
    """Look up which of these events are known, and what they said."""
    if not identities:
        return {}
    sources, ids = [one for one, _ in identities], [other for _, other in identities]
    rows = run(connection, KNOWN_DIGESTS, {"sources": sources, "ids": ids})
    return {(row.source, row.ext_id): bytes(row.digest) for row in rows}


def reserve(connection: Connection, digests: dict[Identity, bytes]) -> set[Identity]:
    """Write identities in a fixed order, so that two intakes cannot lock each other out; give those that were new."""
    rows = [
        {"source": source, "ext_id": ext_id, "digest": digests[source, ext_id]} for source, ext_id in sorted(digests)
    ]
    if not rows:
        return set()
    return {(row.source, row.ext_id) for row in insert_new(connection, event_key, rows, ("source", "ext_id"))}


def release(connection: Connection, identity: Identity) -> None:
    """Forget the identity of an event that was refused after it had been reserved: it may be sent again."""
    connection.execute(delete(event_key).where(event_key.c.source == identity[0], event_key.c.ext_id == identity[1]))


def append(connection: Connection, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Append events; give their ids in the same order."""
    return insert_numbered(connection, event, rows)


WAITING_OF_ORDERS = text(
    f"select {COLUMNS} from event e"
    " join unnest(cast(:sellers as text[]), cast(:orders as text[])) as given(seller, order_no)"
    " on e.seller = given.seller and e.order_no = given.order_no"
    " where e.standing = 'waiting' and not exists (select from line_event le where le.event_id = e.id)"
    f" and e.type not in {NO_LINES_EVENTS}"
)
NOTES_OF_ORDERS = text(
    f"select {COLUMNS} from event e"
    " join unnest(cast(:sellers as text[]), cast(:orders as text[])) as given(seller, order_no)"
    " on e.seller = given.seller and e.order_no = given.order_no"
    f" where e.standing = 'waiting' and e.type in {NO_LINES_EVENTS}"
)
WAITING_OF_SELLERS = text(
    "select id, body, ruling, type, seller, order_no, line_no, sku, contact, standing, reason from event"
    " where standing = 'waiting' and seller = any(:sellers)"
    " and not exists (select from line_event le where le.event_id = event.id)"
)
OF_ORDERS_WITHOUT_LINE = text(
    f"select {COLUMNS} from event e"
    " join unnest(cast(:sellers as text[]), cast(:orders as text[])) as given(seller, order_no)"
    " on e.seller = given.seller and e.order_no = given.order_no"
    " where e.line_no is null and e.standing = 'applied'"
    " and e.type in ('review.recorded', 'decision.requested')"
)
WAITING_OF_CONTACTS = text(
    f"select {COLUMNS} from event e"
    " join unnest(cast(:sellers as text[]), cast(:orders as text[])) as given(seller, contact)"
    " using (seller, contact) where e.standing = 'waiting'"
)


ANY_WAITING = text(
    "select exists (select from event e join unnest(cast(:sellers as text[])) as given(seller) using (seller)"
    " where e.standing = 'waiting') as waits"
)


def any_waits(connection: Connection, slugs: Iterable[str]) -> bool:
    """Tell whether any event of these sellers waits for something."""
    return bool(run(connection, ANY_WAITING, {"sellers": sorted(set(slugs))})[0].waits)


def of_orders(connection: Connection, query: Any, orders: Iterable[tuple[str, str]]) -> list[Any]:
    """Read stored events of (seller, order) pairs by one of the queries above."""
    pairs = sorted(set(orders))
    if not pairs:
        return []
    sellers, numbers = [one for one, _ in pairs], [other for _, other in pairs]
    return run(connection, query, {"sellers": sellers, "orders": numbers})


def waiting_of_sellers(connection: Connection, slugs: Iterable[str]) -> list[Any]:
    """Read what waited for a seller to become known."""
    wanted = sorted(set(slugs))
    return run(connection, WAITING_OF_SELLERS, {"sellers": wanted}) if wanted else []


def set_standing(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write `standing` and `reason` of events by id."""
    if rows:
        statement = update(event).where(event.c.id == bindparam("event_id"))
        connection.execute(statement.values(standing=bindparam("standing"), reason=bindparam("reason")), rows)


def set_rulings(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write what was ruled on commands when they could be judged, by id."""
    if rows:
        statement = update(event).where(event.c.id == bindparam("event_id"))
        connection.execute(statement.values(ruling=bindparam("new_ruling")), rows)


def write_verdicts(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Keep the verdict of every event that came, refused ones included."""
    insert_rows(connection, verdict, rows)


def listed(connection: Connection, source: str | None, limit: int) -> list[Any]:
    """Read the latest verdicts with what waits and why, newest first."""
    columns = (verdict.c.at, verdict.c.source, verdict.c.ext_id, verdict.c.verdict, verdict.c.reasons)
    joined = verdict.outerjoin(event, event.c.id == verdict.c.event_id)
    extra = (event.c.type, event.c.order_no, event.c.line_no, event.c.standing, event.c.reason)
    wanted = select(*columns, *extra).select_from(joined).order_by(verdict.c.id.desc()).limit(limit)
    return list(connection.execute(wanted.where(verdict.c.source == source) if source else wanted))
