"""The objects that several events share: people, places, contacts."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from schedules.kinds import Cause, Choice, Outcome, Outlook
from worker.intake.fields import (
    Code,
    Country,
    Day,
    DayOrMoment,
    Email,
    FilledName,
    LocaleName,
    Moment,
    Name,
    Part,
    Product,
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


class OfSeller(Part):
    """Every event names its seller."""

    seller: Slug
    """Short name of the seller, as it was configured."""


class OfOrder(OfSeller):
    """An event about an order."""

    order: Code
    """The seller's order number."""


class OfLine(OfOrder):
    """An event about one line of an order."""

    line: Code
    """The line within the order."""


class Somebody(Part):
    """A person or team that can be reached."""

    name: Name = ""
    """Name as a buyer should read it."""
    email: Email
    """Where mail reaches them."""


class Placed(Part):
    """Where somebody works: zone, public holidays, own days off."""

    timezone: Zone | None = None
    """IANA name of the zone; left out, it follows from region or country."""
    country: Country | None = None
    """ISO 3166 code of the country, for its public holidays."""
    region: Region | None = None
    """Region of the country, such as BY, for its own public holidays."""
    days_off: Annotated[list[Day], Field(max_length=1000)] | None = None
    """Further days on which nobody works."""

    @field_validator("region")
    @classmethod
    def _of_its_country(cls, region: str | None, info: ValidationInfo) -> str | None:
        if "country" in info.data:
            check_region(info.data["country"], region)
        return region


class Contact(Placed):
    """The buyer's contact; without an address he is told by phone."""

    name: Name | None = None
    """Who reads the updates."""
    email: Email | None = None
    """Where updates go."""
    locale: LocaleName | None = None
    """Language and formats of the updates, such as de-DE."""


class Buyer(Part):
    """The buying company and its contact."""

    company: FilledName
    """The company that ordered."""
    contact: Contact = Contact()
    """Who hears about this order."""


class SubstituteItem(Part):
    """What could be sent instead."""

    sku: Code
    """Item number of the substitute."""
    product: Product = ""
    """Its name."""


class Told(Part):
    """What the buyer was told before this system took over."""

    at: Moment
    """When the buyer heard last."""
    next_checkpoint: DayOrMoment | None = None
    """The review that was promised then."""


class Replaces(Part):
    """The line that this one stands for."""

    order: Code
    """Order number of the replaced line."""
    line: Code
    """The replaced line."""


class Approver(Part):
    """A person who approves."""

    name: Name | None = None
    """The person's name."""
    email: Email | None = None
    """The person's address."""


class Decider(Approver):
    """A person who decides, and for which side."""

    role: Literal["buyer", "seller"]
    """Whose decision it is."""
