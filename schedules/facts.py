"""What is true now about a line and its order (R1, R6, R13)."""

from dataclasses import field
from datetime import date, datetime
from decimal import Decimal

from schedules.events import Checkpoint, Person
from schedules.kinds import Cause, Choice, Confirmed, Outcome, Outlook
from schedules.quantities import ZERO
from schedules.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Substitute:
    """What the seller could send instead."""

    sku: str
    product: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The latest choice recorded for a line (R38)."""

    choice: Choice
    units: Decimal | None = None
    sku: str | None = None
    by: str = ""
    role: str = "buyer"
    approved: bool
    at: datetime

    def is_same_choice(self, other: "Decision") -> bool:
        """Tell whether both say the same; an approval need not repeat units or item."""
        if self.choice is not other.choice:
            return False
        same_units = self.units == other.units or (other.approved and other.units is None) or self.units is None
        return same_units and (self.sku == other.sku or other.sku is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFacts:
    """One backordered line; quantities in units of `unit`, `delayed` derived (domain word list)."""

    line: str
    sku: str
    product: str = ""
    unit: str = ""
    ordered: Decimal
    available: Decimal = ZERO
    shipped: Decimal = ZERO
    cancelled: Decimal = ZERO
    granted: Decimal = ZERO
    """Units of `available` that were dealt from stock received for the SKU and have not shipped (R5)."""
    stated: bool = False
    """The seller's system states allocations of this line, so that no received stock is dealt to it (R5)."""
    cause: Cause
    reason: str | None = None
    reason_text: str | None = None
    outlook: Outlook = Outlook.TEMPORARY
    expected_on: date | None = None
    expected_confirmed: bool = False
    promised_on: date | None = None
    choices: tuple[Choice, ...] = ()
    decision_needed: bool = False
    decide_by: Checkpoint | None = None
    asked_for: date | None = None
    """The expected day when the buyer was first asked to decide (R39)."""
    decision: Decision | None = None
    substitute: Substitute | None = None
    next_checkpoint: Checkpoint | None = None
    checkpoint_set_at: datetime | None = None
    closed: Outcome | None = None
    passed: bool = False
    """The expected date lies behind us, by a business day, with units still delayed."""
    opened_at: datetime
    changed_at: datetime
    confirmed_at: datetime
    confirmed: Confirmed = Confirmed.SEEN
    confirmed_by: str = ""
    confirmed_text: str | None = None
    listing: str | None = None

    @property
    def delayed(self) -> Decimal:
        """Units that cannot ship yet; none once the line is closed."""
        if self.closed:
            return ZERO
        left = self.ordered
        for gone in (self.shipped, self.available, self.cancelled):
            if gone:
                left -= gone
        return left

    @property
    def settled(self) -> bool:
        """Everything shipped or cancelled, or the line closed: nothing more will happen to it."""
        return self.closed is not None or (self.delayed == ZERO and self.available == ZERO)

    @property
    def offered(self) -> tuple[Choice, ...]:
        """The choices that make sense now: never to wait for what cannot be fulfilled (R8)."""
        if not self.delayed:
            return ()
        left = self.choices
        if self.outlook is Outlook.CANNOT_FULFIL:
            left = tuple(choice for choice in left if choice is not Choice.WAIT)
        if self.available == ZERO:
            left = tuple(choice for choice in left if choice is not Choice.SPLIT)
        return left


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFacts:
    """One order: what its line events say of it, the latest wins, and its lines in their own order (R1)."""

    order: str
    po: str = ""
    owner: Person | None = None
    ship_complete: bool = False
    priority: int = 0
    placed_at: Checkpoint | None = None
    lines: tuple[LineFacts, ...] = field(default=())

    @property
    def delayed(self) -> Decimal:
        return sum((line.delayed for line in self.lines), ZERO)

    @property
    def is_delayed(self) -> bool:
        return any(line.delayed for line in self.lines)

    @property
    def settled(self) -> bool:
        return all(line.settled for line in self.lines)
