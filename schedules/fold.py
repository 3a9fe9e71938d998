"""A line's facts are a fold over its events, in the order (time, source, id), whatever order they came in (R1, R3, R6).

An event whose figures do not add up in its place waits and is tried again after every later one; it is dropped from
that queue without effect once a later event has stated the same figure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import field, fields
from datetime import datetime
from decimal import Decimal
from typing import Final

from schedules.events import Event, EventKey, EventType
from schedules.facts import LineFacts
from schedules.kinds import Confirmed
from schedules.quantities import plain
from schedules.steps import CONFIRMING, READ_MORE_THAN_FACTS, STEPS, TRIMMED, DoesNotAddUpError, State
from schedules.values import dataclass


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event that cannot be applied yet, and why, for a person to read."""

    key: EventKey
    reason: str


@dataclass(frozen=True, slots=True)
class Folded:
    """The facts after all events that add up, and the events that do not; no facts before an opening."""

    facts: LineFacts | None
    waiting: tuple[Waiting, ...] = ()
    trimmed: Mapping[str, Decimal] = field(default_factory=dict)
    """Grants that are too large by now, with the units that are left of each (R5)."""


FIELDS: Final = tuple(field.name for field in fields(LineFacts))


def fold(events: Iterable[Event]) -> Folded:
    """Apply a line's events; the same set gives the same facts in whatever order it is handed over."""
    ordered = sorted(events, key=lambda event: event.key)
    opening = next((i for i, event in enumerate(ordered) if event.type is EventType.BACKORDER_OPENED), None)
    if opening is None:
        return Folded(facts=None)
    state: State = {}
    waiting: list[Event] = []
    for event in ordered[opening:]:
        if _applied(state, event):
            waiting = [held for held in waiting if not _superseded(held, event) and not _applied(state, held)]
        else:
            waiting.append(event)
    reasons = tuple(Waiting(key=event.key, reason=_reason(state, event)) for event in waiting)
    facts = LineFacts(**{name: state[name] for name in FIELDS if name in state}) if state else None
    return Folded(facts=facts, waiting=reasons, trimmed=state.get(TRIMMED, {}))


def applied(facts: LineFacts, event: Event) -> LineFacts | None:
    """Give the facts after one event later than all of theirs; None if the event would wait."""
    state = {name: getattr(facts, name) for name in FIELDS}
    return LineFacts(**{name: state[name] for name in FIELDS}) if _applied(state, event) else None


def continued(facts: LineFacts, events: Iterable[Event]) -> LineFacts | None:
    """Give the facts after events that all follow what they hold; None if the whole past must be folded.

    Only for a line of which no event waits; a line with grants, or that turns to another item, needs its past (R5).
    """
    after: LineFacts | None = facts
    for event in sorted(events, key=lambda event: event.key):
        if after is None or after.granted or not _follows(after, event):
            return None
        after = applied(after, event)
    return after


def _follows(facts: LineFacts, event: Event) -> bool:
    same_item = event.data.get("sku") in {None, facts.sku}
    return event.type not in READ_MORE_THAN_FACTS and event.time > facts.changed_at and same_item


STATES_THE_SAME_FIGURE: Final = {
    EventType.STOCK_ALLOCATED: frozenset(
        {EventType.STOCK_ALLOCATED, EventType.STOCK_CLEARED, EventType.BACKORDER_OPENED}
    ),
    EventType.SHIPMENT_SENT: frozenset({EventType.SHIPMENT_SENT}),
    EventType.LINE_CHANGED: frozenset({EventType.LINE_CHANGED, EventType.BACKORDER_OPENED}),
    EventType.BACKORDER_OPENED: frozenset({EventType.BACKORDER_OPENED}),
}


def _superseded(held: Event, later: Event) -> bool:
    return later.type in STATES_THE_SAME_FIGURE.get(held.type, frozenset())


def _applied(state: State, event: Event) -> bool:
    try:
        state.update(_after(state, event))
    except DoesNotAddUpError:
        return False
    return True


def _reason(state: State, event: Event) -> str:
    try:
        _after(state, event)
    except DoesNotAddUpError as reason:
        return str(reason)
    raise AssertionError(f"{event.type} waits although it can be applied")


def _after(state: State, event: Event) -> State:
    step = STEPS.get(event.type)
    if step is None:
        return {}
    if not state and event.type is not EventType.BACKORDER_OPENED:
        raise DoesNotAddUpError("the opening of this line does not add up yet")
    if state and _is_about_another_item(state, event):
        return {}
    trial = dict(state)
    step(trial, event)
    _check(trial)
    trial["changed_at"] = max(event.time, state.get("changed_at", event.time))
    if event.type in CONFIRMING:
        _confirm(trial, event)
    return trial


def _is_about_another_item(state: State, event: Event) -> bool:
    """An event for a SKU speaks of this line only while the line is of that SKU."""
    return "order" not in event.data and event.data.get("sku", state["sku"]) != state["sku"]


def _check(state: State) -> None:
    ordered: Decimal = state["ordered"]
    accounted = state["available"] + state["shipped"] + state["cancelled"]
    if accounted > ordered:
        raise DoesNotAddUpError(
            f"available {plain(state['available'])} + shipped {plain(state['shipped'])} + cancelled "
            f"{plain(state['cancelled'])} is more than ordered {plain(ordered)}"
        )


def _confirmed_at(state: State, event: Event) -> datetime | None:
    """Give the moment of which the event confirms the line; None if it is of no known moment, or of an older one."""
    known: datetime | None = state.get("confirmed_at")
    if event.asof is None:
        return event.time if known is None or event.time >= known else None
    if isinstance(event.asof, datetime):
        at = min(event.asof, event.time)
        return at if known is None or at > known else None
    told = event.data.get("told")
    return None if known is not None else told["at"] if told else event.time


def _confirm(state: State, event: Event) -> None:
    confirmed_at = _confirmed_at(state, event)
    if confirmed_at is None:
        return
    reviewed = event.type is EventType.REVIEW_RECORDED
    state["confirmed_at"] = confirmed_at
    state["confirmed"] = Confirmed.REVIEWED if reviewed else Confirmed.SEEN
    state["confirmed_by"] = str(event.data.get("by") or "") if reviewed else ""
    state["confirmed_text"] = event.data.get("confirmed") if reviewed else None
