"""A mail came back: told falls back to the mail before, its promises are missed, the owner is told (R47)."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from schedules.correspondence import Told
from schedules.decisions import Action
from schedules.obligations import Code, Obligation, Recipient
from schedules.sections import Section
from worker.places import calendars_of
from worker.storage import journal, mails, orders, planning
from worker.storage.codec import decode, sparse
from worker.usecases.owing import owe

FIND = text(
    "select id, correspondence_id, seller_id, kind, message_id from mail"
    " where message_id = :message_id and state = 'sent'"
)
END = text("update mail set state = 'bounced' where id = :id")
BEFORE = text(
    "select mt.section, mt.facts_rev, m.accepted_at, m.message_id from mail_thread mt join mail m on m.id = mt.mail_id"
    " where mt.thread_id = :thread_id and m.state = 'sent' and m.id <> :mail_id order by m.accepted_at desc limit 1"
)
STEP_BACK = text(
    "update thread set told = cast(:told as json), told_rev = told_rev + 1, told_facts_rev = :facts_rev,"
    " last_message_id = :message_id, last_verdict = null where id = :thread_id"
)
MISS = text(
    "update promise set outcome = 'missed', settled_at = :at, kept_by = null"
    " where thread_id = :thread_id and (made_in = :message_id or settled_in = :message_id)"
)


def bounced(connection: Connection, message_id: str, reason: str, now: datetime, *, give_up: bool = True) -> bool:
    """Write that an accepted mail proved undeliverable; False if no such mail of ours waits for that.

    `give_up` False keeps the address in use: what was lost is told anew, in its usual rhythm.
    """
    mail = connection.execute(FIND, {"message_id": message_id}).first()
    if mail is None:
        return False
    orders.lock(connection, [mail.correspondence_id])
    connection.execute(END, {"id": mail.id})
    reached = mails.threads_of(connection, [mail.id])
    for thread in reached:
        _step_back(connection, mail, thread)
        connection.execute(MISS, {"thread_id": thread.thread_id, "message_id": message_id, "at": now})
    if reached:
        if give_up:
            orders.give_up_on(connection, mail.correspondence_id, reason)
        orders.wake(connection, [mail.correspondence_id], now)
        _tell(connection, mail, reached, reason, now)
    return True


def complained(connection: Connection, correspondence_id: int, now: datetime) -> None:
    """The reader called our mail unwanted: he got it, so it counts as told; from now on people speak to him (R50)."""
    orders.lock(connection, [correspondence_id])
    orders.give_up_on(connection, correspondence_id, "the reader complained of unwanted mail")
    orders.wake(connection, [correspondence_id], now)


def _step_back(connection: Connection, mail: Any, thread: Any) -> None:
    before = connection.execute(BEFORE, {"thread_id": thread.thread_id, "mail_id": mail.id}).first()
    told = None
    if before is not None:
        section = decode(Section, before.section)
        stated = Told(
            facts=section.facts,
            accepted_at=before.accepted_at,
            kind=section.kind,
            checkpoint=section.checkpoint,
            closed=section.closing,
        )
        told = json.dumps(sparse(stated))
    values = {
        "thread_id": thread.thread_id,
        "told": told,
        "facts_rev": before.facts_rev if before else 0,
        "message_id": before.message_id if before else None,
    }
    connection.execute(STEP_BACK, values)


def _tell(connection: Connection, mail: Any, reached: list[Any], reason: str, now: datetime) -> None:
    loaded = planning.load(connection, {mail.correspondence_id: now})[0]
    at = calendars_of(loaded.profile, loaded.contact).working.on_or_after(now)
    owed, decisions = [], []
    for thread in reached:
        key = f"R47/{thread.order_no}/{mail.message_id}"
        told = {"code": Code.UNDELIVERED, "recipient": Recipient.OWNER, "order": thread.order_no}
        owed.append((loaded, Obligation(**told, key=key, at=at, note=f"The mail came back: {reason}.")))
        decisions.append(
            {
                "at": now,
                "seller": thread.seller,
                "order_no": thread.order_no,
                "contact": thread.address_key,
                "thread_id": thread.thread_id,
                "action": Action.UNDELIVERED,
                "kind": mail.kind,
                "rule": "R47",
                "why": f"the mail came back: {reason}; what it said counts as not told",
                "until": None,
                "message_id": mail.message_id,
                "weight": None,
                "changes": [],
                "checklist": None,
                "policy": loaded.rhythm.name,
                "facts_rev": thread.facts_rev_now,
                "told_rev": thread.told_rev_now,
            }
        )
    owe(connection, owed)
    journal.write_decisions(connection, decisions)
