"""The decision journal, promises, obligations: what was decided, owed and told (R18, R28)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select, text, update

from worker.storage import orders
from worker.storage.direct import run
from worker.storage.rowtypes import Rows
from worker.storage.schema import thread
from worker.storage.schema_given import SETTLING
from worker.storage.schema_journal import decision, obligation, promise
from worker.storage.sets import insert_new, insert_rows, update_rows


def write_decisions(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Append decisions."""
    insert_rows(connection, decision, rows)


def remember_verdicts(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Keep each thread's last verdict, so that only differences are written (R28)."""
    if rows:
        update_rows(connection, thread, "id", [{"id": row["tid"], "last_verdict": row["verdict"]} for row in rows])


def decisions_of(connection: Connection, seller: str, order: str) -> list[Any]:
    """Read an order's decisions in the order they were made."""
    wanted = select(decision).where(decision.c.seller == seller, decision.c.order_no == order)
    return list(connection.execute(wanted.order_by(decision.c.id)))


SETTLE_OF: Final = (
    "update promise p set outcome = r.outcome, settled_at = r.at, settled_in = r.message, kept_by = r.kept_by"
    f" from {SETTLING.listed('settled')} where p.thread_id = r.thread_id and p.outcome = 'open' returning p.id"
)
"""Ends the open promises of the rows `:settled`."""
SETTLE = text(SETTLE_OF)


def settle_promises(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """End the open promises of threads."""
    if rows:
        run(connection, SETTLE, {"settled": Rows(SETTLING, rows)})


def make_promises(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write promises; a thread has at most one open."""
    insert_rows(connection, promise, rows)


def owe(connection: Connection, owed: Sequence[tuple[datetime, dict[str, Any]]]) -> None:
    """Write obligations once, each as of its moment: their key comes from state; ring the boxes of new ones."""
    new = insert_new(connection, obligation, [row for _, row in owed], ("correspondence_id", "key"))
    if not new:
        return
    written = {(row.correspondence_id, row.key) for row in new}
    soonest: dict[int, datetime] = {}
    for now, row in owed:
        box, at = row["correspondence_id"], max(now, row["at"])
        if (box, row["key"]) in written:
            soonest[box] = min(at, soonest.get(box, at))
    orders.lock(connection, soonest)
    orders.wake_each(connection, soonest)


PHONE_TASKS = text(
    "delete from obligation where thread_id = :thread_id and code = 'tell-by-phone' and mail_id is null and at <= :now"
)


def drop_phone_tasks(connection: Connection, thread_id: int, now: datetime) -> None:
    """Drop what was to be told by phone and was not mailed to the owner yet: it has been told."""
    run(connection, PHONE_TASKS, {"thread_id": thread_id, "now": now})


OPEN_OBLIGATIONS = text(
    "select o.*, t.company, l.sku, l.facts from obligation o left join thread t on t.id = o.thread_id"
    " left join line l on l.thread_id = o.thread_id and l.line_no = o.line_no"
    " left join event e on e.id = o.event_id"
    " where (o.event_id is null or e.standing = 'waiting') and o.mail_id is null"
    " and not (o.code = 'closure-review' and exists (select from line r where r.thread_id = o.thread_id"
    "  and r.delayed > 0))"
    " and o.correspondence_id = any(:ids) order by o.at, o.order_no, o.line_no, o.id"
)


def open_obligations(connection: Connection, ids: Sequence[int]) -> list[Any]:
    """Read what owners are still to be told."""
    return run(connection, OPEN_OBLIGATIONS, {"ids": list(ids)})


LAST_OWNER_MAILS = text(
    "select correspondence_id, kind, max(created_at) as at from mail where correspondence_id = any(:ids)"
    " and audience = 'owner' and state not in ('failed', 'replaced') group by correspondence_id, kind"
)


def last_owner_mails(connection: Connection, ids: Sequence[int]) -> dict[tuple[int, str], Any]:
    """Read when each owner last got a mail of each kind."""
    return {
        (row.correspondence_id, row.kind): row.at for row in connection.execute(LAST_OWNER_MAILS, {"ids": list(ids)})
    }


def mark_told(connection: Connection, obligation_ids: Sequence[int], mail_id: int) -> None:
    """Tie obligations to the mail that tells them."""
    connection.execute(update(obligation).where(obligation.c.id.in_(list(obligation_ids))).values(mail_id=mail_id))
