"""The planner: what happens to a correspondence now, and when to look again (R19-R28).

Pure: the same correspondence at the same moment gives the same plan, and a plan that was carried out gives no further
action at that moment.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from schedules.calendars import Calendars
from schedules.changes import Change
from schedules.completeness import Wording
from schedules.correspondence import Correspondence
from schedules.decisions import WAITING_BECAUSE, Action, Verdict
from schedules.duties import duties, phone_task, to_both
from schedules.kinds import KIND_RANK, WEIGHT_RANK, Kind, Weight
from schedules.obligations import Code, Obligation
from schedules.occasion import CHECKPOINTS_ONLY, next_occasion
from schedules.occasions import Occasion
from schedules.rhythm import Rhythm
from schedules.scene import Scene, next_passing, scene_of
from schedules.sections import Draft, Section, draft_of, farewell_of, section_of
from schedules.silence import Lapse, lapse
from schedules.values import dataclass

A_MOMENT = timedelta(milliseconds=1)
"""A promise is missed just after the last moment that keeps it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedUpdate:
    """One mail to go out now; the first section leads and names the kind."""

    sections: tuple[Section, ...]

    @property
    def kind(self) -> Kind:
        return self.sections[0].kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything to write for a correspondence, and its next alarm (None: sleeps until an event)."""

    updates: tuple[PlannedUpdate, ...] = ()
    obligations: tuple[Obligation, ...] = ()
    verdicts: tuple[tuple[int, Verdict], ...] = ()
    by_phone: tuple[tuple[Obligation, PlannedUpdate], ...] = ()
    """What cannot be mailed: the owner's task, and the update whose words he says (R49, R50)."""
    missed: tuple[int, ...] = ()
    """Threads whose open promise has run out of time."""
    lapsed: tuple[Lapse, ...] = ()
    """What silence cancels now (R39)."""
    wake_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """One thread's share of the plan, before mails are put together."""

    scene: Scene
    occasion: Occasion | None
    held: bool
    ready: bool
    verdict: Verdict | None
    obligations: tuple[Obligation, ...]
    by_phone: Obligation | None
    missed: bool
    lapse: Lapse | None
    wake_at: datetime | None


def plan(correspondence: Correspondence, rhythm: Rhythm, where: Calendars, wording: Wording, now: datetime) -> Plan:
    """Plan all threads of a correspondence as a whole."""
    looked = [look(scene_of(thread, correspondence, where, rhythm, wording, now)) for thread in correspondence.threads]
    updates = tuple(_mails(looked))
    going = {section.thread_id for update in updates for section in update.sections}
    return Plan(
        updates=updates,
        obligations=tuple(item for one in looked for item in one.obligations),
        verdicts=tuple(
            (one.scene.thread.thread_id, one.verdict)
            for one in looked
            if one.verdict and one.scene.thread.thread_id not in going
        ),
        by_phone=tuple((one.by_phone, PlannedUpdate(sections=(_section(one),))) for one in looked if one.by_phone),
        missed=tuple(one.scene.thread.thread_id for one in looked if one.missed),
        lapsed=tuple(one.lapse for one in looked if one.lapse),
        wake_at=min((at for at in (_next_look(one, going) for one in looked) if at), default=None),
    )


def _next_look(one: Looked, going: set[int]) -> datetime | None:
    """Give a thread's alarm; while its mail is under way, only a promise that runs out rings."""
    if one.scene.thread.thread_id not in going:
        return one.wake_at
    promise = one.scene.thread.promise
    runs_out = promise.kept_until + A_MOMENT if promise else None
    return runs_out if runs_out and runs_out > one.scene.now else None


