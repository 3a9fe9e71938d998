"""What an update sent now states of one order: kind, lines, next checkpoint, and what it does to the promise."""

from datetime import datetime

from schedules.cadence import NextCheckpoint, explicit, in_business_days, next_checkpoint
from schedules.changes import Change, changes
from schedules.facts import LineFacts, OrderFacts
from schedules.gates import quiet_from
from schedules.kinds import KIND_RANK, Kind, SetBy, Weight
from schedules.reminders import reminded_for
from schedules.scene import Scene
from schedules.silence import lapsing
from schedules.values import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One order's part of an update; `facts` become told when the mail is accepted."""

    thread_id: int
    order: str
    company: str
    kind: Kind
    weight: Weight | None
    rule: str
    changes: tuple[Change, ...]
    facts: OrderFacts
    listed: tuple[str, ...]
    """The lines the mail states, changed ones first (R11)."""
    under_review: frozenset[str]
    checkpoint: NextCheckpoint | None
    replaces_at: datetime | None
    promised: bool
    news: bool
    confirmed: bool
    closing: bool
    handed_over: bool
    merged: bool
    reminded_for: datetime | None = None
    """The deadline of an open decision that this update reminds of (R33)."""
    lapsing: tuple[str, ...] = ()
    """The lines that no answer would cancel (R39)."""


