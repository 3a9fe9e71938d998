"""The checklist as last guard: no incomplete update leaves (R8). The verdict per element is kept with the update."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, assert_never

from schedules.completeness import Element
from schedules.kinds import Kind, Outlook
from worker.updates.statement import LineStatement, OrderSection, UpdateStatement

ELEMENTS: Final = tuple(Element)


@dataclass(frozen=True, slots=True)
class Checked:
    """One element's verdict over a whole update; `missing` names order and line of what lacks it."""

    element: Element
    missing: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.missing


def checked(statement: UpdateStatement, now: datetime) -> tuple[Checked, ...]:
    """Examine every line of every section; the order of elements is R8's."""
    return tuple(
        Checked(
            element,
            tuple(
                f"{section.order}/{line.line}"
                for section in statement.sections
                for line in section.lines
                if not _has(element, section, line, now)
            ),
        )
        for element in ELEMENTS
    )


def passes(verdicts: tuple[Checked, ...]) -> bool:
    """Tell whether an update may leave."""
    return all(verdict.passed for verdict in verdicts)


def _has(element: Element, section: OrderSection, line: LineStatement, now: datetime) -> bool:
    match element:
        case Element.ITEM:
            return bool(line.sku or line.product)
        case Element.QUANTITY:
            return line.ordered >= 0 and line.delayed >= 0 and line.available >= 0
        case Element.REASON:
            return not line.delayed or line.reason is not None
        case Element.CHOICES:
            return _choices(section, line)
        case Element.CHECKPOINT:
            return _checkpoint(section, now)
        case Element.OWNER:
            return bool(section.owner.email)
        case never:
            assert_never(never)


def _choices(section: OrderSection, line: LineStatement) -> bool:
    """Choices that apply, or nothing to decide; waiting is never offered for what cannot be fulfilled."""
    asks = section.decision is not None and section.decision.needed
    if line.outlook is Outlook.CANNOT_FULFIL and "wait" in line.offered:
        return False
    return not asks or bool(section.decision and section.decision.offered)


def _checkpoint(section: OrderSection, now: datetime) -> bool:
    if section.kind is Kind.FINAL_NOTE or section.closing:
        return section.checkpoint is None
    return section.checkpoint is not None and section.checkpoint.due_at > now
