"""Send due mails: claim, look again, hand over, settle in groups (R44, R46, R48).

The claim commits before the first byte leaves. While half a group is settled the other half is still on its way; but a
process never has more than one group in its hands, so that its death doubles no more. Outcomes are written under a
fence, so that a process that was taken for dead cannot settle what another one has taken over.
"""

from collections import defaultdict
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from schedules.changes import changes
from schedules.decisions import Action
from schedules.kinds import Kind
from schedules.scene import scene_of
from schedules.sections import Section
from worker.delivery.transport import Outgoing
from worker.places import calendars_of
from worker.storage import journal, mails, orders, threads
from worker.storage.codec import decode
from worker.storage.planning import Loaded, load
from worker.updates.outcomes import Accepted
from worker.updates.states import MOST_REPLACEMENTS, State
from worker.usecases.breaker import over_the_limit
from worker.usecases.claimed import Claimed
from worker.usecases.flight import GROUP, WAITS_SECONDS, Sender
from worker.usecases.hours import postpone_to_hours
from worker.usecases.journaling import thread_decision
from worker.usecases.losing import lose
from worker.usecases.parts import Parts, wording_for
from worker.usecases.settling import settle_ended

log = structlog.get_logger()
IN_SHADOW: Final = Accepted("shadow: nothing was sent")


def send_due(parts: Parts, sender: Sender, most: int = GROUP) -> int:
    """Take due mails and settle what has ended; give how many of both (0: nothing to do now)."""
    with sender.turn:
        taken = _take(parts, sender, most)
        sender.flight.wait(WAITS_SECONDS)
        if sender.flight.to_settle():
            sender.after_transport()
        return taken + settle_ended(parts, sender)


def _take(parts: Parts, sender: Sender, most: int) -> int:
    free = min(most - len(sender.flight), sender.transport.room())
    if free <= 0:
        return 0
    may_go = sender.lease.hold()
    rows, ready = _claimed(parts, sender, free)
    if not rows:
        return 0
    going = [one for one, _ in ready]
    if going:
        sender.flight.add(going)
        sender.after_claim()
    for one in going:
        if one.row.shadow:
            sender.flight.ended(one.row.id, IN_SHADOW)
    live = [_outgoing(parts, one, content) for one, content in ready if not one.row.shadow]
    sender.transport.submit(live, may_go, sender.flight.ended)
    return len(rows)


Ready = list[tuple[Claimed, bytes]]


def _claimed(parts: Parts, sender: Sender, most: int) -> tuple[list[Any], Ready]:
    """Claim and look again in one transaction; if that fails, claim first and then look at each mail alone."""
    try:
        with parts.engine.begin() as connection:
            now = parts.clock(connection)
            rows, last = mails.claim(connection, sender.instance, now, most, sender.last_seller)
            ready = _looked_at(connection, parts, sender, rows, now) if rows else []
    except OperationalError:
        raise
    except Exception:  # one of them, nobody knows which
        log.exception("group_not_ready", mails=most)
        return _one_by_one(parts, sender, most)
    sender.last_seller = last
    return rows, ready


def _one_by_one(parts: Parts, sender: Sender, most: int) -> tuple[list[Any], Ready]:
    """Claim a group and look at each mail in a transaction of its own: the faulty one goes back, counted."""
    with parts.engine.begin() as connection:
        now = parts.clock(connection)
        rows, sender.last_seller = mails.claim(connection, sender.instance, now, most, sender.last_seller)
    ready: Ready = []
    for row in rows:
        try:
            with parts.engine.begin() as connection:
                ready += _looked_at(connection, parts, sender, [row], now)
        except OperationalError:
            raise
        except Exception as fault:  # it is this mail's alone
            log.exception("mail_not_ready", mail=row.id)
            with parts.engine.begin() as connection:
                lose(connection, parts, [row], f"looking again before sending failed: {type(fault).__name__}", now)
    return rows, ready


def _outgoing(parts: Parts, one: Claimed, content: bytes) -> Outgoing:
    return Outgoing(
        mail_id=one.row.id,
        sender=parts.return_path(one.row.id) or one.row.sender,
        recipient=one.row.recipient,
        content=content,
        seller=one.row.seller_id,
    )


