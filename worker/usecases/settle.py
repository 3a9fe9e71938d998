"""Write how a group of sends ended: told, promises, retries, what people must hear (R11, R17, R44, R46, R47)."""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from schedules.correspondence import Told
from schedules.decisions import Action
from schedules.kinds import Kind
from schedules.moments import aware
from schedules.obligations import Code, Obligation, Recipient
from schedules.promises import kept_until, settled_by_update
from schedules.sections import Section
from worker.places import calendars_of
from worker.presets import rhythm_of
from worker.storage import journal, mails, orders, planning, sellers, threads
from worker.storage.codec import decode, encode
from worker.updates.outcomes import Accepted, Deferred, Outcome, Rejected, Unknown
from worker.updates.sentences import why_sent
from worker.updates.states import UNKNOWN_AGAIN_AFTER, State, next_try
from worker.usecases.owing import owe, tell_operator
from worker.usecases.parts import Parts


@dataclass(slots=True)
class Claimed:
    """A mail in this process's hands, with the threads it speaks to."""

    row: Any
    threads: list[Any]
    true_now: bool = True

    def fence(self, instance: int) -> dict[str, Any]:
        """Give what a settlement must match."""
        return {"mail_id": self.row.id, "instance": instance, "claim_no": self.row.claim_no}


@dataclass(slots=True)
class End:
    """What becomes of a mail after one try."""

    state: State
    send_at: datetime | None = None
    accepted_at: datetime | None = None
    unknowns: int = 0


def settle_group(connection: Connection, parts: Parts, instance: int, ended: list[tuple[Claimed, Outcome]]) -> None:
    """Settle a commit group in one transaction; what the fence refuses belongs to somebody else by now."""
    now = aware(parts.clock(connection))
    orders.lock(connection, [one.row.correspondence_id for one, _ in ended])
    mails.end_attempts(connection, [_attempt(one, outcome, now) for one, outcome in ended])
    mine: list[tuple[Claimed, Outcome, End]] = []
    for one, outcome in ended:
        end = end_of(one.row, outcome, now)
        row = {"state": end.state, "send_at": end.send_at, "accepted_at": end.accepted_at, "unknowns": end.unknowns}
        if mails.settle(connection, one.fence(instance) | row):
            mine.append((one, outcome, end))
    finish(connection, parts, mine, now)


def end_of(row: Any, outcome: Outcome, now: datetime) -> End:
    """Give the next state of a mail after a try (R46)."""
    match outcome:
        case Accepted():
            return End(State.SENT, accepted_at=now, unknowns=row.unknowns)
        case Deferred():
            again = next_try(now, row.first_try_at, row.attempts)
            return End(State.PENDING if again else State.FAILED, send_at=again, unknowns=row.unknowns)
        case Rejected():
            return End(State.FAILED, unknowns=row.unknowns)
        case Unknown():
            if row.unknowns:
                return End(State.UNCONFIRMED, unknowns=row.unknowns + 1)
            return End(State.UNKNOWN, send_at=now + UNKNOWN_AGAIN_AFTER, unknowns=1)


def finish(connection: Connection, parts: Parts, ended: list[tuple[Claimed, Outcome, End]], now: datetime) -> None:
    """Write what the ends of these mails mean for their threads."""
    final = [one.row.id for one, _, end in ended if end.send_at is None]
    mails.end_live(connection, final)
    decisions: list[dict[str, Any]] = []
    told: list[dict[str, Any]] = []
    settled: list[dict[str, Any]] = []
    made: list[dict[str, Any]] = []
    open_promises = planning.open_promises(
        connection, [thread.thread_id for one, _, _ in ended for thread in one.threads]
    )
    for one, outcome, end in ended:
        for thread in one.threads:
            decisions.append(_decision(one, thread, outcome, end, now))
            if end.state is State.SENT:
                _accept(one, thread, open_promises.get(thread.thread_id), now, (told, settled, made))
    threads.tell(connection, told)
    journal.settle_promises(connection, settled)
    journal.make_promises(connection, made)
    journal.write_decisions(connection, [row for row in decisions if row])
    heard = [one.row.correspondence_id for one, _, end in ended if end.state is State.SENT and one.threads]
    threads.heard(connection, heard, now)
    accepted = Counter(one.row.seller_id for one, _, end in ended if end.state is State.SENT and one.threads)
    sellers.count_mails(connection, dict(accepted), now)
    _give_up_on_addresses(connection, ended, now)
    lost = [one for one, _, end in ended if end.state in {State.FAILED, State.UNCONFIRMED} and one.threads]
    _tell_owners_of_loss(connection, lost, now)
    _tell_of_holding_notes(connection, parts, [one for one, _, end in ended if end.state is State.SENT], now)


