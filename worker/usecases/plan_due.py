"""Plan the correspondences whose alarm has rung, and write what the plans say (R19-R28).

Read and plan first, compose and render outside any lock, then write under the locks of those that nobody touched
meanwhile; the others are planned again.
"""

from collections.abc import Container, Iterable, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, Final

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from schedules.decisions import Action, Verdict
from schedules.obligations import Obligation
from schedules.planner import PlannedUpdate
from schedules.promises import PromiseOutcome
from schedules.values import replace
from worker.storage import journal, new_mails, threads
from worker.storage.engine import by_keys, find_by_keys
from worker.storage.planning import Loaded, claim_due, load
from worker.updates.compose import with_links
from worker.usecases.catching_up import spread_overdue
from worker.usecases.drafts import checklist_json, draft_updates, statement_of
from worker.usecases.following import Planned, of_mails
from worker.usecases.journaling import decision_row
from worker.usecases.lapses import cancel_unanswered
from worker.usecases.owing import owe
from worker.usecases.parking import Stuck, park, park_unreadable
from worker.usecases.parts import Parts
from worker.usecases.patience import with_patience
from worker.usecases.work import (
    BATCH,
    LEASE,
    RETRY_INCOMPLETE,
    Work,
    alarm_of,
    keeps_lease,
    never_rings,
    note_verdict,
    plan_of,
)

log = structlog.get_logger()
END_OF_WORDS: Final = "\n--\n"


def plan_due(parts: Parts, most: int = BATCH) -> int:
    """Plan one batch; give how many correspondences were taken or set aside (0: nothing is due)."""
    try:
        loaded, rang = _taken(parts, most)
    except OperationalError:
        raise
    except Exception:  # one of them, nobody knows which
        log.exception("batch_not_read")
        return park_unreadable(parts, "buyer")
    plan_loaded(parts, loaded, rang)
    return len(rang)


def _taken(parts: Parts, most: int) -> tuple[list[Loaded], dict[int, datetime]]:
    with parts.engine.begin() as connection:
        now = parts.clock(connection)
        since = parts.low_water.since(now)
        rang = claim_due(connection, "buyer", now, most, LEASE, since)
        parts.low_water.looked(since, now, found=bool(rang))
        if not rang:
            return [], {}
        find_by_keys(connection)
        return load(connection, dict.fromkeys(rang, now)), rang


def plan_loaded(parts: Parts, loaded: list[Loaded], rang: Mapping[int, datetime]) -> dict[int, Planned]:
    """Plan correspondences, each for the moment as of which it was read; `rang` says when the alarm of each rang.

    Give what the new mails were planned from, by their ids, for who sends them next.
    """
    return write_work(parts, all_work(parts, loaded), rang)


def write_work(parts: Parts, work: list[Work], rang: Mapping[int, datetime]) -> dict[int, Planned]:
    """Write what was planned, in transactions of its own; what somebody holds is tried again a few times."""
    planned: dict[int, Planned] = {}

    def write(some: list[Work]) -> list[Work]:
        with by_keys(parts.engine) as connection:
            locked = threads.lock_unchanged(connection, [one.loaded for one in some])
            written = [one for one in some if one.loaded.id in locked.free]
            rows = [(rang[one.loaded.id], draft.mail.row) for one in written for draft in one.drafts]
            spread_overdue(connection, rows)
            ids = write_plans(connection, written).ids()
        lapses = [(one.loaded.slug, lapse, one.loaded.at) for one in written for lapse in one.plan.lapsed]
        cancel_unanswered(parts, lapses)
        planned.update(of_mails(ids, written))
        return [one for one in some if one.loaded.id in locked.held]

    with_patience(write, work)
    return planned


def all_work(parts: Parts, loaded: list[Loaded]) -> list[Work]:
    """Plan each correspondence; one that cannot be planned is set aside and stops none of the others."""
    work, stuck = _planned(parts, loaded)
    if stuck:
        with parts.engine.begin() as connection:
            park(connection, parts, stuck)
    return work


def _planned(parts: Parts, loaded: list[Loaded]) -> tuple[list[Work], list[Stuck]]:
    try:
        made = _works(parts, loaded)
        broken: list[Stuck] = []
    except Exception:  # one of them, nobody knows which
        log.exception("batch_not_planned", correspondences=len(loaded))
        made, broken = _one_by_one(parts, loaded)
    work: list[Work] = []
    for one in made:
        if never_rings(one):
            broken.append(Stuck(one.loaded.id, "an open order would never be looked at again", one.loaded.at))
        else:
            work.append(one)
    return work, broken


