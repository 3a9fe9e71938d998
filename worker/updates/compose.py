"""Put a planned update together as the typed statement that templates get (R8, R11, R32)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from schedules.changes import Change, Name
from schedules.completeness import Wording
from schedules.events import Checkpoint, Person
from schedules.facts import LineFacts, OrderFacts
from schedules.kinds import Choice
from schedules.planner import PlannedUpdate
from schedules.sections import Section
from schedules.values import dataclass, replace
from worker.updates.statement import (
    ChangeStatement,
    CheckpointStatement,
    Confirmation,
    Decided,
    DecisionStatement,
    LineStatement,
    OrderSection,
    Phrase,
    SellerCard,
    UpdateStatement,
)

LINES_SHOWN = 20
"""Above this, the changed lines are shown, the rest counted, all attached as CSV (R11)."""


IMPLIED: Final = {
    Name.ALL_READY: frozenset({Name.LINE_CLEARED}),
    Name.ALL_SETTLED: frozenset({Name.LINE_CLEARED, Name.SHIPPED, Name.LINE_CLOSED}),
}
"""What one change of a whole order says of its lines already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads the update, and in which language and zone."""

    contact: Person
    locale: str
    zone: str


def compose(
    update: PlannedUpdate, seller: SellerCard, reader: Reader, wording: Wording, at: datetime, pos: Mapping[str, str]
) -> UpdateStatement:
    """Give the statement of an update; `pos` has the buyer's PO number by order."""
    return UpdateStatement(
        kind=update.kind,
        seller=seller,
        company=update.sections[0].company,
        contact=reader.contact,
        locale=reader.locale,
        zone=reader.zone,
        at=at,
        sections=tuple(_section(section, wording, pos.get(section.order, ""), at) for section in update.sections),
    )


def _section(section: Section, wording: Wording, po: str, at: datetime) -> OrderSection:
    facts = section.facts
    changed = {change.line for change in section.changes if change.line}
    by_name = {line.line: line for line in facts.lines}
    lines = [
        _line(by_name[name], wording, changed=name in changed, under_review=name in section.under_review)
        for name in section.listed
    ]
    shown = lines if len(lines) <= LINES_SHOWN else [line for line in lines if line.changed][:LINES_SHOWN]
    delayed = [line.confirmed_at for line in facts.lines if line.delayed]
    return OrderSection(
        order=section.order,
        po=po,
        kind=section.kind,
        changes=tuple(_change(change, by_name.get(change.line)) for change in _said(section.changes)),
        lines=tuple(shown),
        not_listed=len(lines) - len(shown),
        decision=_decision(section, facts, at),
        one_shipment=facts.ship_complete,
        checkpoint=_checkpoint(section),
        owner=facts.owner or Person(),
        owner_is_new=section.handed_over or any(change.name == "owner-changed" for change in section.changes),
        confirmed_since=max(delayed, default=None),
        closing=section.closing,
    )


