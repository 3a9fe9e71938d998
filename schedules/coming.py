"""What will happen to a thread if nothing changes, soonest first (R28): for people who ask."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

from schedules.duties import all_duties
from schedules.obligations import Recipient
from schedules.planner import look
from schedules.scene import Scene, next_passing
from schedules.values import dataclass


class What(StrEnum):
    """One thing that will happen."""

    UPDATE = "update"
    """The buyer hears of what changed."""
    REVIEW = "review"
    """The buyer hears at the checkpoint, the facts being confirmed."""
    HOLDING_NOTE = "holding-note"
    """The buyer hears at the checkpoint that nothing is confirmed, unless somebody confirms it before."""
    FINAL_NOTE = "final-note"
    """The buyer hears that the case is closed."""
    CALL = "call"
    """The buyer is to be told by phone (R49, R50)."""
    OWNER_TOLD = "owner-told"
    """The owner gets a line in his list."""
    ESCALATION_TOLD = "escalation-told"
    """The escalation contact gets a line in his list."""
    DATE_PASSES = "date-passes"
    """The expected date will have passed; the buyer hears if units are still delayed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """What happens when, and by which rule; `code` says what an owner is told."""

    at: datetime
    what: What
    rule: str
    code: str = ""


def coming(scene: Scene) -> tuple[Coming, ...]:
    """List what will happen to a thread if nothing else arrives, soonest first."""
    if scene.thread.in_flight:
        return ()
    return tuple(sorted(set(_all(scene)), key=lambda one: (one.at, one.what, one.code)))


def _all(scene: Scene) -> Iterator[Coming]:
    looked = look(scene)
    occasion = looked.occasion
    if occasion is not None and not looked.held:
        what = _at_checkpoint(scene) if occasion.promised else What.UPDATE
        yield Coming(at=occasion.at, what=What.CALL if scene.silent else what, rule=occasion.rule)
        due = scene.checkpoint_at
        if due is not None and not occasion.promised and occasion.at < due:
            yield Coming(at=due, what=What.CALL if scene.silent else _at_checkpoint(scene), rule="R12")
    for duty in all_duties(scene):
        if duty.at >= scene.now:
            told = What.OWNER_TOLD if duty.recipient is Recipient.OWNER else What.ESCALATION_TOLD
            yield Coming(at=duty.at, what=told, rule=duty.key.partition("/")[0], code=duty.code)
    passing = next_passing(scene)
    if passing is not None and passing > scene.now:
        yield Coming(at=passing, what=What.DATE_PASSES, rule="R20")


def _at_checkpoint(scene: Scene) -> What:
    delayed = scene.delayed_lines
    if not delayed:
        return What.FINAL_NOTE
    return What.HOLDING_NOTE if all(line.line in scene.unconfirmed for line in delayed) else What.REVIEW
