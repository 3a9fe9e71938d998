"""One thread at one moment, with everything its planning rests on worked out once."""

from collections.abc import Mapping
from datetime import date, datetime

from schedules.cadence import explicit
from schedules.calendars import Calendars, due_of
from schedules.changes import Change, changes
from schedules.completeness import Lack, Wording, lacking, owner_of
from schedules.correspondence import Correspondence, Thread
from schedules.facts import LineFacts, OrderFacts
from schedules.kinds import PromisedAs
from schedules.moments import at_clock
from schedules.rhythm import Rhythm
from schedules.values import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A thread seen now: facts with passed dates, what is left to tell, what is missing, what falls due."""

    thread: Thread
    correspondence: Correspondence
    facts: OrderFacts
    ahead: OrderFacts
    """The facts without checkpoints that the last update has stated or replaced already."""
    changes: tuple[Change, ...]
    lacks: Mapping[str, tuple[Lack, ...]]
    unconfirmed: frozenset[str]
    """Delayed lines that nobody and nothing confirmed since the last accepted update (R13)."""
    promised_at: datetime | None
    checkpoint_at: datetime | None
    """The moment the buyer hears next whatever happens: promised, or brought forward (R15)."""
    delayed_lines: tuple[LineFacts, ...]
    where: Calendars
    rhythm: Rhythm
    wording: Wording
    now: datetime

    @property
    def first_notice_limit(self) -> datetime:
        """The moment by which the first notice is due (R10)."""
        return self.where.sending.plus(self.thread.opened_at, self.rhythm.first_notice_within)

    @property
    def promised_moment(self) -> bool:
        told = self.thread.told
        return bool(told and told.checkpoint and told.checkpoint.promised_as is PromisedAs.MOMENT)

    @property
    def silent(self) -> bool:
        """No mail may go out: the order is paused, or its buyer has no working address (R49, R50)."""
        return bool(self.thread.paused_by) or self.correspondence.unreachable


def scene_of(
    thread: Thread,
    correspondence: Correspondence,
    where: Calendars,
    rhythm: Rhythm,
    wording: Wording,
    now: datetime,
) -> Scene:
    """Work out what planning needs to know about one thread at `now`."""
    facts = facts_at(_with_owner(thread, correspondence, now), where, now)
    told = thread.told
    promised_at = told.checkpoint.due_at if told and told.checkpoint else None
    owner = owner_of(facts, correspondence.team.default_owner)
    found = {line.line: lacking(line, owner, wording) for line in facts.lines if not line.settled}
    ahead = _without_used_checkpoints(thread, facts, where, rhythm)
    return Scene(
        thread=thread,
        correspondence=correspondence,
        facts=facts,
        ahead=ahead,
        changes=()
        if thread.leaving or (told and told.closed and not facts.is_delayed)
        else changes(told.facts if told else None, facts, where.common),
        lacks={line: lacks for line, lacks in found.items() if lacks},
        unconfirmed=_unconfirmed(thread, facts),
        promised_at=promised_at,
        checkpoint_at=_forward(thread, ahead, where, rhythm, promised_at) or promised_at,
        delayed_lines=tuple(line for line in facts.lines if line.delayed),
        where=where,
        rhythm=rhythm,
        wording=wording,
        now=now,
    )


def facts_at(facts: OrderFacts, where: Calendars, now: datetime) -> OrderFacts:
    """Give the facts with passed dates marked: the business day after an expected day has begun (R20)."""
    if all(line.expected_on is None for line in facts.lines):
        return facts
    today = where.today(now)
    passing = {line.line for line in facts.lines if passes_on(line, where, today) and line.delayed}
    if not passing:
        return facts
    return replace(
        facts, lines=tuple(replace(line, passed=True) if line.line in passing else line for line in facts.lines)
    )


def passes_on(line: LineFacts, where: Calendars, today: date) -> bool:
    """Tell whether a line's expected day has passed by a common business day."""
    return line.expected_on is not None and today >= where.common.plus(line.expected_on, 1)


def next_passing(scene: Scene) -> datetime | None:
    """Give the opening of the day on which the next expected date will have passed."""
    days = [
        scene.where.common.plus(line.expected_on, 1)
        for line in scene.delayed_lines
        if line.expected_on is not None and not line.passed
    ]
    return at_clock(min(days), scene.rhythm.sending_opens, scene.where.zone) if days else None


def _with_owner(thread: Thread, correspondence: Correspondence, now: datetime) -> OrderFacts:
    team = correspondence.team
    owner = team.escalation if thread.handed_over else owner_of(thread.facts, team.default_owner)
    present = team.present(owner, now)
    return thread.facts if thread.facts.owner == present else replace(thread.facts, owner=present)


def _unconfirmed(thread: Thread, facts: OrderFacts) -> frozenset[str]:
    if thread.told is None:
        return frozenset()
    since = thread.told.accepted_at
    return frozenset(line.line for line in facts.lines if line.delayed and line.confirmed_at <= since)


def _without_used_checkpoints(thread: Thread, facts: OrderFacts, where: Calendars, rhythm: Rhythm) -> OrderFacts:
    told = thread.told
    if told is None or told.checkpoint is None:
        return facts
    stated = {line.line: (line.next_checkpoint, line.checkpoint_set_at) for line in told.facts.lines}
    until = told.checkpoint.due_at

    def used(line: LineFacts) -> bool:
        known = stated.get(line.line) == (line.next_checkpoint, line.checkpoint_set_at)
        return known and line.next_checkpoint is not None and due_of(line.next_checkpoint, where, rhythm)[0] < until

    if not any(used(line) for line in facts.lines):
        return facts
    lines = tuple(replace(line, next_checkpoint=None) if used(line) else line for line in facts.lines)
    return replace(facts, lines=lines)


def _forward(
    thread: Thread, facts: OrderFacts, where: Calendars, rhythm: Rhythm, promised_at: datetime | None
) -> datetime | None:
    """Give a checkpoint that somebody set earlier than the promised one (R15)."""
    if thread.told is None or promised_at is None:
        return None
    earliest = explicit(facts, thread.told.accepted_at, where, rhythm)
    return earliest.due_at if earliest and earliest.due_at < promised_at else None