def _said(changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """Leave out what the first sentence says of the whole order and the table of each line."""
    implied = IMPLIED.get(changes[0].name, frozenset()) if changes else frozenset()
    return tuple(change for change in changes if change.name not in implied)


def all_lines(update: PlannedUpdate, wording: Wording) -> tuple[tuple[str, tuple[LineStatement, ...]], ...]:
    """Give every open line by order, for the attachment of an update that lists too many."""
    return tuple(
        (
            section.order,
            tuple(
                _line(line, wording, changed=False, under_review=line.line in section.under_review)
                for listed in [frozenset(section.listed)]
                for line in section.facts.lines
                if line.line in listed
            ),
        )
        for section in update.sections
    )


def _line(line: LineFacts, wording: Wording, *, changed: bool, under_review: bool) -> LineStatement:
    reason = wording.reason(line) or wording.phrasebook.by_key("generic")
    return LineStatement(
        line=line.line,
        sku=line.sku,
        product=line.product,
        unit=line.unit,
        ordered=line.ordered,
        delayed=line.delayed,
        available=line.available,
        shipped=line.shipped,
        cancelled=line.cancelled,
        reason=Phrase(key=reason.key, version=reason.version, text=reason.text) if reason and line.delayed else None,
        outlook=line.outlook,
        expected_on=line.expected_on,
        expected_confirmed=line.expected_confirmed,
        expected_passed=line.passed,
        offered=line.offered,
        substitute_sku=line.substitute.sku if line.substitute else "",
        substitute_product=line.substitute.product if line.substitute else "",
        confirmation=Confirmation(
            how=line.confirmed, at=line.confirmed_at, by=line.confirmed_by, text=wording.said(line.confirmed_text)
        ),
        under_review=under_review,
        changed=changed,
        closed=line.closed,
        decided=_decided(line),
    )


def _decided(line: LineFacts) -> Decided | None:
    made = line.decision
    if made is None:
        return None
    return Decided(choice=made.choice, units=made.units, sku=made.sku, by=made.by, approved=made.approved)


def _change(change: Change, line: LineFacts | None) -> ChangeStatement:
    return ChangeStatement(
        name=change.name,
        weight=change.row.weight,
        kind=change.row.kind,
        line=change.line,
        sku=line.sku if line else "",
        product=line.product if line else "",
        unit=line.unit if line else "",
        was=change.was,
        now=change.now,
    )


def _decision(section: Section, facts: OrderFacts, at: datetime) -> DecisionStatement | None:
    """Gather the choices of an order's lines; a decision that is open is asked for with its earliest deadline (R33)."""
    offering = [line for line in facts.lines if line.offered and (line.decision_needed or line.decision is None)]
    if not offering or section.checkpoint is None:
        return None
    asking = [line for line in offering if line.decision_needed]
    deadlines = [line.decide_by for line in asking if line.decide_by is not None and _is_ahead(line.decide_by, at)]
    first = (asking or offering)[0]
    return DecisionStatement(
        offered=tuple(choice for choice in Choice if any(choice in line.offered for line in offering)),
        answer_by=min(deadlines, key=str) if deadlines else section.checkpoint.due_at,
        without_answer=Choice.CANCEL if section.lapsing and asking else Choice.WAIT,
        lapsing=tuple(line.product or line.sku for line in asking if line.line in section.lapsing)
        if any(line.line not in section.lapsing for line in asking)
        else (),
        available=first.available,
        delayed=first.delayed,
        unit=first.unit,
        needed=bool(asking),
        reminder=section.reminded_for is not None,
    )


def _is_ahead(deadline: Checkpoint, at: datetime) -> bool:
    return deadline > at if isinstance(deadline, datetime) else deadline >= at.date()


def _checkpoint(section: Section) -> CheckpointStatement | None:
    checkpoint = section.checkpoint
    if checkpoint is None:
        return None
    return CheckpointStatement(
        due_at=checkpoint.due_at,
        promised_as=checkpoint.promised_as,
        set_by=checkpoint.set_by,
        shipping_step=checkpoint.shipping_step,
        replaces_at=section.replaces_at,
    )


def with_links(statement: UpdateStatement, decide: Mapping[str, str], prefer: str) -> UpdateStatement:
    """Put the reader's links in: by order where he may choose, and one to say how often he wants to hear."""
    sections = tuple(
        replace(section, decide_url=decide.get(section.order, "")) if section.decision else section
        for section in statement.sections
    )
    return replace(statement, sections=sections, prefer_url=prefer)


def without_mail_data(statement: UpdateStatement) -> UpdateStatement:
    """Leave the reader's name, address and links out of a statement, which is kept beside the bytes."""
    sections = tuple(replace(one, decide_url="") if one.decide_url else one for one in statement.sections)
    return replace(statement, contact=Person(), prefer_url="", sections=sections)