def _give_up_on_addresses(connection: Connection, ended: list[tuple[Claimed, Outcome, End]], now: datetime) -> None:
    """Mark the addresses that were refused for good: their buyers are told by phone from now on (R47, R50)."""
    for one, outcome, _ in ended:
        if isinstance(outcome, Rejected) and one.threads:
            orders.give_up_on(connection, one.row.correspondence_id, outcome.reply)
            orders.wake(connection, [one.row.correspondence_id], now)


Writes = tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]


def _accept(one: Claimed, thread: Any, open_promise: Any, now: datetime, writes: Writes) -> None:
    told, settled, made = writes
    section = decode(Section, thread.section)
    where = calendars_of(thread.profile, thread.contact)
    told.append(_told_row(one, thread, section, now))
    stands = False
    if open_promise is not None:
        promise = planning.promise_of(open_promise)
        end = settled_by_update(
            promise, now, section.checkpoint, section.kind, news=section.news, confirmed=section.confirmed
        )
        stands = end is None
        if end is not None:
            settled.append(
                {
                    "thread_id": thread.thread_id,
                    "outcome": end.outcome,
                    "at": now,
                    "message": one.row.message_id,
                    "kept_by": end.kept_by,
                }
            )
    if section.checkpoint is not None and not stands:
        made.append(
            _promise_row(one, thread, section, now)
            | {"kept_until": kept_until(section.checkpoint, where, rhythm_of(thread.profile))}
        )


def _told_row(one: Claimed, thread: Any, section: Section, now: datetime) -> dict[str, Any]:
    told = Told(
        facts=section.facts,
        accepted_at=now,
        kind=section.kind,
        checkpoint=section.checkpoint,
        closed=section.closing,
    )
    return {
        "thread_id": thread.thread_id,
        "told": encode_json(told),
        "facts_rev": thread.facts_rev,
        "message_id": one.row.message_id,
        "quiet_updates": 0 if section.news else thread.quiet_updates + 1,
        "holding_notes": thread.holding_notes + 1 if section.kind is Kind.HOLDING_NOTE else 0,
        "handed_over": section.handed_over,
        "reminded_for": section.reminded_for.isoformat() if section.reminded_for else None,
    }


def _promise_row(one: Claimed, thread: Any, section: Section, now: datetime) -> dict[str, Any]:
    checkpoint = section.checkpoint
    if checkpoint is None:
        raise AssertionError("a promise needs a checkpoint")
    delayed = [line for line in section.facts.lines if line.delayed] or list(section.facts.lines)
    line = next((line for line in delayed if line.line == checkpoint.line), delayed[0])
    return {
        "thread_id": thread.thread_id,
        "seller_id": one.row.seller_id,
        "order_no": thread.order_no,
        "line_no": line.line,
        "contact": thread.address_key,
        "made_at": now,
        "made_in": one.row.message_id,
        "due_at": checkpoint.due_at,
        "promised_as": checkpoint.promised_as,
        "set_by": checkpoint.set_by,
        "shipping_step": checkpoint.shipping_step,
        "owner": section.facts.owner.email if section.facts.owner else "",
        "sku": line.sku,
        "cause": line.cause,
    }


def encode_json(told: Told) -> str:
    """Give told as JSON text."""
    return json.dumps(encode(told))


