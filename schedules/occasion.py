"""When a thread's next update goes out: there is a free moment and a promised one, the earlier wins."""

from typing import Final

from schedules.changes import Change, Name
from schedules.gates import Ahead, Opening, opening
from schedules.kinds import Weight
from schedules.moments import local_day
from schedules.occasions import Occasion
from schedules.reminders import reminder
from schedules.scene import Scene
from schedules.values import replace

EVERY_CHANGE: Final = "every_change"
CHECKPOINTS_ONLY: Final = "checkpoints_only"


def next_occasion(scene: Scene) -> Occasion | None:
    """Give the earliest occasion for an update; None when nothing is left to tell and nothing is promised."""
    if scene.thread.leaving:
        return farewell(scene)
    found = [promised_occasion(scene), free_occasion(scene)]
    if any(line.decision_needed for line in scene.facts.lines):
        found.append(reminder(scene, ahead_of(scene, [])))
    return min((one for one in found if one), key=lambda one: one.at, default=None)


def farewell(scene: Scene) -> Occasion | None:
    """Give the moment of the last note to a contact who heard of the order before (R50)."""
    told = scene.thread.told
    if told is None or told.closed:
        return None
    at = max(scene.now, told.accepted_at + scene.rhythm.decisive_gap)
    return Occasion(at=scene.where.sending.on_or_after(at), rule="R50", promised=False)


def promised_occasion(scene: Scene) -> Occasion | None:
    """Give the promised checkpoint, or one that somebody brought forward.

    A promised moment holds at any hour; a promised day until its end; afterwards, and for one brought forward, sending
    hours count (R17, R24).
    """
    due = scene.checkpoint_at
    if due is None:
        return None
    at = max(due, scene.now)
    if due != scene.promised_at:
        return Occasion(at=scene.where.sending.on_or_after(at), rule="R15", promised=True)
    promise = scene.thread.promise
    in_time = promise is not None and scene.now <= promise.kept_until
    if not (scene.promised_moment or in_time or at > scene.now):
        at = scene.where.sending.on_or_after(at)
    return Occasion(at=at, rule="R12", promised=True)


def free_occasion(scene: Scene) -> Occasion | None:
    """Give the earliest moment at which a change may go out by itself (R20-R26)."""
    found = [occasion for group in _groups(scene) for occasion in [_for_group(scene, group)] if occasion]
    return min(found, key=lambda occasion: occasion.at, default=None)


def _groups(scene: Scene) -> list[list[Change]]:
    """Part the changes by what may hold them; minor ones go alone only if the buyer asked for every change (R27)."""
    preference = scene.correspondence.preference
    groups: dict[str, list[Change]] = {"passed": [], "exempt": [], "decisive": [], "notable": [], "minor": []}
    for change in scene.changes:
        groups[_group_of(change)].append(change)
    if preference == CHECKPOINTS_ONLY:
        groups["notable"] = []
    if preference != EVERY_CHANGE:
        groups["minor"] = []
    return [group for group in groups.values() if group]


def _group_of(change: Change) -> str:
    row = change.row
    if row.weight is not Weight.DECISIVE:
        return "notable" if row.weight is Weight.NOTABLE else "minor"
    if change.name is Name.DATE_PASSED:
        return "passed"
    return "exempt" if row.gap_exempt else "decisive"


def _for_group(scene: Scene, group: list[Change]) -> Occasion | None:
    if group[0].name is Name.DATE_PASSED:
        return _for_passed_date(scene, group)
    ahead = ahead_of(scene, group)
    found = opening(scene.now, ahead)
    alone = found.at > scene.now and _without_contact_gap(scene, ahead).at <= scene.now
    return Occasion(at=found.at, rule=found.rule, promised=False, only_contact_gap=alone)


def _for_passed_date(scene: Scene, group: list[Change]) -> Occasion:
    """A passed date needs no settle window, and waits for a checkpoint due that day (R20)."""
    due, zone = scene.checkpoint_at, scene.where.zone
    if due and due > scene.now and local_day(due, zone) == local_day(scene.now, zone):
        return Occasion(at=due, rule="R20", promised=False)
    found = opening(scene.now, replace(ahead_of(scene, group), window_ends_at=None))
    return Occasion(at=found.at, rule=found.rule, promised=False)


def _without_contact_gap(scene: Scene, ahead: Ahead) -> Opening:
    return opening(scene.now, replace(ahead, contact_last_at=None))


def ahead_of(scene: Scene, group: list[Change]) -> Ahead:
    """Put together what stands between a group of changes and its mail."""
    thread, told = scene.thread, scene.thread.told
    return Ahead(
        weight=group[0].row.weight if group else Weight.DECISIVE,
        window_ends_at=thread.window.ends_at if thread.window else None,
        gap_exempt=all(change.row.gap_exempt for change in group),
        replacing=thread.replacing,
        every_change=scene.correspondence.preference == EVERY_CHANGE,
        thread_last_at=told.accepted_at if told else None,
        contact_last_at=scene.correspondence.last_update_at,
        checkpoint_at=scene.checkpoint_at,
        history=thread.history,
        where=scene.where,
        rhythm=scene.rhythm,
    )
