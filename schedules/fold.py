"""A line's facts are a fold over its events, in the order (time, source, id), whatever order they came in (R1, R3, R6).

An event whose figures do not add up in its place waits and is tried again after every later one; it is dropped from
that queue without effect once a later event has stated the same figure.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from schedules.events import Event, EventKey, EventType
from schedules.facts import Decision, LineFacts, Substitute
from schedules.kinds import Cause, Choice, Confirmed, Outcome, Outlook
from schedules.quantities import ZERO, plain


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


class DoesNotAddUpError(ValueError):
    """The figures after this event would contradict each other."""


State = dict[str, Any]
Step = Callable[[State, Event], None]


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
    return Folded(facts=LineFacts(**state) if state else None, waiting=reasons)


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
    trial = dict(state)
    step(trial, event)
    _check(trial)
    trial["changed_at"] = event.time
    if event.type in CONFIRMING:
        _confirm(trial, event)
    return trial


def _check(state: State) -> None:
    ordered: Decimal = state["ordered"]
    accounted = state["available"] + state["shipped"] + state["cancelled"]
    if accounted > ordered:
        raise DoesNotAddUpError(
            f"available {plain(state['available'])} + shipped {plain(state['shipped'])} + cancelled "
            f"{plain(state['cancelled'])} is more than ordered {plain(ordered)}"
        )


def _delayed(state: State) -> Decimal:
    delayed: Decimal = state["ordered"] - state["shipped"] - state["available"] - state["cancelled"]
    return delayed


def _confirm(state: State, event: Event) -> None:
    reviewed = event.type is EventType.REVIEW_RECORDED
    state["confirmed_at"] = event.time
    state["confirmed"] = Confirmed.REVIEWED if reviewed else Confirmed.SEEN
    state["confirmed_by"] = str(event.data.get("by") or "") if reviewed else ""
    state["confirmed_text"] = event.data.get("confirmed") if reviewed else None


def _opened(state: State, event: Event) -> None:
    data = event.data
    if not state:
        state.update(opened_at=event.time, available=ZERO, shipped=ZERO, cancelled=ZERO, line=data["line"])
    state.update(ordered=data["ordered"], available=data["available"], sku=data["sku"], product=data["product"])
    state.update(
        {name: data[name] for name in ("shipped", "unit", "promised_on", "decide_by", "listing") if name in data}
    )
    state["closed"] = None
    state["decision_needed"] = bool(data.get("decision_needed", state.get("decision_needed", False)))
    if "substitute" in data:
        state["substitute"] = _substitute(data["substitute"])
    _words(state, event)
    _expected(state, event, "expected_confirmed")
    _checkpoint(state, event)
    if state.get("next_checkpoint") is None and data.get("told"):
        state["next_checkpoint"] = data["told"].get("next_checkpoint")
        state["checkpoint_set_at"] = data["told"]["at"]


def _line_changed(state: State, event: Event) -> None:
    names = ("ordered", "sku", "product", "promised_on")
    state.update({name: event.data[name] for name in names if event.data.get(name) is not None})
    _words(state, event)


def _allocated(state: State, event: Event) -> None:
    state["available"] = event.data["available"]


def _cleared(state: State, _event: Event) -> None:
    state["available"] = state["available"] + max(_delayed(state), ZERO)


def _production(state: State, event: Event) -> None:
    _words(state, event)
    _expected(state, event, "confirmed")


def _reviewed(state: State, event: Event) -> None:
    _checkpoint(state, event)


def _shipped(state: State, event: Event) -> None:
    added = event.data["shipped"] - state["shipped"]
    state["shipped"] = event.data["shipped"]
    if added > 0:
        state["available"] = max(ZERO, state["available"] - added)


def _cancelled(state: State, event: Event) -> None:
    units = event.data.get("units")
    delayed = max(_delayed(state), ZERO)
    if units is not None and units > delayed + state["available"]:
        raise DoesNotAddUpError(
            f"{plain(units)} units to cancel are more than the {plain(delayed + state['available'])} not shipped yet"
        )
    units = delayed if units is None else units
    state["cancelled"] += units
    state["available"] -= max(ZERO, units - delayed)


def _closed(state: State, event: Event) -> None:
    outcome = Outcome(event.data["outcome"])
    if outcome is Outcome.FULFILLED:
        state.update(shipped=state["ordered"] - state["cancelled"], available=ZERO)
    elif outcome is Outcome.CANCELLED:
        state["cancelled"] += max(_delayed(state), ZERO)
    state["closed"] = outcome


def _decision_requested(state: State, event: Event) -> None:
    state.update(
        choices=tuple(Choice(choice) for choice in event.data["choices"]),
        decision_needed=True,
        decide_by=event.data.get("decide_by"),
    )


def _decided(state: State, event: Event) -> None:
    data = event.data
    by = data.get("by") or {}
    approved = event.type is not EventType.DECISION_RECORDED
    choice = Choice(data.get("choice", Choice.SPLIT))
    state["decision"] = Decision(
        choice=choice,
        units=data.get("units"),
        sku=data.get("sku"),
        by=by if isinstance(by, str) else by.get("name") or by.get("email") or "",
        role="seller" if isinstance(by, str) else by.get("role", "seller"),
        approved=approved,
        at=event.time,
    )
    state["decision_needed"] = False


def _words(state: State, event: Event) -> None:
    data = event.data
    if data.get("cause"):
        if state.get("cause") != data["cause"]:
            state.update(reason=None, reason_text=None)
        state["cause"] = Cause(data["cause"])
    state.update({name: data[name] for name in ("reason", "reason_text") if name in data})
    if data.get("outlook"):
        state["outlook"] = Outlook(data["outlook"])
    if data.get("choices") is not None:
        state["choices"] = tuple(Choice(choice) for choice in data["choices"])


def _expected(state: State, event: Event, confirmed: str) -> None:
    if "expected_on" in event.data:
        moved = event.data["expected_on"] != state.get("expected_on")
        state["expected_on"] = event.data["expected_on"]
        if moved or event.data["expected_on"] is None:
            state["expected_confirmed"] = False
    if confirmed in event.data and state.get("expected_on") is not None:
        state["expected_confirmed"] = bool(event.data[confirmed])


def _checkpoint(state: State, event: Event) -> None:
    if event.data.get("next_checkpoint") is not None:
        state["next_checkpoint"] = event.data["next_checkpoint"]
        state["checkpoint_set_at"] = event.time


def _substitute(value: Any) -> Substitute | None:
    return Substitute(sku=value["sku"], product=value.get("product") or "") if value else None


STEPS: Final[dict[EventType, Step]] = {
    EventType.BACKORDER_OPENED: _opened,
    EventType.LINE_CHANGED: _line_changed,
    EventType.STOCK_ALLOCATED: _allocated,
    EventType.STOCK_CLEARED: _cleared,
    EventType.PRODUCTION_CHANGED: _production,
    EventType.REVIEW_RECORDED: _reviewed,
    EventType.SHIPMENT_SENT: _shipped,
    EventType.LINE_CANCELLED: _cancelled,
    EventType.BACKORDER_CLOSED: _closed,
    EventType.DECISION_REQUESTED: _decision_requested,
    EventType.DECISION_RECORDED: _decided,
    EventType.DECISION_APPROVED: _decided,
    EventType.SPLIT_APPROVED: _decided,
}
"""What each event does to a line; a type that is not here changes no line."""

CONFIRMING: Final = frozenset(
    {
        EventType.BACKORDER_OPENED,
        EventType.LINE_CHANGED,
        EventType.STOCK_ALLOCATED,
        EventType.STOCK_CLEARED,
        EventType.PRODUCTION_CHANGED,
        EventType.REVIEW_RECORDED,
        EventType.SHIPMENT_SENT,
        EventType.LINE_CANCELLED,
        EventType.BACKORDER_CLOSED,
    }
)
"""Events of the seller's side that confirm the line they are about (R13)."""
