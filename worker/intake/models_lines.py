"""What an integrator may say about lines: opened, changed, stock, production, reviews, shipments, ends."""

from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from worker.intake.fields import (
    Code,
    Day,
    DayOrMoment,
    FilledName,
    FreeText,
    Name,
    Product,
    Quantity,
    RefusedError,
    SomeUnits,
)
from worker.intake.parts import (
    Buyer,
    CauseCode,
    Choices,
    Listing,
    OfLine,
    OfSeller,
    OutcomeCode,
    OutlookCode,
    Replaces,
    Somebody,
    SubstituteItem,
    Told,
)


class BackorderOpened(OfLine):
    """A line of which units cannot ship yet; again for a known line: a correction."""

    po: Name | None = None
    """The buyer's own order number."""
    placed_at: DayOrMoment | None = None
    """When the order was placed."""
    promised_on: Day | None = None
    """The day of dispatch that the buyer was promised when ordering."""
    priority: Annotated[int, Field(ge=-1_000_000, le=1_000_000)] | None = None
    """Whole number; higher comes first when stock is dealt."""
    ship_complete: bool | None = None
    """Whether the buyer wants one complete shipment."""
    buyer: Buyer
    """Who ordered, and who hears about it."""
    sku: Code
    """Item number."""
    product: Product
    """Item name as the buyer knows it."""
    unit: Annotated[Name, Field(max_length=20)] | None = None
    """What is counted, such as pcs or m."""
    ordered: Quantity
    """Units ordered in this line."""
    available: Quantity
    """Units ready for the buyer and not shipped yet."""
    shipped: Quantity | None = None
    """Units shipped so far."""
    cause: CauseCode
    """Why the rest cannot ship yet."""
    reason: Code | None = None
    """Key of an approved phrase of that cause."""
    reason_text: FreeText | None = None
    """The reason in the seller's own words; needed for the cause `other`."""
    outlook: OutlookCode | None = None
    """How sure it is that the units will come."""
    expected_on: Day | None = None
    """Expected day of dispatch."""
    expected_confirmed: bool | None = None
    """Whether that day is confirmed; otherwise buyers read it as an estimate."""
    choices: Choices | None = None
    """What the buyer may choose."""
    decision_needed: bool | None = None
    """Whether the buyer has to decide."""
    decide_by: DayOrMoment | None = None
    """By when."""
    substitute: SubstituteItem | None = None
    """What could be sent instead."""
    next_checkpoint: DayOrMoment | None = None
    """When the buyer hears again; left out, the cadence sets it."""
    owner: Somebody | None = None
    """Who answers for the order; left out, the seller's default owner."""
    listing: Listing | None = None
    """How the item is offered at present."""
    told: Told | None = None
    """What the buyer has heard already, when a running case is taken over."""
    replaces: Replaces | None = None
    """The line that this one stands for."""


class LineChanged(OfLine):
    """Some of a line's data changed."""

    ordered: Quantity | None = None
    """Units ordered now."""
    sku: Code | None = None
    """Item number."""
    product: Product | None = None
    """Item name."""
    promised_on: Day | None = None
    """The promised day of dispatch."""
    choices: Choices | None = None
    """What the buyer may choose."""
    outlook: OutlookCode | None = None
    """How sure it is that the units will come."""
    cause: CauseCode | None = None
    """Why units cannot ship yet."""
    reason: Code | None = None
    """Key of an approved phrase."""
    reason_text: FreeText | None = None
    """The reason in the seller's own words."""


class StockReceived(OfSeller):
    """Units of an item arrived that belong to no line yet; they are dealt to the open lines."""

    sku: Code
    """Item number."""
    units: SomeUnits
    """How many arrived."""


class StockAllocated(OfLine):
    """The new total of units of a line that are ready and not shipped."""

    available: Quantity
    """Ready units in total, not the addition."""


class StockCleared(OfLine):
    """All delayed units of a line are ready."""


class ProductionChanged(OfSeller):
    """News from production about an item, or about one line."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["sku"]}, {"required": ["order", "line"]}]},
    )

    sku: Code | None = None
    """Item number; every open line of the item is meant."""
    order: Code | None = None
    """Order number, together with the line, instead of the item."""
    line: Code | None = None
    """The line within the order."""
    expected_on: Day | None = None
    """Expected day of dispatch; null: there is no date any more; left out: as it was."""
    confirmed: bool | None = None
    """Whether that day is confirmed."""
    cause: CauseCode | None = None
    """Why units cannot ship yet."""
    reason: Code | None = None
    """Key of an approved phrase."""
    reason_text: FreeText | None = None
    """The reason in the seller's own words."""
    outlook: OutlookCode | None = None
    """How sure it is that the units will come."""

    @model_validator(mode="after")
    def _about_one_thing(self) -> Self:
        of_line = self.order is not None and self.line is not None
        if (self.sku is not None) == of_line or (self.order is None) != (self.line is None):
            raise RefusedError("either `sku`, or `order` and `line`", _names_given(self))
        return self


class ReviewRecorded(OfSeller):
    """Somebody looked and confirmed what stands."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [{"required": ["order"]}, {"required": ["sku"]}],
            "dependentRequired": {"line": ["order"]},
        },
    )

    order: Code | None = None
    """Order number."""
    sku: Code | None = None
    """Item number; every open line of the item is confirmed."""
    line: Code | None = None
    """One line of the order; left out, all."""
    confirmed: FreeText | None = None
    """What was confirmed, in a sentence."""
    next_checkpoint: DayOrMoment | None = None
    """When the buyer hears again."""
    by: FilledName
    """Who looked: a name or an address."""

    @model_validator(mode="after")
    def _about_something(self) -> Self:
        if self.order is None and (self.sku is None or self.line is not None):
            raise RefusedError("`order`, `order` and `line`, or `sku`", _names_given(self))
        return self


def _names_given(event: ProductionChanged | ReviewRecorded) -> str:
    given = [f"`{name}`" for name in ("sku", "order", "line") if getattr(event, name) is not None]
    return " and ".join(given) or "none of `sku`, `order`, `line`"


class ShipmentSent(OfLine):
    """Units of a line left the house."""

    shipped: Quantity
    """Shipped units in total so far, not the addition."""


class LineCancelled(OfLine):
    """Units of a line will not come any more."""

    units: SomeUnits | None = None
    """How many; left out, all that is delayed."""
    by: FilledName
    """Who cancelled: a name or an address."""
    reason: FreeText | None = None
    """Why."""


class BackorderClosed(OfLine):
    """A line has ended, and how."""

    outcome: OutcomeCode
    """How it ended."""
