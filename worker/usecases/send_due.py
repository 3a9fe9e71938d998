"""Send due mails: claim a group, look again, hand over, settle (R44, R46).

The claim commits before the first byte leaves; outcomes are written under a fence, so that a process that was taken
for dead cannot settle what another one has taken over.
"""

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from schedules.changes import changes
from schedules.decisions import Action
from schedules.kinds import Kind
from schedules.scene import scene_of
from schedules.sections import Section
from worker.delivery.transport import Outgoing, Transport
from worker.places import calendars_of
from worker.storage import journal, mails, orders, threads
from worker.storage.codec import decode
from worker.storage.planning import Loaded, load
from worker.updates.outcomes import Accepted, Outcome
from worker.updates.states import MOST_REPLACEMENTS, State
from worker.usecases.breaker import over_the_limit
from worker.usecases.hours import postpone_to_hours
from worker.usecases.journaling import thread_decision
from worker.usecases.parts import Parts, wording_for
from worker.usecases.settle import Claimed, settle_group

GROUP: Final = 20
HEARTBEAT: Final = timedelta(seconds=5)
SILENT: Final = timedelta(seconds=30)
IN_SHADOW: Final = Accepted("shadow: nothing was sent")


@dataclass(slots=True)
class Sender:
    """One process's hand on the mails: its number, and its way out."""

    instance: int
    transport: Transport
    after_claim: Callable[[], None] = lambda: None
    after_transport: Callable[[], None] = lambda: None


def send_due(parts: Parts, sender: Sender, most: int = GROUP) -> int:
    """Send one commit group; give how many mails were taken (0: nothing is due)."""
    with parts.engine.begin() as connection:
        now = parts.clock(connection)
        claimed, taken = _claim(connection, parts, sender.instance, now, most)
        going = [one for one in claimed if one.true_now]
        bytes_of = mails.contents(connection, [one.row.id for one in going])
    if going:
        sender.after_claim()
        outcomes = _handed_over(parts, sender, going, bytes_of)
        sender.after_transport()
        with parts.engine.begin() as connection:
            settle_group(connection, parts, sender.instance, list(zip(going, outcomes, strict=True)))
    return taken


def _handed_over(parts: Parts, sender: Sender, going: list[Claimed], bytes_of: dict[int, bytes]) -> list[Outcome]:
    """Hand mails to the transport; a seller in shadow counts as accepted and sends nothing (R49)."""
    live = [one for one in going if not one.row.shadow]
    sent = sender.transport.send(
        [
            Outgoing(
                mail_id=one.row.id,
                sender=one.row.sender,
                recipient=one.row.recipient,
                content=bytes_of[one.row.id],
            )
            for one in live
        ],
        _lease(parts, sender.instance, live),
    )
    outcomes = {one.row.id: outcome for one, outcome in zip(live, sent, strict=True)}
    return [outcomes.get(one.row.id, IN_SHADOW) for one in going]


def _lease(parts: Parts, instance: int, going: list[Claimed]) -> Callable[[], bool]:
    """Give a check of this group's claim; after a pause (a freeze, a hanging server) the rows are asked again."""
    looked = time.monotonic()

    def may_start() -> bool:
        nonlocal looked
        if time.monotonic() - looked < SILENT.total_seconds() / 2:
            return True
        with parts.engine.begin() as connection:
            held = mails.held(connection, instance, [one.row.id for one in going])
        looked = time.monotonic()
        return held == len(going)

    return may_start


def _claim(connection: Connection, parts: Parts, instance: int, now: datetime, most: int) -> tuple[list[Claimed], int]:
    rows = mails.claim(connection, instance, now, most)
    taken = len(rows)
    if not rows:
        return [], 0
    stopped = over_the_limit(connection, parts, rows, now)
    mails.hold_back(connection, sorted(stopped), now)
    rows = [row for row in rows if row.id not in stopped]
    by_mail = defaultdict(list)
    for thread in mails.threads_of(connection, [row.id for row in rows]):
        by_mail[thread.mail_id].append(thread)
    claimed = [Claimed(row=row, threads=by_mail[row.id]) for row in rows]
    claimed = postpone_to_hours(connection, claimed, now)
    _look_again(connection, parts, claimed, now)
    stale = [one for one in claimed if not one.true_now]
    _replace(connection, instance, stale, now)
    mails.start_attempts(
        connection,
        [
            {"mail_id": one.row.id, "number": one.row.attempts, "started_at": now, "instance_id": instance}
            for one in claimed
            if one.true_now
        ],
    )
    return claimed, taken


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


__all__ = ["GROUP", "HEARTBEAT", "SILENT", "Sender", "send_due"]