def farewell_of(scene: Scene, *, merged: bool = False) -> Section:
    """Compose the last note to a contact whose order passed to somebody else: nothing of the order but its number."""
    return Section(
        thread_id=scene.thread.thread_id,
        order=scene.facts.order,
        company=scene.thread.company,
        kind=Kind.CONTACT_CHANGED,
        weight=None,
        rule="R50",
        changes=(),
        facts=scene.facts,
        listed=(),
        under_review=frozenset(),
        checkpoint=None,
        replaces_at=None,
        promised=False,
        news=True,
        confirmed=False,
        closing=True,
        handed_over=False,
        merged=merged,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a section will say, worked out as far as mails are put together by."""

    scene: Scene
    facts: OrderFacts
    found: tuple[Change, ...]
    under_review: frozenset[str]
    reminds: datetime | None
    kind: Kind
    promised: bool
    rule: str

    @property
    def weight(self) -> Weight | None:
        """What the section's news weighs; a reminder is decisive."""
        if self.reminds:
            return Weight.DECISIVE
        return self.found[0].row.weight if self.found else None


def draft_of(scene: Scene, *, promised: bool, rule: str) -> Draft:
    """Work out what the order's section says; `promised` when a checkpoint, not a change, sends it."""
    facts = stated_facts(scene)
    found = _changes_stated(scene, facts)
    under_review = (
        frozenset(line.line for line in facts.lines if line.line in scene.unconfirmed) if promised else frozenset()
    )
    reminds = reminded_for(scene)
    return Draft(
        scene=scene,
        facts=facts,
        found=found,
        under_review=under_review,
        reminds=reminds,
        kind=_kind(scene, facts, found, under_review, promised=promised, reminds=reminds is not None),
        promised=promised,
        rule=rule,
    )


def section_of(draft: Draft, *, rule: str = "", merged: bool = False) -> Section:
    """Compose the order's section; `merged` when it goes along with another that leads (R25)."""
    scene, told = draft.scene, draft.scene.thread.told
    handed_over = scene.thread.handed_over or (
        draft.kind is Kind.HOLDING_NOTE and scene.thread.holding_notes >= scene.rhythm.handed_over_after_holding_notes
    )
    facts = handed_over_facts(scene, draft.facts) if handed_over else draft.facts
    checkpoint = _checkpoint(scene, facts, draft.kind, promised=draft.promised)
    open_promise = scene.thread.promise
    early = open_promise is not None and scene.now < open_promise.due_at
    replaced = early and (checkpoint is None or checkpoint.due_at != scene.promised_at)
    return Section(
        thread_id=scene.thread.thread_id,
        order=facts.order,
        company=scene.thread.company,
        kind=draft.kind,
        weight=draft.weight,
        rule=rule or _rule(draft.kind, draft.rule),
        changes=draft.found,
        facts=facts,
        listed=_listed(facts, told.facts if told else None, draft.found),
        under_review=draft.under_review,
        checkpoint=checkpoint,
        replaces_at=open_promise.due_at if open_promise and replaced else None,
        promised=draft.promised,
        news=bool(draft.found),
        confirmed=any(line.confirmed_at > told.accepted_at for line in facts.lines) if told else False,
        closing=checkpoint is None,
        handed_over=handed_over,
        merged=merged,
        reminded_for=draft.reminds,
        lapsing=lapsing(facts.lines, scene.rhythm),
    )


def handed_over_facts(scene: Scene, facts: OrderFacts) -> OrderFacts:
    """Give facts as they are stated from the hand-over on: the escalation contact answers for the order (R14)."""
    return replace(facts, owner=scene.correspondence.team.escalation)


def stated_facts(scene: Scene) -> OrderFacts:
    """Leave out what is incomplete: a told line stands as last told, an untold one is not stated yet (R9)."""
    if not scene.lacks:
        return scene.facts
    told = {line.line: line for line in scene.thread.told.facts.lines} if scene.thread.told else {}
    lines = [told.get(line.line) if line.line in scene.lacks else line for line in scene.facts.lines]
    return replace(scene.facts, lines=tuple(line for line in lines if line is not None))


def _changes_stated(scene: Scene, facts: OrderFacts) -> tuple[Change, ...]:
    if facts is scene.facts:
        return scene.changes
    told = scene.thread.told
    return changes(told.facts if told else None, facts, scene.where.common)


def _kind(
    scene: Scene,
    facts: OrderFacts,
    found: tuple[Change, ...],
    under_review: frozenset[str],
    *,
    promised: bool,
    reminds: bool,
) -> Kind:
    delayed = scene.delayed_lines if facts is scene.facts else tuple(line for line in facts.lines if line.delayed)
    if not delayed and _at_shipping_step(scene, promised=promised):
        return Kind.FINAL_NOTE
    if promised and delayed and all(line.line in under_review for line in delayed):
        return Kind.HOLDING_NOTE
    if reminds:
        decisive = [change.row.kind for change in found if change.row.weight is Weight.DECISIVE]
        return min([*decisive, Kind.DECISION_NEEDED], key=KIND_RANK.__getitem__)
    if found and found[0].row.weight is not Weight.MINOR:
        return _weightiest(found).row.kind
    return found[0].row.kind if found else Kind.CHECKPOINT_REVIEW


def _weightiest(found: tuple[Change, ...]) -> Change:
    top = found[0].row.weight
    return min((change for change in found if change.row.weight is top), key=lambda change: KIND_RANK[change.row.kind])


def _at_shipping_step(scene: Scene, *, promised: bool) -> bool:
    told = scene.thread.told
    return promised and told is not None and told.checkpoint is not None and told.checkpoint.shipping_step


def _checkpoint(scene: Scene, facts: OrderFacts, kind: Kind, *, promised: bool) -> NextCheckpoint | None:
    """Give the checkpoint to state: none in a final note, the standing promise, or a new one (R11, R23)."""
    if kind is Kind.FINAL_NOTE:
        return None
    where, rhythm, now = scene.where, scene.rhythm, scene.now
    ahead = scene.ahead if facts.lines == scene.facts.lines else facts
    if kind is Kind.HOLDING_NOTE:
        holding = in_business_days(rhythm.holding_business_days, now, where, rhythm)
        somebody = explicit(ahead, now, where, rhythm)
        return somebody if somebody and somebody.due_at < holding.due_at else holding
    standing = None if promised else _standing(scene, facts)
    quiet = 0 if scene.changes else scene.thread.quiet_updates + 1
    if standing is None:
        ignoring = scene.promised_at if scene.promised_at and scene.promised_at > now else None
        return next_checkpoint(ahead, now, where, rhythm, quiet, ignoring_until=ignoring if facts.is_delayed else None)
    sooner = explicit(ahead, now, where, rhythm)
    return sooner if sooner and sooner.due_at < standing.due_at else standing


def _standing(scene: Scene, facts: OrderFacts) -> NextCheckpoint | None:
    """Give the promised checkpoint if it stays (R23, R33).

    It lies ahead, and the buyer is reminded to answer by then, or somebody set it and nothing confirmed replaces it.
    """
    told = scene.thread.told
    if told is None or told.checkpoint is None or told.checkpoint.due_at <= scene.now or not facts.is_delayed:
        return None
    if told.checkpoint.due_at == reminded_for(scene):
        return told.checkpoint
    if told.checkpoint.set_by is SetBy.CADENCE:
        return None
    close = scene.now >= quiet_from(told.checkpoint.due_at, scene.where, scene.rhythm)
    decisive = any(change.row.weight is Weight.DECISIVE for change in scene.changes)
    return None if close and decisive and _newly_confirmed(scene) else told.checkpoint


def _newly_confirmed(scene: Scene) -> bool:
    return any(line.line not in scene.unconfirmed for line in scene.delayed_lines)


def _listed(facts: OrderFacts, told: OrderFacts | None, found: tuple[Change, ...]) -> tuple[str, ...]:
    changed = {change.line for change in found if change.line}
    before = {line.line: line for line in told.lines} if told else {}

    def stated(line: LineFacts) -> bool:
        known = before.get(line.line)
        return not line.settled or line.line in changed or (known is not None and not known.settled)

    lines = [line.line for line in facts.lines if stated(line)]
    return tuple(sorted(lines, key=lambda line: line not in changed))


def _rule(kind: Kind, rule: str) -> str:
    match kind:
        case Kind.HOLDING_NOTE:
            return "R14"
        case Kind.FINAL_NOTE | Kind.STOCK_CLEARED:
            return "R40"
        case _:
            return rule
