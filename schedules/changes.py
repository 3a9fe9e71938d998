"""Differences between what a mail stated and what is true now, and what each weighs (R19, R20).

`TABLE` is the one published list: change -> weight -> kind. Some weigh more in a context (a date by how far it moved,
a release by its share); `changes` picks the row.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from schedules.businessdays import Calendar
from schedules.facts import LineFacts, OrderFacts
from schedules.kinds import KIND_RANK, WEIGHT_RANK, Kind, Outcome, Outlook, Weight
from schedules.quantities import ZERO
from schedules.values import dataclass

DATE_MATTERS_FROM_BUSINESS_DAYS: Final = 2
RELEASE_MATTERS_FROM_SHARE: Final = Decimal("0.1")


class Name(StrEnum):
    """Every difference that an update can tell."""

    CASE_OPENED = "case-opened"
    ALL_SETTLED = "all-settled"
    ALL_READY = "all-ready"
    REOPENED = "reopened"
    TAKEN_BACK = "taken-back"
    DATE_LATER = "date-later"
    DATE_PASSED = "date-passed"
    DATE_LOST = "date-lost"
    DECISION_NEEDED = "decision-needed"
    DECISION_RECORDED = "decision-recorded"
    CANNOT_FULFIL = "cannot-fulfil"
    CANCELLED = "cancelled"
    LINE_OPENED = "line-opened"
    LINE_CLEARED = "line-cleared"
    LINE_CLOSED = "line-closed"
    RELEASED = "released"
    DATE_GIVEN = "date-given"
    DATE_CONFIRMED = "date-confirmed"
    DATE_EARLIER = "date-earlier"
    DATE_SLIPPED_LITTLE = "date-slipped-little"
    CAUSE_CHANGED = "cause-changed"
    ORDERED_RAISED = "ordered-raised"
    RELEASED_LITTLE = "released-little"
    DATE_EARLIER_LITTLE = "date-earlier-little"
    DATE_UNCONFIRMED = "date-unconfirmed"
    SHIPPED = "shipped"
    ORDERED_LOWERED = "ordered-lowered"
    REASON_CHANGED = "reason-changed"
    OUTLOOK_CHANGED = "outlook-changed"
    ITEM_CHANGED = "item-changed"
    CHOICES_CHANGED = "choices-changed"
    DEADLINE_CHANGED = "deadline-changed"
    PROMISED_DAY_CHANGED = "promised-day-changed"
    OWNER_CHANGED = "owner-changed"


@dataclass(frozen=True, slots=True)
class Row:
    """How one change is treated; `gap_exempt` lifts R21's two hours for it."""

    weight: Weight
    kind: Kind
    gap_exempt: bool = False


_DECISIVE, _NOTABLE, _MINOR = Weight.DECISIVE, Weight.NOTABLE, Weight.MINOR

TABLE: Final = {
    Name.CASE_OPENED: Row(_DECISIVE, Kind.FIRST_NOTICE),
    Name.ALL_SETTLED: Row(_DECISIVE, Kind.FINAL_NOTE),
    Name.ALL_READY: Row(_DECISIVE, Kind.STOCK_CLEARED),
    Name.REOPENED: Row(_DECISIVE, Kind.PRODUCTION_CHANGED),
    Name.TAKEN_BACK: Row(_DECISIVE, Kind.UNITS_TAKEN_BACK, gap_exempt=True),
    Name.DATE_LATER: Row(_DECISIVE, Kind.PRODUCTION_CHANGED),
    Name.DATE_PASSED: Row(_DECISIVE, Kind.PRODUCTION_CHANGED),
    Name.DATE_LOST: Row(_DECISIVE, Kind.PRODUCTION_CHANGED),
    Name.DECISION_NEEDED: Row(_DECISIVE, Kind.DECISION_NEEDED, gap_exempt=True),
    Name.DECISION_RECORDED: Row(_DECISIVE, Kind.DECISION_CONFIRMED, gap_exempt=True),
    Name.CANNOT_FULFIL: Row(_DECISIVE, Kind.PRODUCTION_CHANGED),
    Name.CANCELLED: Row(_DECISIVE, Kind.LINE_CANCELLED, gap_exempt=True),
    Name.LINE_OPENED: Row(_NOTABLE, Kind.FIRST_NOTICE),
    Name.LINE_CLEARED: Row(_NOTABLE, Kind.STOCK_CLEARED),
    Name.LINE_CLOSED: Row(_NOTABLE, Kind.PARTIAL_RELEASE),
    Name.RELEASED: Row(_NOTABLE, Kind.PARTIAL_RELEASE),
    Name.DATE_GIVEN: Row(_NOTABLE, Kind.PRODUCTION_CHANGED),
    Name.DATE_CONFIRMED: Row(_NOTABLE, Kind.PRODUCTION_CHANGED),
    Name.DATE_EARLIER: Row(_NOTABLE, Kind.PRODUCTION_CHANGED),
    Name.DATE_SLIPPED_LITTLE: Row(_NOTABLE, Kind.PRODUCTION_CHANGED),
    Name.CAUSE_CHANGED: Row(_NOTABLE, Kind.PRODUCTION_CHANGED),
    Name.ORDERED_RAISED: Row(_NOTABLE, Kind.PRODUCTION_CHANGED),
    Name.RELEASED_LITTLE: Row(_MINOR, Kind.PARTIAL_RELEASE),
    Name.DATE_EARLIER_LITTLE: Row(_MINOR, Kind.PRODUCTION_CHANGED),
    Name.DATE_UNCONFIRMED: Row(_MINOR, Kind.PRODUCTION_CHANGED),
    Name.SHIPPED: Row(_MINOR, Kind.PARTIAL_RELEASE),
    Name.ORDERED_LOWERED: Row(_MINOR, Kind.PRODUCTION_CHANGED),
    Name.REASON_CHANGED: Row(_MINOR, Kind.PRODUCTION_CHANGED),
    Name.OUTLOOK_CHANGED: Row(_MINOR, Kind.PRODUCTION_CHANGED),
    Name.ITEM_CHANGED: Row(_MINOR, Kind.PRODUCTION_CHANGED),
    Name.CHOICES_CHANGED: Row(_MINOR, Kind.CHECKPOINT_REVIEW),
    Name.DEADLINE_CHANGED: Row(_MINOR, Kind.CHECKPOINT_REVIEW),
    Name.PROMISED_DAY_CHANGED: Row(_MINOR, Kind.CHECKPOINT_REVIEW),
    Name.OWNER_CHANGED: Row(_MINOR, Kind.CHECKPOINT_REVIEW),
}

