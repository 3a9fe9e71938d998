"""Write how a group of sends ended: told, promises, retries, what people must hear (R11, R17, R44, R46, R47)."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from schedules.correspondence import Told
from schedules.decisions import Action
from schedules.kinds import Kind
from schedules.moments import hour_of
from schedules.promises import Promise, PromiseOutcome, Settled, kept_until, settled_by_update
from schedules.sections import Section
from worker.places import calendars_of
from worker.presets import rhythm_of
from worker.storage import mails, orders, planning, sellers
from worker.storage.codec import decode, sparse
from worker.storage.endings import Endings, write
from worker.updates.outcomes import Accepted, Deferred, NotStarted, Outcome, Rejected, Unknown
from worker.updates.sentences import why_sent
from worker.updates.states import UNKNOWN_AGAIN_AFTER, State, next_try
from worker.usecases.aftermath import tell_of_holding_notes, tell_owners_of_loss
from worker.usecases.catching_up import call_back
from worker.usecases.claimed import Claimed
from worker.usecases.learning import ask_of_closed
from worker.usecases.parts import Parts

SAID: Final = frozenset({State.SENT, State.UNCONFIRMED})
"""Ends after which the mail counts as said: saying the same again would be a second mail for one promise."""


@dataclass(slots=True)
class End:
    """What becomes of a mail after one try."""

    state: State
    send_at: datetime | None = None
    accepted_at: datetime | None = None
    unknowns: int = 0
    server_away: bool = False
    tried: bool = True


def settle_group(
    connection: Connection, parts: Parts, instance: int, ended: list[tuple[Claimed, Outcome]]
) -> Counter[tuple[int, datetime]]:
    """Settle a commit group, each mail at its moment; what the fence refuses belongs to somebody else by now.

    Give how many of each seller left in each hour: to be counted as the last thing before the commit, because all
    processes count in the same few rows and wait for each other there.
    """
    orders.lock(connection, [one.row.correspondence_id for one, _ in ended])
    ends = {one.row.id: (one, outcome, end_of(one.row, outcome, one.at)) for one, outcome in ended}
    settled = mails.settle_all(connection, instance, [_ended_row(one, end) for one, _, end in ends.values()])
    mine = [ends[mail_id] for mail_id in ends if mail_id in settled.ids]
    tried = [one for one in mine if one[2].tried]
    _finish(connection, parts, tried, settled.promises, [_attempt(*one) for one in ended])
    accepted = [one.at for one, outcome, _ in mine if isinstance(outcome, Accepted)]
    if settled.server_was_away and accepted:
        call_back(connection, max(accepted))
    sent = [one for one, _, end in mine if end.state is State.SENT and one.threads]
    return Counter((one.row.seller_id, hour_of(one.at)) for one in sent)


def settle_and_count(connection: Connection, parts: Parts, instance: int, ended: list[tuple[Claimed, Outcome]]) -> None:
    """Settle a commit group in a transaction that does nothing else."""
    sellers.count_mails(connection, settle_group(connection, parts, instance, ended))


def _ended_row(one: Claimed, end: End) -> dict[str, Any]:
    return {
        "id": one.row.id,
        "claim_no": one.row.claim_no,
        "state": end.state,
        "send_at": end.send_at,
        "accepted_at": end.accepted_at,
        "unknowns": end.unknowns,
        "server_away": end.server_away,
        "attempts": one.row.attempts if end.tried else one.row.attempts - 1,
    }


def end_of(row: Any, outcome: Outcome, now: datetime) -> End:
    """Give the next state of a mail after a try (R46)."""
    match outcome:
        case Accepted():
            return End(State.SENT, accepted_at=now, unknowns=row.unknowns)
        case Deferred():
            again = next_try(now, row.first_try_at, row.attempts)
            state = State.PENDING if again else State.FAILED
            return End(state, send_at=again, unknowns=row.unknowns, server_away=bool(again) and outcome.server_away)
        case Rejected():
            return End(State.FAILED, unknowns=row.unknowns)
        case Unknown():
            if row.unknowns:
                return End(State.UNCONFIRMED, unknowns=row.unknowns + 1)
            return End(State.UNKNOWN, send_at=now + UNKNOWN_AGAIN_AFTER, unknowns=1)
        case NotStarted():
            state = State.UNKNOWN if row.unknowns else State.PENDING
            return End(state, send_at=now + outcome.again_in, unknowns=row.unknowns, tried=False)


def _finish(
    connection: Connection,
    parts: Parts,
    ended: list[tuple[Claimed, Outcome, End]],
    open_promises: dict[int, Any],
    attempts: list[dict[str, Any]],
) -> None:
    """Write what the ends of these mails mean for their threads."""
    endings = Endings(attempts)
    for one, outcome, end in ended:
        for thread in one.threads:
            endings.decisions.append(_decision(one, thread, outcome, end))
            if end.state in SAID:
                _say(one, thread, open_promises.get(thread.thread_id), endings, end.state)
                endings.heard[one.row.correspondence_id] = one.at
    write(connection, endings)
    _give_up_on_addresses(connection, ended)
    lost = [one for one, _, end in ended if end.state in {State.FAILED, State.UNCONFIRMED} and one.threads]
    tell_owners_of_loss(connection, lost)
    sent = [one for one, _, end in ended if end.state is State.SENT]
    tell_of_holding_notes(connection, parts, sent)
    ask_of_closed(connection, sent)


def _give_up_on_addresses(connection: Connection, ended: list[tuple[Claimed, Outcome, End]]) -> None:
    """Mark the addresses that were refused for good: their buyers are told by phone from now on (R47, R50)."""
    for one, outcome, _ in ended:
        if isinstance(outcome, Rejected) and one.threads:
            orders.give_up_on(connection, one.row.correspondence_id, outcome.reply)
            orders.wake(connection, [one.row.correspondence_id], one.at)


def _say(one: Claimed, thread: Any, open_promise: Any, endings: Endings, state: State) -> None:
    """Write what the buyer was told, how it ends the open promise, and the promise that it makes.

    If nobody knows whether the mail arrived, a promise that lies ahead stands, and one that was due is missed (R46).
    """
    section = decode(Section, thread.section)
    where = calendars_of(thread.profile, thread.contact)
    row = _told_row(one, thread, section)
    endings.told.append(row)
    stands = False
    if open_promise is not None:
        promise = planning.promise_of(open_promise)
        end = _promises_end(promise, section, one.at, state)
        stands = end is None
        if end is not None:
            endings.settled.append(_settled_row(one, thread, end))
        elif state is State.UNCONFIRMED:
            row["told"] = _told_json(thread.section | {"checkpoint": sparse(promise.checkpoint)}, one.at)
    if section.checkpoint is not None and not stands:
        endings.made.append(
            _promise_row(one, thread, section)
            | {"kept_until": kept_until(section.checkpoint, where, rhythm_of(thread.profile))}
        )


def _promises_end(promise: Promise, section: Section, now: datetime, state: State) -> Settled | None:
    if state is State.UNCONFIRMED:
        return Settled(PromiseOutcome.MISSED) if now >= promise.due_at else None
    return settled_by_update(
        promise, now, section.checkpoint, section.kind, news=section.news, confirmed=section.confirmed
    )


def _settled_row(one: Claimed, thread: Any, end: Settled) -> dict[str, Any]:
    return {
        "thread_id": thread.thread_id,
        "outcome": end.outcome,
        "at": one.at,
        "message": one.row.message_id,
        "kept_by": end.kept_by,
    }


def _told_json(kept: dict[str, Any], now: datetime) -> str:
    """Give a section as it was kept in the form of `Told`."""
    told = {
        "facts": kept["facts"],
        "accepted_at": now.isoformat(),
        "kind": kept["kind"],
        "checkpoint": kept["checkpoint"],
        "closed": kept["closing"],
    }
    return orjson.dumps(told).decode()


def _told_row(one: Claimed, thread: Any, section: Section) -> dict[str, Any]:
    return {
        "thread_id": thread.thread_id,
        "told": _told_json(thread.section, one.at),
        "facts_rev": thread.facts_rev,
        "message_id": one.row.message_id,
        "quiet_updates": 0 if section.news else thread.quiet_updates + 1,
        "holding_notes": thread.holding_notes + 1 if section.kind is Kind.HOLDING_NOTE else 0,
        "handed_over": section.handed_over,
        "reminded_for": section.reminded_for.isoformat() if section.reminded_for else None,
    }


def _promise_row(one: Claimed, thread: Any, section: Section) -> dict[str, Any]:
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
        "made_at": one.at,
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
    return orjson.dumps(sparse(told)).decode()


def _attempt(one: Claimed, outcome: Outcome) -> dict[str, Any]:
    return {
        "mail_id": one.row.id,
        "number": one.row.attempts,
        "at": one.at,
        "outcome": type(outcome).__name__.lower(),
        "passed_dot": isinstance(outcome, Accepted | Unknown),
        "phase": outcome.phase,
        "reply": outcome.reply,
    }


def _decision(one: Claimed, thread: Any, outcome: Outcome, end: End) -> dict[str, Any]:
    section = thread.section
    base = {
        "at": one.at,
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
        case State.UNCONFIRMED:
            why = f"twice no reply after the mail, so that nobody knows whether it arrived: {outcome.reply}"
            return base | {"action": Action.UNDELIVERED, "rule": "R46", "why": why}
        case _:
            return base | {"action": Action.UNDELIVERED, "rule": "R47", "why": f"not delivered: {outcome.reply}"}