def _one_by_one(parts: Parts, loaded: list[Loaded]) -> tuple[list[Work], list[Stuck]]:
    made, broken = [], []
    for one in loaded:
        try:
            made += _works(parts, [one])
        except Exception as fault:  # whatever it is, it is this correspondence's alone
            log.exception("planning_failed", correspondence=one.id)
            broken.append(Stuck(one.id, f"planning failed: {type(fault).__name__}", one.at))
    return made, broken


def _works(parts: Parts, loaded: list[Loaded]) -> list[Work]:
    plans = [plan_of(parts, one) for one in loaded]
    parts.between()
    updates = [(one, update) for one, plan in zip(loaded, plans, strict=True) for update in plan.updates]
    drafts = iter(draft_updates(parts, updates))
    return [
        Work(one, plan, list(islice(drafts, len(plan.updates))), [_task(parts, one, *each) for each in plan.by_phone])
        for one, plan in zip(loaded, plans, strict=True)
    ]


def _task(parts: Parts, loaded: Loaded, task: Obligation, update: PlannedUpdate) -> Obligation:
    """Put the words of the update into the owner's task, so that he can say them."""
    statement = with_links(statement_of(parts, loaded, update, loaded.at), {}, "")
    words = parts.renderer.render_update(statement).text
    return replace(task, say=words.partition(END_OF_WORDS)[0].strip())


def write_plans(connection: Connection, work: list[Work], leaving: Container[int] = ()) -> new_mails.Numbers:
    """Write plans whose correspondences are locked; give the numbers of their mails.

    Those that are `leaving` keep alarm and lease where nothing rings before the lease is over: the end of their mail
    sets the next alarm.
    """
    decisions: list[dict[str, Any]] = []
    verdicts: list[dict[str, Any]] = []
    alarms: list[dict[str, Any]] = []
    complete = [draft for one in work for draft in one.drafts if draft.complete]
    numbers = new_mails.add_all(connection, [draft.mail for draft in complete])
    for one in work:
        for thread_id, verdict in _verdicts(one):
            note_verdict(one.loaded, thread_id, verdict, decisions, verdicts)
        if one.loaded.id not in leaving or not keeps_lease(one):
            alarms.append({"id": one.loaded.id, "wake_at": alarm_of(one)})
    _miss(connection, work, decisions)
    owed = ((one.loaded, obligation) for one in work for obligation in (*one.plan.obligations, *one.tasks))
    owe(connection, owed)
    journal.write_decisions(connection, decisions)
    journal.remember_verdicts(connection, verdicts)
    threads.set_alarms(connection, alarms)
    return numbers


def _verdicts(one: Work) -> Iterable[tuple[int, Verdict]]:
    """Give the plan's verdicts, and one for each update that may not leave."""
    yield from one.plan.verdicts
    for draft in one.drafts:
        if draft.complete or draft.update is None:
            continue
        why = f"checklist: {checklist_json(draft.checklist)}"
        for section in draft.update.sections:
            until = one.loaded.at + RETRY_INCOMPLETE
            yield section.thread_id, Verdict(action=Action.HELD, rule="R8", why=why, until=until, kind=section.kind)


def _miss(connection: Connection, work: list[Work], decisions: list[dict[str, Any]]) -> None:
    """Settle promises whose time ran out, from the moment it did (R17)."""
    rows = []
    for one in work:
        for thread_id in one.plan.missed:
            promise = next(t.promise for t in one.loaded.correspondence.threads if t.thread_id == thread_id)
            if promise is None:
                continue
            rows.append(_missed_row(thread_id, promise.kept_until))
            why = f"the update promised for {promise.due_at.isoformat()} did not leave in time"
            decisions.append(decision_row(one.loaded, thread_id) | {"action": Action.MISSED, "rule": "R17", "why": why})
    journal.settle_promises(connection, rows)


def _missed_row(thread_id: int, at: datetime) -> dict[str, Any]:
    return {
        "thread_id": thread_id,
        "outcome": PromiseOutcome.MISSED,
        "at": at,
        "message": None,
        "kept_by": None,
    }
