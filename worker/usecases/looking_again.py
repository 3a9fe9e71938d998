"""Look at claimed mails once more before they leave, and drop those that are no longer true (R46)."""

from typing import Any

from sqlalchemy import Connection

from schedules.changes import changes
from schedules.decisions import Action
from schedules.facts import OrderFacts
from schedules.kinds import Kind
from schedules.scene import Scene, scene_of
from schedules.sections import Section, handed_over_facts, stated_facts
from worker.places import calendars_of
from worker.storage import journal, mails, orders, threads
from worker.storage.codec import decode
from worker.storage.planning import Loaded, load
from worker.updates.states import MOST_REPLACEMENTS, State
from worker.usecases.claimed import Claimed
from worker.usecases.journaling import thread_decision
from worker.usecases.parts import Parts, wording_for


def look_again(connection: Connection, parts: Parts, instance: int, suspects: list[Claimed]) -> list[Claimed]:
    """Compare what each mail states with the facts and the clock; replace what is no longer true, give the rest."""
    if not suspects:
        return []
    loaded = {one.id: one for one in load(connection, {one.row.correspondence_id: one.at for one in suspects})}
    for one in suspects:
        exhausted = any(thread.replacements >= MOST_REPLACEMENTS for thread in one.threads)
        one.true_now = exhausted or _still_true(parts, one, loaded[one.row.correspondence_id])
    _replace(connection, instance, [one for one in suspects if not one.true_now])
    return [one for one in suspects if one.true_now]


def may_be_stale(one: Claimed) -> bool:
    """Tell whether a mail must be looked at; most are as fresh as when they were planned."""
    if one.row.audience != "buyer":
        return False
    passed = one.row.stale_at is not None and one.row.stale_at <= one.at
    return passed or any(_moved_on(thread) for thread in one.threads)


def _moved_on(thread: Any) -> bool:
    revisions = (thread.facts_rev, thread.told_rev) != (thread.facts_rev_now, thread.told_rev_now)
    return revisions or thread.leaving or thread.paused or thread.unreachable is not None


def _still_true(parts: Parts, one: Claimed, loaded: Loaded) -> bool:
    if one.row.stale_at is not None and one.row.stale_at <= one.at:
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
        scene = scene_of(planned[stored.thread_id], loaded.correspondence, where, loaded.rhythm, wording, one.at)
        if scene.silent or scene.thread.leaving != (section.kind is Kind.CONTACT_CHANGED):
            return False
        reviewed = section.under_review - scene.unconfirmed
        if reviewed or changes(section.facts, _would_state(scene, section), where.common):
            return False
    return True


def _would_state(scene: Scene, section: Section) -> OrderFacts:
    """Give what the same update would state now: without what is incomplete, in the name of whoever answers."""
    if section.kind is Kind.CONTACT_CHANGED:
        return scene.facts
    facts = stated_facts(scene)
    return handed_over_facts(scene, facts) if section.handed_over else facts


def _replace(connection: Connection, instance: int, stale: list[Claimed]) -> None:
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
        decisions += [thread_decision(thread, one.at) | said for thread in one.threads]
    mails.end_live(connection, [one.row.id for one in stale])
    threads.count_replacements(connection, [thread.thread_id for one in stale for thread in one.threads])
    orders.wake_each(connection, {one.row.correspondence_id: one.at for one in stale})
    journal.write_decisions(connection, decisions)
