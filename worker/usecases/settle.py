"""Write how a group of sends ended: told, promises, retries, what people must hear (R11, R17, R44, R46, R47)."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from schedules.decisions import Action
from schedules.moments import hour_of
from schedules.promises import Promise
from worker.presets import rhythm_of
from worker.storage import journal, mails, orders, planning, sellers
from worker.storage.direct import Later
from worker.storage.endings import Endings, write
from worker.updates.outcomes import Accepted, Deferred, NotStarted, Outcome, Rejected, Unknown
from worker.updates.sentences import why_sent
from worker.updates.states import UNKNOWN_AGAIN_AFTER, State, next_try
from worker.usecases.aftermath import tell_of_holding_notes, tell_owners_of_loss
from worker.usecases.catching_up import call_back
from worker.usecases.claimed import Claimed
from worker.usecases.following import HeardOf, what_follows
from worker.usecases.learning import ask_of_closed
from worker.usecases.parts import Parts
from worker.usecases.saying import say

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
    locked = orders.lock_revisions(connection, [one.row.correspondence_id for one, _ in ended])
    ends = {one.row.id: (one, outcome, end_of(one.row, outcome, one.at)) for one, outcome in ended}
    read = _open_promises(connection, [one for one, _ in ended if one.planned is None])
    settled = mails.settle_all(connection, instance, [_ended_row(one, end) for one, _, end in ends.values()])
    mine = [ends[mail_id] for mail_id in ends if mail_id in settled.ids]
    tried = [one for one in mine if one[2].tried]
    revisions = {row.id: row.rev for row in locked.rows()}
    planned = [(one, one.planned.rev) for one, _, _ in tried if one.planned]
    changed = [one for one, rev in planned if rev != revisions.get(one.row.correspondence_id)]
    for one in changed:
        one.planned = None
    rows = [row for some in (*read, *_open_promises(connection, changed)) for row in some.rows()]
    promises = {row.thread_id: planning.promise_of(row) for row in rows}
    _finish(connection, parts, tried, promises, [_attempt(*one) for one in ended])
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
        "said": end.state in SAID,
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
    open_promises: dict[int, Promise],
    attempts: list[dict[str, Any]],
) -> None:
    """Write what the ends of these mails mean for their threads."""
    endings = Endings(attempts)
    endings.decisions += [_decision(one, thread, outcome, end) for one, outcome, end in ended for thread in one.threads]
    said = [(one, end) for one, _, end in ended if end.state in SAID and one.threads]
    endings.heard |= {one.row.correspondence_id: one.at for one, _ in said}
    promises = [
        {
            thread.thread_id: say(one, thread, _open_promise(one, thread, open_promises), endings, end.state)
            for thread in one.threads
        }
        for one, end in said
    ]
    marks = _go_on(parts, said, promises, endings)
    write(connection, endings)
    journal.remember_verdicts(connection, marks)
    _give_up_on_addresses(connection, ended)
    lost = [one for one, _, end in ended if end.state in {State.FAILED, State.UNCONFIRMED} and one.threads]
    tell_owners_of_loss(connection, lost)
    sent = [one for one, _, end in ended if end.state is State.SENT]
    tell_of_holding_notes(connection, parts, sent)
    ask_of_closed(connection, sent)


def _open_promises(connection: Connection, some: list[Claimed]) -> list[Later]:
    """Read the open promises of mails' threads, before whatever comes next; none for mails that know theirs."""
    threads = [thread.thread_id for one in some for thread in one.threads]
    return [planning.open_promises(connection, threads)] if threads else []


def _open_promise(one: Claimed, thread: Any, read: dict[int, Promise]) -> Promise | None:
    """Give a thread's open promise: as it was planned from, if nothing was written since, else as it was read."""
    return one.planned.promise_to(thread.thread_id) if one.planned else read.get(thread.thread_id)


def _go_on(
    parts: Parts, said: list[tuple[Claimed, End]], promises: list[dict[int, Promise | None]], endings: Endings
) -> list[dict[str, Any]]:
    """Write what follows mails along with their ends, where it is just to wait; give the verdicts on other threads."""
    heard_of = [
        HeardOf(one.planned, one.at, kept)
        for (one, end), kept in zip(said, promises, strict=True)
        if one.planned and end.state is State.SENT
    ]
    told = {row["thread_id"]: row for row in endings.told}
    marks: list[dict[str, Any]] = []
    for one, follows in zip(heard_of, what_follows(parts, heard_of), strict=True):
        if follows is None:
            continue
        endings.alarms[one.planned.loaded.id] = follows.wake_at
        endings.decisions += follows.decisions
        for mark in follows.marks:
            if mark["tid"] in told:
                told[mark["tid"]]["last_verdict"] = mark["verdict"]
            else:
                marks.append(mark)
    return marks


def _give_up_on_addresses(connection: Connection, ended: list[tuple[Claimed, Outcome, End]]) -> None:
    """Mark the addresses that were refused for good: their buyers are told by phone from now on (R47, R50)."""
    for one, outcome, _ in ended:
        if isinstance(outcome, Rejected) and one.threads:
            orders.give_up_on(connection, one.row.correspondence_id, outcome.reply)
            orders.wake(connection, [one.row.correspondence_id], one.at)


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
            base["action"] = action
            base["rule"] = section["rule"]
            base["why"] = why_sent(section)
            base["checklist"] = one.row.checklist
            base["until"] = datetime.fromisoformat(section["checkpoint"]["due_at"]) if section["checkpoint"] else None
            return base
        case State.PENDING:
            return base | {"action": Action.DEFERRED, "rule": "R46", "why": f"not sent yet: {outcome.reply}"}
        case State.UNKNOWN:
            return base | {"action": Action.UNKNOWN, "rule": "R46", "why": f"no reply after the mail: {outcome.reply}"}
        case State.UNCONFIRMED:
            why = f"twice no reply after the mail, so that nobody knows whether it arrived: {outcome.reply}"
            return base | {"action": Action.UNDELIVERED, "rule": "R46", "why": why}
        case _:
            return base | {"action": Action.UNDELIVERED, "rule": "R47", "why": f"not delivered: {outcome.reply}"}