MOVED_LITTLE: Final = frozenset({Name.DATE_SLIPPED_LITTLE, Name.DATE_EARLIER_LITTLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference on one line (or on the whole order: `line` is empty)."""

    name: Name
    line: str = ""
    was: Any = None
    now: Any = None

    @property
    def row(self) -> Row:
        return TABLE[self.name]


def changes(told: OrderFacts | None, facts: OrderFacts, calendar: Calendar) -> tuple[Change, ...]:
    """List what the buyer does not know yet, the weightiest first; empty when told and facts agree.

    `calendar` counts common business days for dates. Told is what the last accepted mail stated, so small moves add up
    and a move that was taken back before we wrote is none (R19).
    """
    if told is None:
        return (Change(name=Name.CASE_OPENED),) if facts.is_delayed else ()
    known = {line.line: line for line in told.lines}
    moved = [(known.get(line.line), line) for line in facts.lines if known.get(line.line) is not line]
    if not moved and len(known) == len(facts.lines) and told.owner == facts.owner:
        return ()
    found = [change for was, line in moved for change in _of_line(was, line, calendar)]
    if told.owner != facts.owner:
        found.append(Change(name=Name.OWNER_CHANGED, was=told.owner, now=facts.owner))
    return tuple(sorted(_with_whole_order(told, facts, found), key=rank))


def rank(change: Change) -> tuple[int, int]:
    """Sort key: weight first, then R20's order of kinds."""
    return (WEIGHT_RANK[change.row.weight], KIND_RANK[change.row.kind])


def _with_whole_order(told: OrderFacts, facts: OrderFacts, found: list[Change]) -> list[Change]:
    was_open = told.is_delayed
    if facts.settled and not told.settled:
        return [Change(name=Name.ALL_SETTLED), *found]
    if was_open and not facts.is_delayed:
        return [Change(name=Name.ALL_READY), *found]
    if not was_open and facts.is_delayed:
        return [_reopening(found), *found]
    return found


def _reopening(found: list[Change]) -> Change:
    """A new line reopens as a first notice; R20's row for it would only be notable."""
    opened = next((change for change in found if change.name is Name.LINE_OPENED), None)
    return Change(name=Name.CASE_OPENED, line=opened.line) if opened else Change(name=Name.REOPENED)


def _of_line(was: LineFacts | None, now: LineFacts, calendar: Calendar) -> Iterator[Change]:
    if was is None:
        if now.delayed:
            yield Change(name=Name.LINE_OPENED, line=now.line, now=now.delayed)
        return
    yield from _ending(was, now)
    yield from _quantities(was, now)
    if now.delayed:
        yield from _date(was, now, calendar)
        yield from _words(was, now)
    yield from _decision(was, now)


def _ending(was: LineFacts, now: LineFacts) -> Iterator[Change]:
    if now.closed and not was.closed:
        yield Change(name=Name.CANCELLED if _cancelling(was, now) else Name.LINE_CLOSED, line=now.line, now=now.closed)
    elif was.delayed and not now.delayed and now.cancelled == was.cancelled:
        yield Change(name=Name.LINE_CLEARED, line=now.line, was=was.delayed, now=now.available)


def _cancelling(was: LineFacts, now: LineFacts) -> bool:
    return now.closed is Outcome.CANCELLED and was.delayed > ZERO


def _quantities(was: LineFacts, now: LineFacts) -> Iterator[Change]:
    here = {"line": now.line}
    moved = (now.shipped + now.available) - (was.shipped + was.available)
    if moved < 0:
        yield Change(name=Name.TAKEN_BACK, was=was.available, now=now.available, **here)
    elif moved > 0 and now.delayed and not now.closed:
        little = was.delayed > 0 and moved < was.delayed * RELEASE_MATTERS_FROM_SHARE
        yield Change(name=Name.RELEASED_LITTLE if little else Name.RELEASED, was=was.delayed, now=moved, **here)
    if now.cancelled > was.cancelled and not now.closed:
        yield Change(name=Name.CANCELLED, was=was.cancelled, now=now.cancelled, **here)
    if now.shipped > was.shipped:
        yield Change(name=Name.SHIPPED, was=was.shipped, now=now.shipped, **here)
    if now.ordered > was.ordered:
        yield Change(name=Name.ORDERED_RAISED, was=was.ordered, now=now.ordered, **here)
    elif now.ordered < was.ordered:
        yield Change(name=Name.ORDERED_LOWERED, was=was.ordered, now=now.ordered, **here)


def _date(was: LineFacts, now: LineFacts, calendar: Calendar) -> Iterator[Change]:
    name = _date_change(was, now, calendar)
    if name:
        yield Change(name=name, line=now.line, was=was.expected_on, now=now.expected_on)
    if name in MOVED_LITTLE and now.expected_confirmed and not was.expected_confirmed:
        yield Change(name=Name.DATE_CONFIRMED, line=now.line, was=was.expected_on, now=now.expected_on)
    if now.passed and not (was.passed and was.expected_on == now.expected_on):
        yield Change(name=Name.DATE_PASSED, line=now.line, was=was.expected_on, now=now.expected_on)


def _date_change(was: LineFacts, now: LineFacts, calendar: Calendar) -> Name | None:
    if was.expected_on == now.expected_on:
        return _confirmation_of_date(was, now)
    if now.expected_on is None:
        return Name.DATE_LOST
    if was.expected_on is None:
        return Name.DATE_GIVEN
    return _moved(was.expected_on, now.expected_on, calendar)


def _confirmation_of_date(was: LineFacts, now: LineFacts) -> Name | None:
    if now.expected_on is None or was.expected_confirmed == now.expected_confirmed:
        return None
    return Name.DATE_CONFIRMED if now.expected_confirmed else Name.DATE_UNCONFIRMED


def _moved(was: date, now: date, calendar: Calendar) -> Name:
    days = calendar.between(was, now)
    far = abs(days) >= DATE_MATTERS_FROM_BUSINESS_DAYS
    if now > was:
        return Name.DATE_LATER if far else Name.DATE_SLIPPED_LITTLE
    return Name.DATE_EARLIER if far else Name.DATE_EARLIER_LITTLE


def _words(was: LineFacts, now: LineFacts) -> Iterator[Change]:
    line = now.line
    if was.cause != now.cause:
        yield Change(name=Name.CAUSE_CHANGED, line=line, was=was.cause, now=now.cause)
    elif (was.reason, was.reason_text) != (now.reason, now.reason_text):
        yield Change(name=Name.REASON_CHANGED, line=line, was=was.reason, now=now.reason)
    if was.outlook != now.outlook:
        fatal = now.outlook is Outlook.CANNOT_FULFIL
        name = Name.CANNOT_FULFIL if fatal else Name.OUTLOOK_CHANGED
        yield Change(name=name, line=line, was=was.outlook, now=now.outlook)
    if (was.sku, was.product) != (now.sku, now.product):
        yield Change(name=Name.ITEM_CHANGED, line=line, was=was.product or was.sku, now=now.product or now.sku)
    if was.promised_on != now.promised_on:
        yield Change(name=Name.PROMISED_DAY_CHANGED, line=line, was=was.promised_on, now=now.promised_on)


def _decision(was: LineFacts, now: LineFacts) -> Iterator[Change]:
    line = now.line
    if now.decision and now.decision != was.decision:
        yield Change(name=Name.DECISION_RECORDED, line=line, now=now.decision.choice)
    if not now.delayed:
        return
    if now.decision_needed and not was.decision_needed:
        yield Change(name=Name.DECISION_NEEDED, line=line, now=now.decide_by)
    elif now.decision_needed and was.decide_by != now.decide_by:
        yield Change(name=Name.DEADLINE_CHANGED, line=line, was=was.decide_by, now=now.decide_by)
    if was.offered != now.offered:
        yield Change(name=Name.CHOICES_CHANGED, line=line, was=was.offered, now=now.offered)
