"""What an integrator may say about a seller as a whole: how he answers, pauses, lists, and learns."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from schedules.policies import RANGES, PolicyError, on_top
from worker.intake.fields import Code, Country, Email, FilledName, LocaleName, RefusedError, UrlOrEmail, Zone
from worker.intake.parts import CauseCode, Listing, OfOrder, OfSeller, Placed, Somebody
from worker.presets import presets


def _known_preset(name: str) -> str:
    if name not in presets():
        raise RefusedError(", ".join(presets()), name)
    return name


class SellerConfigured(OfSeller, Placed):
    """A seller, and how he answers."""

    name: FilledName
    """Name as buyers read it."""
    timezone: Zone
    """IANA name of the seller's zone."""
    country: Country
    """ISO 3166 code of the seller's country, for its public holidays."""
    sender: Somebody = Field(alias="from")
    """Who the updates come from."""
    order_desk: Email
    """Where replies go."""
    support: UrlOrEmail
    """Help outside the order: a web address or an email address."""
    default_owner: Somebody
    """Who answers for orders without an owner of their own."""
    escalation: Somebody
    """Who answers when that fails."""
    locale: LocaleName | None = None
    """Language and formats for buyers who said none."""
    policy: Annotated[Code, AfterValidator(_known_preset)] | None = None
    """Name of a rhythm preset; `default`, if left out."""
    allocation: Literal["oldest_first", "priority", "off"] | None = None
    """How received stock is dealt to open lines; oldest first, if left out."""
    mode: Literal["live", "shadow"] | None = None
    """Shadow plans and records, but sends nothing; live, if left out."""
    keep_told: bool | None = None
    """When shadow ends: whether its plans count as told; if left out, open orders get a first notice."""


class PolicyChosen(OfSeller):
    """Somebody chose the rhythm of a seller's updates: a preset, and figures of his own on top."""

    policy: Annotated[Code, AfterValidator(_known_preset)]
    """Name of a rhythm preset."""
    figures: Annotated[dict[str, str | int], Field(max_length=len(RANGES))] | None = None
    """Figures that differ from the preset's, by name: spans such as `2h`, times of day such as `08:00`, numbers."""
    by: FilledName
    """Who chose: a name or an address."""

    @model_validator(mode="after")
    def _usable(self) -> Self:
        try:
            on_top(self.policy, presets()[self.policy], self.figures or {})
        except PolicyError as fault:
            first, *others = fault.faults
            more = "".join(f"; {one}" for one in others)
            raise RefusedError(f"{first.field} of {first.allowed}{more}", f"{first.field} of {first.found}") from None
        return self


class SellerPaused(OfSeller):
    """Updates stop: for the seller, an order, or an item."""

    order: Code | None = None
    """One order."""
    sku: Code | None = None
    """One item."""
    by: FilledName
    """Who said so: a name or an address."""

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if self.order is not None and self.sku is not None:
            raise RefusedError("`order`, or `sku`, or neither for the whole seller", "`order` and `sku`")
        return self


class SellerResumed(SellerPaused):
    """Updates go on: for the seller, an order, or an item."""


class ClosureReviewed(OfOrder):
    """Somebody said what a closed case teaches."""

    cause: CauseCode
    """The cause as it turned out."""
    proposals: (
        Annotated[list[Literal["listing", "reorder", "planning", "ads", "approval"]], Field(max_length=5)] | None
    ) = None
    """What should change."""
    by: FilledName
    """Who looked: a name or an address."""


class ListingObserved(OfSeller):
    """How an item is offered at present."""

    sku: Code
    """Item number."""
    listing: Listing
    """What the listing says."""
    paid_clicks: Annotated[int, Field(ge=0, le=1_000_000_000)] | None = None
    """Paid clicks in the last 7 days."""