def _looked_at(
    connection: Connection, parts: Parts, sender: Sender, rows: list[Any], now: datetime
) -> list[tuple[Claimed, bytes]]:
    """Hold back, postpone or replace what is not to leave now; give the rest with its bytes, its tries begun."""
    stopped = over_the_limit(connection, parts, rows, now)
    mails.hold_back(connection, sorted(stopped), now)
    rows = [row for row in rows if row.id not in stopped]
    by_mail = defaultdict(list)
    for thread in mails.threads_of(connection, [row.id for row in rows]):
        by_mail[thread.mail_id].append(thread)
    claimed = [Claimed(row=row, threads=by_mail[row.id]) for row in rows]
    claimed = postpone_to_hours(connection, claimed, now)
    _look_again(connection, parts, claimed, now)
    _replace(connection, sender.instance, [one for one in claimed if not one.true_now], now)
    going = [one for one in claimed if one.true_now]
    instance = sender.instance
    mails.start_attempts(
        connection,
        [
            {"mail_id": one.row.id, "number": one.row.attempts, "started_at": now, "instance_id": instance}
            for one in going
        ],
    )
    return [(one, mails.unzipped(one.row)) for one in going]


def _look_again(connection: Connection, parts: Parts, claimed: list[Claimed], now: datetime) -> None:
    """Compare what each mail states with the facts and the clock; most are as fresh as when they were planned."""
    suspects = [one for one in claimed if _may_be_stale(one, now)]
    if not suspects:
        return
    loaded = {one.id: one for one in load(connection, [one.row.correspondence_id for one in suspects], now)}
    for one in suspects:
        exhausted = any(thread.replacements >= MOST_REPLACEMENTS for thread in one.threads)
        one.true_now = exhausted or _still_true(parts, one, loaded[one.row.correspondence_id], now)


def _may_be_stale(one: Claimed, now: datetime) -> bool:
    if one.row.audience != "buyer":
        return False
    passed = one.row.stale_at is not None and one.row.stale_at <= now
    return passed or any(_moved_on(thread) for thread in one.threads)


def _moved_on(thread: Any) -> bool:
    revisions = (thread.facts_rev, thread.told_rev) != (thread.facts_rev_now, thread.told_rev_now)
    return revisions or thread.leaving or thread.paused or thread.unreachable is not None


def _still_true(parts: Parts, one: Claimed, loaded: Loaded, now: datetime) -> bool:
    if one.row.stale_at is not None and one.row.stale_at <= now:
        return False
    if loaded.correspondence.address.casefold() != one.row.recipient.casefold():
        return False
    where = calendars_of(loaded.profile, loaded.contact)
    wording = wording_for(parts, loaded.correspondence)
    planned = {thread.thread_id: thread for thread in loaded.correspondence.threads}
    for stored in one.threads:
        section = decode(Section, stored.section)
        if stored.told_rev != stored.told_rev_now:
            return False
        scene = scene_of(planned[stored.thread_id], loaded.correspondence, where, loaded.rhythm, wording, now)
        if scene.silent or scene.thread.leaving != (section.kind is Kind.CONTACT_CHANGED):
            return False
        reviewed = section.under_review - scene.unconfirmed
        if reviewed or changes(section.facts, scene.facts, where.common):
            return False
    return True


def _replace(connection: Connection, instance: int, stale: list[Claimed], now: datetime) -> None:
    """Drop mails that are no longer true; their threads are planned at once, without window and gap (R46)."""
    if not stale:
        return
    orders.lock(connection, [one.row.correspondence_id for one in stale])
    decisions: list[dict[str, Any]] = []
    for one in stale:
        ended = {"state": State.REPLACED, "send_at": None, "accepted_at": None, "unknowns": one.row.unknowns}
        mails.settle(connection, one.fence(instance) | ended)
        said = {
            "action": Action.REPLACED,
            "rule": "R46",
            "kind": one.row.kind,
            "message_id": one.row.message_id,
            "why": "what it stated was no longer true when its try came; a new update takes its place",
        }
        decisions += [thread_decision(thread, now) | said for thread in one.threads]
    mails.end_live(connection, [one.row.id for one in stale])
    threads.count_replacements(connection, [thread.thread_id for one in stale for thread in one.threads])
    orders.wake(connection, [one.row.correspondence_id for one in stale], now)
    journal.write_decisions(connection, decisions)
