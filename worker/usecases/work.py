"""One correspondence planned: what its plan says, with its finished mails, before anything is written."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from schedules.decisions import Action, Verdict
from schedules.obligations import Obligation
from schedules.planner import Plan, plan
from worker.isotext import iso
from worker.places import calendars_of
from worker.storage.planning import Loaded, LoadedThread
from worker.usecases.drafts import Draft
from worker.usecases.journaling import decision_row
from worker.usecases.parts import Parts, wording_for

BATCH: Final = 100
"""So many correspondences are read at a time."""
LEASE: Final = timedelta(seconds=30)
"""For so long they are taken: then whoever died with them is not waited for."""

RETRY_INCOMPLETE: Final = timedelta(hours=1)


@dataclass(slots=True)
class Work:
    """One correspondence's plan with its finished mails."""

    loaded: Loaded
    plan: Plan
    drafts: list[Draft]
    tasks: list[Obligation]


def plan_of(parts: Parts, loaded: Loaded) -> Plan:
    """Plan one correspondence as read."""
    where = calendars_of(loaded.profile, loaded.contact)
    return plan(loaded.correspondence, loaded.rhythm, where, wording_for(parts, loaded.correspondence), loaded.at)


def never_rings(made: Work) -> bool:
    """An open promise or a delayed order without an alarm ahead is a fault of ours."""
    threads = made.loaded.correspondence.threads
    waits = any(thread.promise or (thread.told is None and thread.facts.delayed) for thread in threads)
    under_way = any(thread.in_flight for thread in threads)
    held = any(verdict.action is Action.HELD for _, verdict in made.plan.verdicts)
    return (
        waits
        and not under_way
        and not held
        and made.plan.wake_at is None
        and not made.plan.updates
        and not made.plan.missed
    )


def alarm_of(made: Work) -> datetime | None:
    """Give when a plan wants its correspondence looked at again; None if never."""
    failed = any(not draft.complete for draft in made.drafts)
    again = [made.loaded.at + RETRY_INCOMPLETE] if failed else []
    return min([at for at in (made.plan.wake_at, *again) if at], default=None)


def keeps_lease(made: Work) -> bool:
    """Tell whether nothing rings before the lease of whoever has planned it is over."""
    at, lease = alarm_of(made), made.loaded.taken_until
    return lease is not None and (at is None or at >= lease)


def mark_of(thread: LoadedThread, verdict: Verdict) -> list[Any]:
    """Give what a thread keeps of its last verdict, to tell the next one from it."""
    until = iso(verdict.until) if verdict.until else None
    return [verdict.rule, verdict.action, until, thread.facts_rev, thread.told_rev]


def note_verdict(
    loaded: Loaded,
    thread_id: int,
    verdict: Verdict,
    decisions: list[dict[str, Any]],
    verdicts: list[dict[str, Any]],
) -> None:
    """Write a decision only where it differs from the thread's last (R28)."""
    thread = loaded.threads[thread_id]
    mark = mark_of(thread, verdict)
    if thread.last_verdict == mark:
        return
    decisions.append(
        decision_row(loaded, thread_id)
        | {
            "action": verdict.action,
            "kind": verdict.kind,
            "rule": verdict.rule,
            "why": verdict.why,
            "until": verdict.until,
            "weight": verdict.weight,
            "changes": list(verdict.changes),
        }
    )
    verdicts.append({"tid": thread_id, "verdict": mark})
