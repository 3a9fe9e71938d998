"""What the seller's people must be told about a thread, from its scene (R9, R10, R13, R14, R17)."""

from collections.abc import Iterator
from datetime import datetime

from schedules.cadence import set_in_the_past
from schedules.completeness import replaced
from schedules.kinds import Weight
from schedules.obligations import Code, Obligation, Recipient, reminder_at, warning_at, warning_time
from schedules.occasions import Occasion
from schedules.scene import Scene
from schedules.values import dataclass


@dataclass(frozen=True, slots=True)
class Duties:
    """Obligations that are due now, and the next moment at which one may become due."""

    due: tuple[Obligation, ...]
    next_at: datetime | None


def duties(scene: Scene) -> Duties:
    """Part the obligations of a thread into those that have come and the next one ahead.

    A reminder and warnings that all lie ahead are only a moment here: most threads have them, at every look.
    """
    asked = _asked_for(scene)
    soonest = min(asked[1:]) if asked else None
    if soonest is None or soonest <= scene.now:
        found = all_duties(scene)
    else:
        found = [*_lacks(scene), *_first_notice(scene), *_entries(scene)]
    due = tuple(obligation for obligation in found if obligation.at <= scene.now)
    ahead = [item.at for item in found if item.at > scene.now]
    if soonest is not None and soonest > scene.now:
        ahead.append(soonest)
    return Duties(due, min(ahead, default=None))


def all_duties(scene: Scene) -> list[Obligation]:
    """List what the owners of a thread must be told, now and ahead, as things stand."""
    return [*_lacks(scene), *_first_notice(scene), *_confirmation(scene), *_entries(scene)]


def _lacks(scene: Scene) -> Iterator[Obligation]:
    """What stops an update is told at once: one item per order, keyed by exactly what lacks (R9)."""
    if not scene.lacks or not (scene.changes or scene.checkpoint_at):
        return
    texts = tuple(f"line {line}: {lack}" for line, lacks in scene.lacks.items() for lack in lacks)
    yield Obligation(
        code=Code.LACKS_FACTS,
        recipient=Recipient.OWNER,
        order=scene.facts.order,
        line=next(iter(scene.lacks)),
        key=f"R9/{scene.facts.order}/{'|'.join(texts)}",
        at=scene.where.working.on_or_after(scene.now),
        lacking=texts,
    )


def _first_notice(scene: Scene) -> Iterator[Obligation]:
    """R10: half of the time reminds, the limit escalates."""
    if scene.thread.told is not None or not scene.changes or not scene.lacks:
        return
    opened, limit, working = scene.thread.opened_at, scene.first_notice_limit, scene.where.working
    half = scene.where.sending.plus(opened, scene.rhythm.first_notice_within / 2)
    key = f"R10/{scene.facts.order}/{opened.isoformat()}"
    yield Obligation(
        code=Code.FIRST_NOTICE_HALF,
        recipient=Recipient.OWNER,
        order=scene.facts.order,
        key=f"{key}/half",
        at=max(warning_time(half, opened, working), opened),
        due_at=limit,
    )
    yield Obligation(
        code=Code.FIRST_NOTICE_LATE,
        recipient=Recipient.ESCALATION,
        order=scene.facts.order,
        key=f"{key}/late",
        at=working.on_or_after(limit),
        due_at=limit,
    )


def _asked_for(scene: Scene) -> tuple[datetime, datetime, datetime] | None:
    """Give checkpoint, reminder and warning while a delayed line is unconfirmed before that checkpoint."""
    due, told = scene.checkpoint_at, scene.thread.told
    if due is None or told is None or not scene.unconfirmed or due <= scene.now:
        return None
    since, where, rhythm = told.accepted_at, scene.where, scene.rhythm
    return due, reminder_at(due, since, where, rhythm), warning_at(due, since, where, rhythm)


def _confirmation(scene: Scene) -> Iterator[Obligation]:
    """R13's reminder and R14's warnings, while a delayed line is unconfirmed before the checkpoint."""
    asked = _asked_for(scene)
    if asked is None:
        return
    due, remind, warned = asked
    moments = (
        ("R13", Code.UNCONFIRMED_REMINDER, Recipient.OWNER, remind),
        ("R14", Code.UNCONFIRMED_WARNING, Recipient.OWNER, warned),
        ("R14", Code.UNCONFIRMED_WARNING, Recipient.ESCALATION, warned),
    )
    order, line, ending = scene.facts.order, min(scene.unconfirmed), f"{scene.facts.order}/{due.isoformat()}"
    for rule, code, recipient, at in moments:
        key = f"{rule}/{ending}"
        yield Obligation(code=code, recipient=recipient, order=order, line=line, key=key, at=at, due_at=due)


def _entries(scene: Scene) -> Iterator[Obligation]:
    """Entries that yielded to an approved phrase or to the cadence, once each (R9)."""
    for line in scene.delayed_lines:
        texts = tuple(str(lack) for lack in replaced(line, scene.wording))
        if texts and line.line not in scene.lacks:
            yield _entry(scene, Code.FREE_TEXT_REFUSED, line.line, "|".join(texts), texts)
        if set_in_the_past(line, scene.where, scene.rhythm):
            found = line.next_checkpoint.isoformat() if line.next_checkpoint else ""
            text = (
                f"next_checkpoint: found {found}, which had passed when it was entered; allowed: a later day or moment"
            )
            yield _entry(scene, Code.PAST_CHECKPOINT, line.line, found, (text,))


def _entry(scene: Scene, code: Code, line: str, what: str, lacking: tuple[str, ...]) -> Obligation:
    order, at = scene.facts.order, scene.where.working.on_or_after(scene.now)
    key = f"R9/{order}/{line}/{code}/{what}"
    return Obligation(code=code, recipient=Recipient.OWNER, order=order, line=line, key=key, at=at, lacking=lacking)


def to_both(scene: Scene, code: Code, key: str, due_at: datetime) -> tuple[Obligation, ...]:
    """Tell the owner and the escalation contact the same thing, in their working hours."""
    at = scene.where.working.on_or_after(scene.now)
    return tuple(
        Obligation(code=code, recipient=recipient, order=scene.facts.order, key=key, at=at, due_at=due_at)
        for recipient in (Recipient.OWNER, Recipient.ESCALATION)
    )


def phone_task(scene: Scene, occasion: Occasion) -> Obligation | None:
    """What cannot be mailed is told by phone: under a pause what was promised, without an address everything (R49)."""
    thread, order = scene.thread, scene.facts.order
    if thread.leaving or (thread.paused_by and not occasion.promised):
        return None
    since = thread.told.accepted_at.isoformat() if thread.told else "first"
    decisive = [f"{change.name}:{change.line}" for change in scene.changes if change.row.weight is Weight.DECISIVE]
    what = scene.checkpoint_at.isoformat() if occasion.promised and scene.checkpoint_at else "/".join(decisive)
    return Obligation(
        code=Code.TELL_BY_PHONE,
        recipient=Recipient.OWNER,
        order=order,
        key=f"{'R49' if thread.paused_by else 'R50'}/{order}/{since}/{what}",
        at=scene.where.working.on_or_after(scene.now),
        due_at=scene.checkpoint_at if occasion.promised else None,
        note=f"Paused by {thread.paused_by}." if thread.paused_by else "There is no working address.",
    )
