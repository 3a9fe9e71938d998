"""What people must hear of mails that ended: a loss, a holding note (R14, R47)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from schedules.kinds import Kind
from schedules.obligations import Code, Obligation, Recipient
from worker.places import calendars_of
from worker.storage import planning
from worker.usecases.claimed import Claimed
from worker.usecases.owing import owe, tell_operator
from worker.usecases.parts import Parts


def _loaded(connection: Connection, claimed: Sequence[Claimed]) -> dict[int, planning.Loaded]:
    moments = {one.row.correspondence_id: one.at for one in claimed}
    return {one.id: one for one in planning.load(connection, moments)} if moments else {}


def tell_owners_of_loss(connection: Connection, lost: Sequence[Claimed]) -> None:
    """R47: owners hear that a buyer did not get the news."""
    loaded = _loaded(connection, lost)
    owed = []
    for one in lost:
        head = loaded[one.row.correspondence_id]
        where = calendars_of(head.profile, head.contact)
        at = where.working.on_or_after(one.at)
        owed += [(head, _undelivered(thread.order_no, one.row.message_id, at)) for thread in one.threads]
    owe(connection, owed)


def _undelivered(order: str, message_id: str, at: datetime) -> Obligation:
    key = f"R47/{order}/{message_id}"
    return Obligation(code=Code.UNDELIVERED, recipient=Recipient.OWNER, order=order, key=key, at=at)


def tell_of_holding_notes(connection: Connection, parts: Parts, sent: Sequence[Claimed]) -> None:
    """R14: owner and escalation contact hear that the buyer got a holding note."""
    noted = [one for one in sent if any(thread.section["kind"] == Kind.HOLDING_NOTE for thread in one.threads)]
    loaded = _loaded(connection, noted)
    owed = []
    for one in noted:
        head = loaded[one.row.correspondence_id]
        at = calendars_of(head.profile, head.contact).working.on_or_after(one.at)
        for thread in one.threads:
            if thread.section["kind"] != Kind.HOLDING_NOTE:
                continue
            handed = thread.section["handed_over"] and not thread.handed_over
            code = Code.CASE_HANDED_OVER if handed else Code.HOLDING_NOTE_SENT
            key = f"R14/{thread.order_no}/{one.row.message_id}"
            if handed:
                note = f"Order {thread.order_no} of {thread.seller} went to the escalation contact: nobody reviews it."
                tell_operator(connection, parts, head.seller_id, key, note, one.at)
            owed += [
                (head, Obligation(code=code, recipient=recipient, order=thread.order_no, key=key, at=at))
                for recipient in Recipient
            ]
    owe(connection, owed)
