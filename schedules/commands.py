"""Decisions are commands: judged once, against the facts at their arrival, never again in the fold (R6, R38)."""

from decimal import Decimal
from typing import Final

from schedules.events import Event, EventType
from schedules.facts import Decision, LineFacts, OrderFacts
from schedules.kinds import Choice, Outlook
from schedules.quantities import ZERO, plain
from schedules.values import dataclass

COMMANDS: Final = frozenset({EventType.DECISION_RECORDED, EventType.DECISION_APPROVED, EventType.SPLIT_APPROVED})


@dataclass(frozen=True, slots=True)
class Ruling:
    """What was ruled: the lines a decision is about, whether it stands approved; or why it is refused."""

    lines: tuple[str, ...] = ()
    approved: bool = False
    refusal: str = ""


def ruling(facts: OrderFacts, event: Event) -> Ruling:
    """Judge a decision on an order's present facts; every line it names must allow it."""
    named = event.data.get("line")
    lines = [line for line in facts.lines if named in {None, line.line} and (named or line.delayed)]
    if not lines:
        return Ruling(refusal=f"order: found {facts.order}, of which nothing is delayed; allowed: an open backorder")
    for line in lines:
        refusal = _refusal(line, event, alone=len(lines) == 1)
        if refusal:
            return Ruling(refusal=refusal)
    approved = event.type is EventType.DECISION_RECORDED and all(_is_approved_at_once(line, event) for line in lines)
    return Ruling(lines=tuple(line.line for line in lines), approved=approved)


def choice_of(event: Event) -> Choice:
    """Give what was chosen; an approved split need not say so."""
    return Choice(event.data.get("choice") or Choice.SPLIT)


def _refusal(line: LineFacts, event: Event, *, alone: bool) -> str:
    choice, units = choice_of(event), event.data.get("units")
    if line.closed or not line.delayed:
        what = f"which is closed ({line.closed})" if line.closed else "of which nothing is delayed"
        return f"line: found {line.line}, {what}; allowed: a line with delayed units"
    if _is_second_answer(line, event):
        known = line.decision
        return f"choice: found {choice}; allowed: {known.choice if known else ''}, which was chosen already"
    if units is not None and not alone:
        return "units: found units for several lines; allowed: units together with `line`"
    return _refused_figures(line, choice, units)


def _refused_figures(line: LineFacts, choice: Choice, units: Decimal | None) -> str:
    if choice is Choice.WAIT and line.outlook is Outlook.CANNOT_FULFIL:
        return f"choice: found wait, but line {line.line} cannot be fulfilled; allowed: another choice"
    if choice is Choice.SPLIT and (units or ZERO) > line.available:
        return f"units: found {plain(units or ZERO)}; allowed: at most the {plain(line.available)} that are available"
    if choice is Choice.SPLIT and not line.available:
        return f"choice: found split, but nothing of line {line.line} is available; allowed: another choice"
    least = line.shipped + line.available + line.cancelled
    if choice is Choice.ADJUST and units is not None and units < least:
        return (
            f"units: found {plain(units)}; allowed: at least {plain(least)}, which are available, shipped or cancelled"
        )
    return ""


def _is_second_answer(line: LineFacts, event: Event) -> bool:
    """The buyer answered already, with something else; the seller's people may still decide otherwise."""
    by = event.data.get("by")
    from_buyer = isinstance(by, dict) and by.get("role") == "buyer"
    if line.decision is None or line.decision_needed or not from_buyer:
        return False
    made = Decision(
        choice=choice_of(event), units=event.data.get("units"), sku=event.data.get("sku"), approved=False, at=event.time
    )
    return not line.decision.is_same_choice(made)


def _is_approved_at_once(line: LineFacts, event: Event) -> bool:
    """Waiting, and a split within what is available (R38)."""
    choice = choice_of(event)
    within = choice is Choice.SPLIT and (event.data.get("units") or line.available) <= line.available
    return choice is Choice.WAIT or within