def look(scene: Scene) -> Looked:
    """Decide for one thread: is an update ready, held, waiting, or not needed, and when to look again."""
    thread = scene.thread
    missed = thread.promise is not None and scene.now > thread.promise.kept_until
    owed = duties(scene)
    extra = _missed_obligations(scene) if missed else ()
    occasion = None if thread.in_flight else next_occasion(scene)
    held = occasion is not None and _held(scene, occasion)
    due = occasion is not None and occasion.at <= scene.now
    ending = None if thread.in_flight else lapse(scene)
    lapsed = ending if ending is not None and ending.at <= scene.now else None
    ready = due and not held and not scene.silent and lapsed is None
    return Looked(
        scene=scene,
        occasion=occasion,
        held=held,
        ready=ready,
        verdict=_lapsed(lapsed)
        if lapsed
        else None
        if ready or thread.in_flight
        else _verdict(scene, occasion, held=held),
        obligations=(*owed.due, *extra),
        by_phone=phone_task(scene, occasion) if occasion and due and scene.silent else None,
        missed=missed,
        lapse=lapsed,
        wake_at=_wake_at(scene, occasion, _sooner(owed.next_at, ending), held=held, missed=missed),
    )


def _sooner(owed_at: datetime | None, ending: Lapse | None) -> datetime | None:
    return min((at for at in (owed_at, ending.at if ending else None) if at), default=None)


def _lapsed(ending: Lapse) -> Verdict:
    why = f"no answer by {ending.at.isoformat()}: as the mail said, the delayed units are cancelled"
    return Verdict(action=Action.DROPPED, rule="R39", why=why)


def _held(scene: Scene, occasion: Occasion) -> bool:
    """An incomplete update waits, but not at a promise, and not beyond R10's limit if any line is complete (R9)."""
    if not scene.lacks or occasion.promised:
        return False
    if scene.thread.told is not None or scene.now < scene.first_notice_limit:
        return True
    return all(line.line in scene.lacks for line in scene.delayed_lines)


def _missed_obligations(scene: Scene) -> tuple[Obligation, ...]:
    promise = scene.thread.promise
    if promise is None:
        return ()
    key = f"R17/{scene.facts.order}/{promise.due_at.isoformat()}"
    return to_both(scene, Code.PROMISE_MISSED, key, promise.due_at)


def _verdict(scene: Scene, occasion: Occasion | None, *, held: bool) -> Verdict | None:
    told = scene.thread.told
    names = tuple(change.name.value for change in scene.changes)
    weight = scene.changes[0].row.weight if scene.changes else None
    if scene.silent and occasion is not None:
        return _silence(scene, occasion, weight, names)
    if held:
        until = scene.first_notice_limit if told is None else scene.checkpoint_at
        ahead = until if until and until > scene.now else None
        why = f"incomplete: {'; '.join(str(lack) for lacks in scene.lacks.values() for lack in lacks)}"
        return Verdict(action=Action.HELD, rule="R9", why=why, until=ahead, weight=weight, changes=names)
    if occasion is None:
        if told is None and not scene.facts.lines:
            return None
        return Verdict(action=Action.NOT_NEEDED, rule="R19", why="nothing is delayed and nothing is left to tell")
    if not scene.changes and scene.thread.arrived_since_told:
        why = "what arrived leaves no difference from what the buyer was told"
        return Verdict(action=Action.NOT_NEEDED, rule="R19", why=why, until=occasion.at)
    return _waiting(occasion, weight, names, scene.correspondence.preference)


def _silence(scene: Scene, occasion: Occasion, weight: Weight | None, names: tuple[str, ...]) -> Verdict:
    """Say why no mail goes out although there is something to tell (R49, R50)."""
    by = scene.thread.paused_by
    rule = "R49" if by else "R50"
    why = f"paused by {by}" if by else "the buyer has no working address: he is to be told by phone"
    ahead = occasion.at if occasion.at > scene.now else None
    return Verdict(action=Action.HELD, rule=rule, why=why, until=ahead, weight=weight, changes=names)


def _waiting(occasion: Occasion, weight: Weight | None, names: tuple[str, ...], preference: str) -> Verdict:
    rule = occasion.rule
    if occasion.promised and weight is Weight.NOTABLE:
        rule = "R27" if preference == CHECKPOINTS_ONLY else "R23"
    elif occasion.promised and weight is Weight.MINOR:
        return Verdict(
            action=Action.WAITING,
            rule="R21",
            why="minor changes go along with the next update",
            until=occasion.at,
            weight=weight,
            changes=names,
        )
    why = WAITING_BECAUSE.get(rule, "waiting for the checkpoint")
    return Verdict(action=Action.WAITING, rule=rule, why=why, until=occasion.at, weight=weight, changes=names)


