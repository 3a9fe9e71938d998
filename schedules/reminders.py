"""The one reminder of a decision that is still open (R33)."""

from datetime import datetime

from schedules.calendars import due_of
from schedules.facts import LineFacts
from schedules.gates import Ahead, opening, quiet_from
from schedules.occasions import Occasion
from schedules.scene import Scene
from schedules.values import replace


def deadline(scene: Scene) -> datetime | None:
    """Give the earliest deadline of a decision that the buyer was asked for and has not made; None without one."""
    told = scene.thread.told
    if told is None:
        return None
    asked = {line.line for line in told.facts.lines if line.decision_needed}
    open_lines = [line for line in scene.delayed_lines if line.decision_needed and line.line in asked]
    found = [at for line in open_lines for at in [_of_line(line, scene)] if at is not None and at > scene.now]
    return min(found, default=None)


def _of_line(line: LineFacts, scene: Scene) -> datetime | None:
    if line.decide_by is None:
        return scene.checkpoint_at
    return due_of(line.decide_by, scene.where, scene.rhythm)[0]


def reminded_for(scene: Scene) -> datetime | None:
    """Give the deadline that an update sent now reminds of; None while it is too early, or it was done."""
    due = deadline(scene)
    if due is None or due == scene.thread.reminded_for or scene.now < _from(due, scene):
        return None
    return due


def reminder(scene: Scene, ahead: Ahead) -> Occasion | None:
    """Give the occasion for a reminder: a business day before, unless the buyer was asked since then."""
    due, told = deadline(scene), scene.thread.told
    if due is None or told is None or due == scene.thread.reminded_for:
        return None
    start = _from(due, scene)
    if told.accepted_at >= start:
        return None
    found = opening(max(start, scene.now), replace(ahead, window_ends_at=None))
    return Occasion(at=found.at, rule="R33", promised=False) if found.at < due else None


def _from(due: datetime, scene: Scene) -> datetime:
    return quiet_from(due, scene.where, scene.rhythm)