def _attempt(one: Claimed, outcome: Outcome, now: datetime) -> dict[str, Any]:
    return {
        "mail_id": one.row.id,
        "number": one.row.attempts,
        "at": now,
        "outcome": type(outcome).__name__.lower(),
        "passed_dot": isinstance(outcome, Accepted | Unknown),
        "reply": outcome.reply,
    }


def _decision(one: Claimed, thread: Any, outcome: Outcome, end: End, now: datetime) -> dict[str, Any]:
    section = thread.section
    base = {
        "at": now,
        "seller": thread.seller,
        "order_no": thread.order_no,
        "contact": thread.address_key,
        "thread_id": thread.thread_id,
        "kind": section["kind"],
        "until": end.send_at,
        "message_id": one.row.message_id,
        "weight": section["weight"],
        "changes": [change["name"] for change in section["changes"]],
        "checklist": None,
        "policy": rhythm_of(thread.profile).name,
        "facts_rev": thread.facts_rev,
        "told_rev": thread.told_rev,
    }
    match end.state:
        case State.SENT:
            action = Action.MERGED if section["merged"] else Action.SENT
            return base | {
                "action": action,
                "rule": section["rule"],
                "why": why_sent(section),
                "checklist": one.row.checklist,
                "until": section["checkpoint"]["due_at"] if section["checkpoint"] else None,
            }
        case State.PENDING:
            return base | {"action": Action.DEFERRED, "rule": "R46", "why": f"not sent yet: {outcome.reply}"}
        case State.UNKNOWN:
            return base | {"action": Action.UNKNOWN, "rule": "R46", "why": f"no reply after the mail: {outcome.reply}"}
        case _:
            return base | {"action": Action.UNDELIVERED, "rule": "R47", "why": f"not delivered: {outcome.reply}"}


def _loaded(connection: Connection, claimed: list[Claimed], now: datetime) -> dict[int, planning.Loaded]:
    ids = sorted({one.row.correspondence_id for one in claimed})
    return {one.id: one for one in planning.load(connection, ids, now)} if ids else {}


def _tell_owners_of_loss(connection: Connection, lost: list[Claimed], now: datetime) -> None:
    loaded = _loaded(connection, lost, now)
    owed = []
    for one in lost:
        head = loaded[one.row.correspondence_id]
        where = calendars_of(head.profile, head.contact)
        at = where.working.on_or_after(now)
        owed += [(head, _undelivered(thread.order_no, one.row.message_id, at)) for thread in one.threads]
    owe(connection, owed, now)


def _undelivered(order: str, message_id: str, at: datetime) -> Obligation:
    key = f"R47/{order}/{message_id}"
    return Obligation(code=Code.UNDELIVERED, recipient=Recipient.OWNER, order=order, key=key, at=at)


def _tell_of_holding_notes(connection: Connection, parts: Parts, sent: list[Claimed], now: datetime) -> None:
    """R14: owner and escalation contact hear that the buyer got a holding note."""
    noted = [one for one in sent if any(thread.section["kind"] == Kind.HOLDING_NOTE for thread in one.threads)]
    loaded = _loaded(connection, noted, now)
    owed = []
    for one in noted:
        head = loaded[one.row.correspondence_id]
        at = calendars_of(head.profile, head.contact).working.on_or_after(now)
        for thread in one.threads:
            if thread.section["kind"] != Kind.HOLDING_NOTE:
                continue
            handed = thread.section["handed_over"] and not thread.handed_over
            code = Code.CASE_HANDED_OVER if handed else Code.HOLDING_NOTE_SENT
            key = f"R14/{thread.order_no}/{one.row.message_id}"
            if handed:
                note = f"Order {thread.order_no} of {thread.seller} went to the escalation contact: nobody reviews it."
                tell_operator(connection, parts, head.seller_id, key, note, now)
            owed += [
                (head, Obligation(code=code, recipient=recipient, order=thread.order_no, key=key, at=at))
                for recipient in Recipient
            ]
    owe(connection, owed, now)