def _wake_at(
    scene: Scene, occasion: Occasion | None, owed_at: datetime | None, *, held: bool, missed: bool
) -> datetime | None:
    candidates = [owed_at]
    promise = scene.thread.promise
    if promise is not None and not missed:
        candidates.append(promise.kept_until + A_MOMENT)
    if not scene.thread.in_flight:
        candidates.append(occasion.at if occasion and not held else None)
        candidates.append(scene.checkpoint_at)
        candidates.append(next_passing(scene))
        if held and scene.thread.told is None:
            candidates.append(scene.first_notice_limit)
    return min((at for at in candidates if at and at > scene.now), default=None)


def _mails(looked: list[Looked]) -> Iterable[PlannedUpdate]:
    """Put ready threads into mails: decision mails alone, one mail for the others of a company (R25)."""
    ready = [one for one in looked if one.ready]
    drafts = [_draft(one) for one in ready if not one.scene.thread.leaving]
    for draft in drafts:
        if draft.kind is Kind.DECISION_NEEDED:
            yield PlannedUpdate(sections=(section_of(draft),))
    leaving = [one.scene for one in ready if one.scene.thread.leaving]
    if leaving:
        yield PlannedUpdate(sections=tuple(farewell_of(scene, merged=scene is not leaving[0]) for scene in leaving))
    rest = [draft for draft in drafts if draft.kind is not Kind.DECISION_NEEDED]
    for company in dict.fromkeys(draft.scene.thread.company for draft in rest):
        first, *others = sorted((draft for draft in rest if draft.scene.thread.company == company), key=_leads)
        along = [section_of(draft, rule="R25", merged=True) for draft in others]
        along += [_going_along(one) for one in looked if not one.ready and _goes_along(one, company)]
        yield PlannedUpdate(sections=(section_of(first), *along))


def _section(one: Looked) -> Section:
    return farewell_of(one.scene) if one.scene.thread.leaving else section_of(_draft(one))


def _draft(one: Looked) -> Draft:
    occasion = one.occasion
    if occasion is None:
        raise AssertionError("a thread without an occasion is never ready")
    return draft_of(one.scene, promised=occasion.promised, rule=_sending_rule(one.scene, occasion))


def _sending_rule(scene: Scene, occasion: Occasion) -> str:
    if occasion.promised or occasion.rule == "R33":
        return occasion.rule
    return "R10" if scene.thread.told is None else "R21"


def _leads(draft: Draft) -> tuple[int, int, str]:
    weight = WEIGHT_RANK[draft.weight] if draft.weight else len(WEIGHT_RANK)
    return (weight, KIND_RANK[draft.kind], draft.facts.order)


def _goes_along(one: Looked, company: str) -> bool:
    """Due within minutes, or held by nothing but the contact's 24 hours; complete; no decision mail (R25)."""
    scene, occasion = one.scene, one.occasion
    if (
        occasion is None
        or scene.silent
        or scene.thread.leaving
        or scene.thread.company != company
        or scene.lacks
        or _asks(scene.changes)
    ):
        return False
    if occasion.only_contact_gap:
        return True
    soon = occasion.at <= scene.now + scene.rhythm.goes_along_within
    return soon and (bool(scene.changes) or _confirmed(scene)) and _two_hours_over(scene)


def _asks(found: tuple[Change, ...]) -> bool:
    return bool(found) and found[0].row.kind is Kind.DECISION_NEEDED


def _confirmed(scene: Scene) -> bool:
    return any(line.line not in scene.unconfirmed for line in scene.delayed_lines)


def _two_hours_over(scene: Scene) -> bool:
    told = scene.thread.told
    return told is None or scene.now >= told.accepted_at + scene.rhythm.decisive_gap


def _going_along(one: Looked) -> Section:
    return section_of(draft_of(one.scene, promised=False, rule="R25"), merged=True)
