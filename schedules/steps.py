"""What each event does to a line: one small step per type (R1, R5, R6, R38)."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from schedules.events import Event, EventType
from schedules.facts import Decision, Substitute
from schedules.kinds import Cause, Choice, Outcome, Outlook
from schedules.quantities import ZERO, plain
from schedules.values import replace

State = dict[str, Any]
"""A line's facts by field name while they are folded; names that begin with an underscore are left behind."""
Step = Callable[[State, Event], None]
GRANTS: Final = "_grants"
TRIMMED: Final = "_trimmed"
APPROVED: Final = "approved"
"""Set on a decision that was approved on arrival: commands are judged then, not in the fold (R6, R38)."""
OPENED_WITH: Final = "_opened_with"


class DoesNotAddUpError(ValueError):
    """The figures after this event would contradict each other."""


def delayed_of(state: State) -> Decimal:
    """Give the units that cannot ship yet."""
    delayed: Decimal = state["ordered"] - state["shipped"] - state["available"] - state["cancelled"]
    return delayed


def _opened(state: State, event: Event) -> None:
    data = event.data
    if not state:
        state.update(opened_at=event.time, available=ZERO, shipped=ZERO, cancelled=ZERO, line=data["line"])
    _other_item(state, event)
    state.update(ordered=data["ordered"], sku=data["sku"], product=data["product"])
    if not (state.get("granted") and state.get(OPENED_WITH) == data["available"]):
        state.update(available=data["available"], granted=ZERO)
    state[OPENED_WITH] = data["available"]
    state.update(
        {name: data[name] for name in ("shipped", "unit", "promised_on", "decide_by", "listing") if name in data}
    )
    state["closed"] = None
    state["decision_needed"] = bool(data.get("decision_needed", state.get("decision_needed", False)))
    if "substitute" in data:
        state["substitute"] = _substitute(data["substitute"])
    _words(state, event)
    _expected(state, event, "expected_confirmed")
    _asked(state)
    _checkpoint(state, event)
    if state.get("next_checkpoint") is None and data.get("told"):
        state["next_checkpoint"] = data["told"].get("next_checkpoint")
        state["checkpoint_set_at"] = data["told"]["at"]


def _replaced(state: State, _event: Event) -> None:
    """Another line stands for this one from now on."""
    state["closed"] = Outcome.SUBSTITUTED


def _line_changed(state: State, event: Event) -> None:
    names = ("ordered", "sku", "product", "promised_on")
    _other_item(state, event)
    state.update({name: event.data[name] for name in names if event.data.get(name) is not None})
    _give_back(state, -delayed_of(state))
    _words(state, event)


def _allocated(state: State, event: Event) -> None:
    state.update(available=event.data["available"], granted=ZERO, stated=True)


def _cleared(state: State, _event: Event) -> None:
    state.update(available=state["available"] + max(delayed_of(state), ZERO), stated=True)


def _granted(state: State, event: Event) -> None:
    """A share of received stock; what the line does not need goes back to the pool (R5)."""
    units, room = event.data["units"], max(delayed_of(state), ZERO)
    taken = ZERO if state.get("closed") or event.data["item"] != state["sku"] else min(units, room)
    state["available"] += taken
    state["granted"] = state.get("granted", ZERO) + taken
    state[GRANTS] = (*state.get(GRANTS, ()), (event.data["grant"], taken))
    if taken < units:
        state[TRIMMED] = {**state.get(TRIMMED, {}), event.data["grant"]: taken}


def _give_back(state: State, excess: Decimal) -> None:
    """Give up to `excess` granted, unshipped units back, the latest grant first."""
    excess = min(excess, state.get("granted", ZERO))
    if excess <= 0:
        return
    state["available"] -= excess
    state["granted"] -= excess
    kept = []
    for grant, units in reversed(state.get(GRANTS, ())):
        part = min(units, excess)
        excess -= part
        kept.append((grant, units - part))
        if part:
            state[TRIMMED] = {**state.get(TRIMMED, {}), grant: units - part}
    state[GRANTS] = tuple(reversed(kept))


def _other_item(state: State, event: Event) -> None:
    """A line that asks for another item from now on gives back what it was dealt of the one before."""
    if event.data.get("sku") is not None and event.data["sku"] != state.get("sku", event.data["sku"]):
        _give_back(state, state.get("granted", ZERO))


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
        state["granted"] = min(state.get("granted", ZERO), state["available"])


def _cancelled(state: State, event: Event) -> None:
    units = event.data.get("units")
    delayed = max(delayed_of(state), ZERO)
    if units is not None and units > delayed + state["available"]:
        raise DoesNotAddUpError(
            f"{plain(units)} units to cancel are more than the {plain(delayed + state['available'])} not shipped yet"
        )
    units = delayed if units is None else units
    from_ready = max(ZERO, units - delayed)
    granted = min(from_ready, state.get("granted", ZERO))
    _give_back(state, granted)
    state["cancelled"] += units
    state["available"] -= from_ready - granted


def _closed(state: State, event: Event) -> None:
    outcome = Outcome(event.data["outcome"])
    if outcome is Outcome.FULFILLED:
        state.update(shipped=state["ordered"] - state["cancelled"], available=ZERO, granted=ZERO)
    elif outcome is Outcome.CANCELLED:
        state["cancelled"] += max(delayed_of(state), ZERO)
    state["closed"] = outcome


def _decision_requested(state: State, event: Event) -> None:
    state.update(
        choices=tuple(Choice(choice) for choice in event.data["choices"]),
        decision_needed=True,
        decide_by=event.data.get("decide_by"),
    )
    _asked(state)


def _asked(state: State) -> None:
    """Keep the day that the buyer was first asked about: a day behind it is a later delay (R39)."""
    if state.get("decision_needed") and state.get("asked_for") is None:
        state["asked_for"] = state.get("expected_on")


def _decided(state: State, event: Event) -> None:
    """Keep the latest choice; the same again changes nothing but its approval (R38)."""
    data = event.data
    by = data.get("by") or {}
    made = Decision(
        choice=Choice(data.get("choice") or Choice.SPLIT),
        units=data.get("units"),
        sku=data.get("sku"),
        by=by if isinstance(by, str) else by.get("name") or by.get("email") or "",
        role="seller" if isinstance(by, str) else by.get("role", "seller"),
        approved=event.type is not EventType.DECISION_RECORDED or bool(data.get(APPROVED)),
        at=event.time,
    )
    known: Decision | None = state.get("decision")
    if known is None or not known.is_same_choice(made):
        state["decision"] = made
    elif made.approved and not known.approved:
        state["decision"] = replace(known, approved=True, units=made.units if known.units is None else known.units)
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
    EventType.STOCK_GRANTED: _granted,
    EventType.LINE_REPLACED: _replaced,
}
"""What each event does to a line; a type that is not here changes no line."""

READ_MORE_THAN_FACTS: Final = frozenset({EventType.BACKORDER_OPENED, EventType.STOCK_GRANTED, EventType.LINE_REPLACED})
"""Events whose step reads what facts do not hold: the opening before, other grants, or another line's opening."""

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
        EventType.STOCK_GRANTED,
        EventType.LINE_REPLACED,
    }
)
"""Events of the seller's side that confirm the line they are about (R13)."""
