"""What a buyer's silence means once the time to answer is over: the order keeps waiting, or a preset cancels (R39)."""

from datetime import datetime, time, timedelta

from schedules.correspondence import Told
from schedules.events import Checkpoint
from schedules.facts import LineFacts
from schedules.kinds import Choice
from schedules.moments import at_clock
from schedules.rhythm import Rhythm
from schedules.scene import Scene
from schedules.values import dataclass

A_DAY = timedelta(days=1)
MIDNIGHT = time(0)


@dataclass(frozen=True, slots=True)
class Lapse:
    """Lines whose time to answer is over, by order: their delayed units are cancelled at `at`."""

    order: str
    lines: tuple[str, ...]
    at: datetime


def silence_means(line: LineFacts, rhythm: Rhythm) -> Choice:
    """Give what no answer means for a line that is asked about: wait, or cancel.

    The first delay, to a day at most so many days after the promised one, is consented to by silence. A longer one, a
    later one, or one without a day is cancelled. Without a promised day nothing is late by this rule.
    """
    most = rhythm.silence_cancels_after_days
    if not most or line.promised_on is None:
        return Choice.WAIT
    if line.expected_on is None or line.passed or line.expected_on > line.promised_on + A_DAY * most:
        return Choice.CANCEL
    later = line.asked_for is not None and line.expected_on > line.asked_for
    return Choice.CANCEL if later else Choice.WAIT


def lapsing(lines: tuple[LineFacts, ...], rhythm: Rhythm) -> tuple[str, ...]:
    """Give the lines that an unanswered request would cancel."""
    asked = [line for line in lines if line.decision_needed and line.offered]
    return tuple(line.line for line in asked if silence_means(line, rhythm) is Choice.CANCEL)


def lapse(scene: Scene) -> Lapse | None:
    """Give what silence cancels, and when; None while nothing was asked for in an accepted mail, or may be mailed.

    What counts is what the mail said, and that it still holds.
    """
    told = scene.thread.told
    if told is None or not scene.rhythm.silence_cancels_after_days or scene.silent or scene.thread.leaving:
        return None
    still = set(lapsing(scene.facts.lines, scene.rhythm))
    lines = [line for line in told.facts.lines if line.line in still & set(lapsing(told.facts.lines, scene.rhythm))]
    ends = [at for at in (_ends(line.decide_by, told, scene.where.zone) for line in lines) if at is not None]
    if not ends:
        return None
    return Lapse(order=scene.facts.order, lines=tuple(line.line for line in lines), at=max(ends))


def _ends(decide_by: Checkpoint | None, told: Told, zone: str) -> datetime | None:
    """Give the end of the time to answer that the last mail named: a day is over when it ends in the buyer's zone."""
    checkpoint = told.checkpoint.due_at if told.checkpoint else None
    if decide_by is None:
        return checkpoint
    named = decide_by if isinstance(decide_by, datetime) else at_clock(decide_by + A_DAY, MIDNIGHT, zone)
    return named if named > told.accepted_at else checkpoint
