"""The typed statement a template gets: values, never formatted strings (R35).

Rendering formats each value once, by locale and zone, for text and HTML alike.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from schedules.events import Checkpoint, Person
from schedules.kinds import (
    Choice,
    Confirmed,
    Kind,
    Outcome,
    Outlook,
    OwnerKind,
    PromisedAs,
    SetBy,
    Weight,
)
from schedules.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """An approved public reason, or a free text that passed the wording rules (R31)."""

    key: str
    version: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """Since when a line's figures stand, and whether a person looked or data said so (R13)."""

    how: Confirmed
    at: datetime
    by: str = ""
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeStatement:
    """One difference between what the buyer was last told and what is true now.

    `name` is the change's name in the table of `schedules.changes` (`opened`, `released`, `date-later`, ...); `was` and
    `now` are typed by it: quantities, days, codes or None.
    """

    name: str
    weight: Weight
    kind: Kind
    line: str
    sku: str
    product: str
    unit: str
    was: Any = None
    now: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What was chosen for a line, by whom, and whether the seller has approved it (R38)."""

    choice: Choice
    units: Decimal | None = None
    sku: str | None = None
    by: str = ""
    approved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LineStatement:
    """What an update says of one line (R8's first four points)."""

    line: str
    sku: str
    product: str
    unit: str
    ordered: Decimal
    delayed: Decimal
    available: Decimal
    shipped: Decimal
    cancelled: Decimal
    reason: Phrase | None
    outlook: Outlook
    expected_on: date | None
    expected_confirmed: bool
    expected_passed: bool
    offered: tuple[Choice, ...]
    substitute_sku: str
    substitute_product: str
    confirmation: Confirmation
    under_review: bool
    """Nobody confirmed this line since the last update, at a checkpoint (R14)."""
    changed: bool
    closed: Outcome | None
    decided: Decided | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointStatement:
    """When the buyer hears again; `due_at` in UTC, printed in the section's zone."""

    due_at: datetime
    promised_as: PromisedAs
    set_by: SetBy
    shipping_step: bool = False
    replaces_at: datetime | None = None
    """An earlier promise that this update replaces ahead of time; nothing follows on that date (R23)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionStatement:
    """What the buyer is asked, by when, and what happens without an answer (R33)."""

    offered: tuple[Choice, ...]
    answer_by: Checkpoint
    without_answer: Choice
    available: Decimal
    delayed: Decimal
    unit: str
    needed: bool
    """A decision is open and asked for; otherwise the choices are only mentioned as possible."""
    lapsing: tuple[str, ...] = ()
    """The items whose delayed units no answer cancels, where others keep waiting; empty if it is all or none (R39)."""
    reminder: bool = False
    """The decision was asked for before, and its day comes near (R33)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSection:
    """Everything an update says of one order; `lines` changed ones first (R11)."""

    order: str
    po: str
    kind: Kind
    changes: tuple[ChangeStatement, ...]
    lines: tuple[LineStatement, ...]
    not_listed: int
    """Open lines that are only counted here and stand in the attached CSV (R11)."""
    decision: DecisionStatement | None
    one_shipment: bool
    """What stands without an answer: one complete shipment, else ready units may ship in parts."""
    checkpoint: CheckpointStatement | None
    owner: Person
    owner_is_new: bool
    confirmed_since: datetime | None
    """The latest confirmation among the delayed lines; None when no line is delayed."""
    closing: bool
    """The case ends with this update: no further one follows."""
    decide_url: str = ""
    """The page on which this reader chooses; empty where nothing is offered (R37)."""

    @property
    def late(self) -> tuple[LineStatement, ...]:
        """The lines of which units are delayed."""
        return tuple([line for line in self.lines if line.delayed])

    @property
    def foremost(self) -> LineStatement | None:
        """The line that a subject speaks of: the first that changed, else the first."""
        return next((line for line in self.lines if line.changed), self.lines[0] if self.lines else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SellerCard:
    """The seller as a buyer sees him."""

    slug: str
    name: str
    order_desk: str
    support: str
    sender: Person


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateStatement:
    """One mail to one buyer contact about one of his orders, or several."""

    kind: Kind
    seller: SellerCard
    company: str
    contact: Person
    locale: str
    zone: str
    at: datetime
    sections: tuple[OrderSection, ...]
    prefer_url: str = ""
    """The page on which this reader says how often he wants to hear (R27)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerItem:
    """One thing in a list to an owner: what is up with which order, and the event that answers it."""

    order: str
    company: str
    line: str = ""
    sku: str = ""
    product: str = ""
    code: str
    """What is up; the template has one sentence for each (see `schedules.obligations.Code`)."""
    due_at: datetime | None = None
    confirmed_since: datetime | None = None
    lacking: tuple[str, ...] = ()
    """What is missing or was refused, each in words: the field, what was found, what is allowed."""
    note: str = ""
    say: str = ""
    """What to tell the buyer by phone: the words of the update that cannot be mailed, in paragraphs (R49, R50)."""
    event: str = ""
    """The JSON event to record, ready to paste; empty when nothing is to be entered."""
    url: str = ""
    """The page on which this owner answers; empty when the item is about no order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerStatement:
    """One mail to one of the seller's people: a list of items of one kind."""

    kind: OwnerKind
    seller: SellerCard
    to: Person
    locale: str
    zone: str
    at: datetime
    items: tuple[OwnerItem, ...]
