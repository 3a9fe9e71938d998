"""One model per event type: what integrators may send."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from schedules.kinds import Cause, Choice, Outcome, Outlook
from worker.intake.fields import (
    Code,
    Country,
    Day,
    DayOrMoment,
    Email,
    FreeText,
    LocaleName,
    Moment,
    Name,
    Part,
    Product,
    Quantity,
    RefusedError,
    Region,
    Slug,
    Zone,
    check_region,
)

CauseCode = Annotated[Cause, Field(strict=False)]
OutlookCode = Annotated[Outlook, Field(strict=False)]
ChoiceCode = Annotated[Choice, Field(strict=False)]
OutcomeCode = Annotated[Outcome, Field(strict=False)]
Choices = Annotated[list[ChoiceCode], Field(max_length=5)]
Listing = Literal["ready", "backorder", "made_to_order", "hidden"]


class Somebody(Part):
    """A person or team that can be reached."""

    name: Name = ""
    email: Email


class Placed(Part):
    """Where somebody works: zone, holidays, own days off."""

    timezone: Zone | None = None
    country: Country | None = None
    region: Region | None = None
    days_off: Annotated[list[Day], Field(max_length=1000)] | None = None

    @model_validator(mode="after")
    def _region_of_its_country(self) -> Self:
        check_region(self.country, self.region)
        return self


class Contact(Placed):
    """The buyer's contact; without an address he is told by phone."""

    name: Name | None = None
    email: Email | None = None
    locale: LocaleName | None = None


class Buyer(Part):
    """The buying company and its contact."""

    company: Name
    contact: Contact = Contact()


class SubstituteItem(Part):
    """What could be sent instead."""

    sku: Code
    product: Product = ""


class Told(Part):
    """What the buyer was told before this system took over."""

    at: Moment
    next_checkpoint: DayOrMoment | None = None


class OfSeller(Part):
    """Every event names its seller."""

    seller: Slug


class OfLine(OfSeller):
    """An event about one line of an order."""

    order: Code
    line: Code


class SellerConfigured(OfSeller, Placed):
    """A seller, and how he answers."""

    name: Name
    timezone: Zone
    country: Country
    sender: Annotated[Somebody, Field(alias="from")]
    order_desk: Email
    support: FreeText
    default_owner: Somebody
    escalation: Somebody
    locale: LocaleName | None = None
    policy: Code | None = None
    allocation: Literal["oldest_first", "priority", "off"] | None = None
    mode: Literal["live", "shadow"] | None = None


class Replaces(Part):
    """The line that this one stands for."""

    order: Code
    line: Code


class BackorderOpened(OfLine):
    """A line of which units cannot ship yet; again for a known line: a correction."""

    po: Name | None = None
    placed_at: DayOrMoment | None = None
    promised_on: Day | None = None
    priority: Annotated[int, Field(ge=-1_000_000, le=1_000_000)] | None = None
    ship_complete: bool | None = None
    buyer: Buyer
    sku: Code
    product: Product
    unit: Annotated[Name, Field(max_length=20)] | None = None
    ordered: Quantity
    available: Quantity
    shipped: Quantity | None = None
    cause: CauseCode
    reason: Code | None = None
    reason_text: FreeText | None = None
    outlook: OutlookCode | None = None
    expected_on: Day | None = None
    expected_confirmed: bool | None = None
    choices: Choices | None = None
    decision_needed: bool | None = None
    decide_by: DayOrMoment | None = None
    substitute: SubstituteItem | None = None
    next_checkpoint: DayOrMoment | None = None
    owner: Somebody | None = None
    listing: Listing | None = None
    told: Told | None = None
    replaces: Replaces | None = None


class LineChanged(OfLine):
    """Some of a line's data changed."""

    ordered: Quantity | None = None
    sku: Code | None = None
    product: Product | None = None
    promised_on: Day | None = None
    choices: Choices | None = None
    outlook: OutlookCode | None = None
    cause: CauseCode | None = None
    reason: Code | None = None
    reason_text: FreeText | None = None


class StockAllocated(OfLine):
    """The new total of units of a line that are ready and not shipped."""

    available: Quantity


class StockCleared(OfLine):
    """All delayed units of a line are ready."""


class ProductionChanged(OfSeller):
    """News from production about a SKU, or one line; `expected_on` null: there is no date any more."""

    sku: Code | None = None
    order: Code | None = None
    line: Code | None = None
    expected_on: Day | None = None
    confirmed: bool | None = None
    cause: CauseCode | None = None
    reason: Code | None = None
    reason_text: FreeText | None = None
    outlook: OutlookCode | None = None

    @model_validator(mode="after")
    def _about_one_thing(self) -> Self:
        of_line = self.order is not None and self.line is not None
        if (self.sku is not None) == of_line or (self.order is None) != (self.line is None):
            raise RefusedError("either `sku`, or `order` and `line`")
        return self


class ReviewRecorded(OfSeller):
    """Somebody looked and confirmed what stands."""

    order: Code | None = None
    sku: Code | None = None
    line: Code | None = None
    confirmed: FreeText | None = None
    next_checkpoint: DayOrMoment | None = None
    by: Name

    @model_validator(mode="after")
    def _about_something(self) -> Self:
        if self.order is None and self.sku is None:
            raise RefusedError("`order`, or `sku`")
        if self.line is not None and self.order is None:
            raise RefusedError("`line` together with `order`")
        return self


class ShipmentSent(OfLine):
    """The total of units of a line that have shipped so far."""

    shipped: Quantity


class BackorderClosed(OfLine):
    """A line has ended, and how."""

    outcome: OutcomeCode


MODELS: dict[str, Any] = {
    "seller.configured": SellerConfigured,
    "backorder.opened": BackorderOpened,
    "line.changed": LineChanged,
    "stock.allocated": StockAllocated,
    "stock.cleared": StockCleared,
    "production.changed": ProductionChanged,
    "review.recorded": ReviewRecorded,
    "shipment.sent": ShipmentSent,
    "backorder.closed": BackorderClosed,
}
"""The types this release records, with the model of their data."""
