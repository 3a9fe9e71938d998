"""What follows an accepted mail, decided where its end is written, if nothing else happened to its reader (R19).

Who sends a mail that he has just planned knows all that its correspondence consists of. With the mail accepted it
consists of that and of what the mail said, so that it need not be read again to know when it is looked at next.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from schedules.acceptance import heard
from schedules.planner import Plan
from schedules.promises import Promise
from schedules.sections import Section
from schedules.values import replace
from worker.storage.planning import Loaded
from worker.usecases.parts import Parts
from worker.usecases.work import Work, mark_of, never_rings, note_verdict, plan_of


@dataclass(frozen=True, slots=True)
class Planned:
    """A correspondence as its only mail under way was planned from it."""

    loaded: Loaded
    rev: int
    """The revision that writing the plan leaves: with another one, somebody has written something since."""
    sections: Mapping[int, Section]
    """What the mail says, by thread."""
    marks: Mapping[int, list[Any]]
    """What writing the plan left as last verdict of threads of which the mail does not speak."""

    def promise_to(self, thread_id: int) -> Promise | None:
        """Give the open promise to a thread."""
        return next(one.promise for one in self.loaded.correspondence.threads if one.thread_id == thread_id)


def planned(work: Work, rev: int) -> Planned | None:
    """Keep what a mail was planned from, and the revision that writing it leaves.

    None where more than that one mail is under way.
    """
    under_way = any(thread.in_flight for thread in work.loaded.correspondence.threads)
    if under_way or len(work.drafts) != 1 or work.drafts[0].update is None or not work.drafts[0].complete:
        return None
    sections = {section.thread_id: section for section in work.drafts[0].update.sections}
    if any(one.thread_id in sections and one.leaving for one in work.loaded.correspondence.threads):
        return None
    marks = {one: mark_of(work.loaded.threads[one], verdict) for one, verdict in work.plan.verdicts}
    return Planned(work.loaded, rev, sections, marks)


@dataclass(frozen=True, slots=True)
class HeardOf:
    """A mail that was accepted, when, and the promises to its reader that are open then, by thread."""

    planned: Planned
    at: datetime
    promises: Mapping[int, Promise | None]


@dataclass(slots=True)
class Follows:
    """The next alarm of a correspondence, and the verdicts on its threads."""

    wake_at: datetime | None
    decisions: list[dict[str, Any]] = field(default_factory=list)
    marks: list[dict[str, Any]] = field(default_factory=list)


def what_follows(parts: Parts, heard_of: Sequence[HeardOf]) -> list[Follows | None]:
    """Plan correspondences as they stand once their mails were accepted, stage by stage (ADR 0078).

    None if there is more to do than to wait: then it is planned as any other.
    """
    loaded = [accepted(one.planned, one.at, one.promises) for one in heard_of]
    plans = [plan_of(parts, one) for one in loaded]
    return [_follows(*one) for one in zip(loaded, plans, strict=True)]


def _follows(loaded: Loaded, plan: Plan) -> Follows | None:
    if plan.updates or plan.obligations or plan.by_phone or plan.missed or plan.lapsed:
        return None
    if never_rings(Work(loaded, plan, [], [])):
        return None
    follows = Follows(plan.wake_at)
    for thread_id, verdict in plan.verdicts:
        note_verdict(loaded, thread_id, verdict, follows.decisions, follows.marks)
    return follows


def accepted(before: Planned, at: datetime, promises: Mapping[int, Promise | None]) -> Loaded:
    """Give a correspondence as it would be read once its mail was accepted."""
    known = before.loaded.correspondence
    threads = [
        heard(thread, before.sections[thread.thread_id], at, promises[thread.thread_id])
        if thread.thread_id in before.sections
        else thread
        for thread in known.threads
    ]
    kept = {
        thread_id: replace(one, told_rev=one.told_rev + 1, last_verdict=None, replacements=0)
        if thread_id in before.sections
        else replace(one, last_verdict=before.marks.get(thread_id, one.last_verdict))
        for thread_id, one in before.loaded.threads.items()
    }
    return replace(
        before.loaded,
        at=at,
        rev=before.rev + 1,
        correspondence=replace(known, threads=tuple(threads), last_update_at=at),
        threads=kept,
    )


def of_mails(ids: Sequence[int], work: Sequence[Work]) -> dict[int, Planned]:
    """Give what the mails with these ids, one for each complete draft of the work in order, were planned from."""
    of_drafts = [planned(one, one.loaded.rev + 1) for one in work for draft in one.drafts if draft.complete]
    return {mail_id: one for mail_id, one in zip(ids, of_drafts, strict=True) if one is not None}
