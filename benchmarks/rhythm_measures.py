"""What a reader of mails feels: how many, how late, how silent; measured alike for every policy."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from itertools import pairwise
from statistics import median
from typing import Any

from benchmarks.rhythm import DESK, Mail, Run
from schedules.businessdays import Hours
from schedules.calendars import Calendars
from schedules.changes import changes
from schedules.events import Event
from schedules.facts import OrderFacts
from schedules.fold import fold
from schedules.kinds import Weight
from schedules.moments import at_clock, local_day
from schedules.scene import facts_at
from worker.places import calendars_of

DIGEST_AT = time(17)


@dataclass(slots=True)
class Life:
    """An order's facts after each arrival, with the calendars of its buyer."""

    order: str
    where: Calendars
    contact: str
    steps: list[tuple[datetime, OrderFacts]]

    def facts(self, at: datetime) -> OrderFacts | None:
        """Give what was true at a moment."""
        known = [facts for moment, facts in self.steps if moment <= at]
        return facts_at(known[-1], self.where, at) if known else None


def lives(log: dict[str, list[tuple[datetime, Event]]], profiles: dict[str, dict[str, Any]]) -> list[Life]:
    """Fold every order's events arrival by arrival; repeats change nothing."""
    found = []
    for order, arrivals in log.items():
        opening = next(event for _, event in arrivals if event.type == "backorder.opened")
        contact = opening.data["buyer"]["contact"]
        where = calendars_of(profiles[opening.data["seller"]], contact)
        found.append(Life(order, where, contact["email"], list(_steps(order, arrivals))))
    return found


def _steps(order: str, arrivals: list[tuple[datetime, Event]]) -> Iterator[tuple[datetime, OrderFacts]]:
    known: dict[str, dict[str, Event]] = defaultdict(dict)
    before: OrderFacts | None = None
    for at, event in arrivals:
        named = event.data.get("line")
        for line in [named] if named else list(known):
            known[line][event.id] = event
        folded = [fold(events.values()).facts for events in known.values()]
        facts = OrderFacts(order=order, owner=DESK, lines=tuple(line for line in folded if line))
        if facts != before:
            yield at, facts
        before = facts


def per_event(all_lives: list[Life]) -> Run:
    """One mail for each event that changes an order's figures, dates or words."""
    run = Run("one mail per event")
    for life in all_lives:
        told: OrderFacts | None = None
        for at, facts in life.steps:
            if changes(told, facts, life.where.common):
                run.mails.append(Mail(at, life.order))
                told = facts
    return run


def digest(all_lives: list[Life]) -> Run:
    """One mail a business day at 17:00, about each order that changed."""
    run = Run("daily digest at 17:00")
    for life in all_lives:
        told: OrderFacts | None = None
        day = local_day(life.steps[0][0], life.where.zone)
        for _ in range(60):
            day = life.where.buyer.on_or_after(day)
            at = at_clock(day, DIGEST_AT, life.where.zone)
            facts = life.facts(at)
            if facts and changes(told, facts, life.where.common):
                run.mails.append(Mail(at, life.order))
                told = facts
            day += timedelta(days=1)
    return run


def measured(run: Run, all_lives: list[Life]) -> dict[str, Any]:
    """Give the figures of a run: hours are sending hours of the buyer."""
    mails: dict[str, list[datetime]] = defaultdict(list)
    for mail in run.mails:
        mails[mail.order].append(mail.at)
    waits = sorted(wait for life in all_lives for wait in _waits(life, sorted(mails[life.order])))
    counts = [len(mails[life.order]) for life in all_lives]
    return {
        "policy": run.name,
        "mails per order": round(sum(counts) / len(counts), 2),
        "most for one order": max(counts),
        "hours to a decisive mail, median": round(median(waits), 2),
        "hours to a decisive mail, p95": round(waits[int(len(waits) * 0.95)], 2),
        "longest silence, days": round(max(_silence(life, sorted(mails[life.order])) for life in all_lives), 1),
        "mails outside sending hours": sum(
            not life.where.sending.contains(at) for life in all_lives for at in mails[life.order]
        ),
        "promises": dict(sorted(run.promises.items())),
    }


def _waits(life: Life, mails: list[datetime]) -> Iterator[float]:
    """Give for each decisive fact the sending hours until a mail told it; what vanished before is none."""
    told: OrderFacts | None = None
    since: datetime | None = None
    moments = sorted([*[(at, 1, facts) for at, facts in life.steps], *[(at, 0, None) for at in mails]], key=_when)
    for at, arrives, facts in moments:
        if not arrives:
            if since is not None:
                yield sending_hours(since, at, life.where.sending)
            told, since = life.facts(at), None
            continue
        now = replace(facts, owner=told.owner if told else facts.owner) if facts else None
        found = changes(told, facts_at(now, life.where, at), life.where.common) if now else ()
        decisive = any(change.row.weight is Weight.DECISIVE for change in found)
        since = (since or at) if decisive else None


def _when(moment: tuple[datetime, int, Any]) -> tuple[datetime, int]:
    return (moment[0], -moment[1])


def sending_hours(start: datetime, end: datetime, hours: Hours) -> float:
    """Give the hours between two moments that lie within sending hours."""
    spent, at = timedelta(), hours.on_or_after(start)
    while at < end:
        closing = hours.closing_after(at)
        spent += min(closing, end) - at
        at = hours.on_or_after(closing)
    return spent / timedelta(hours=1)


def _silence(life: Life, mails: list[datetime]) -> float:
    """Give the longest time in days without a mail while units were delayed."""
    opened = life.steps[0][0]
    ended = next((at for at, facts in life.steps if not facts.delayed), life.steps[-1][0])
    moments = [opened, *[at for at in mails if at < ended], ended]
    return max((later - earlier) / timedelta(days=1) for earlier, later in pairwise(moments))
