"""What an integrator may say about people: owners, contacts, and what buyers prefer or heard by phone."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from worker.intake.fields import Code, DayOrMoment, Email, FilledName, RefusedError
from worker.intake.parts import Contact, OfOrder, OfSeller, Somebody


class OwnerAssigned(OfOrder):
    """Somebody else answers for the order."""

    owner: Somebody
    """Who answers from now on."""


class OwnerAway(OfSeller):
    """An owner is away, and somebody stands in."""

    owner: Email
    """The owner's address."""
    starts: DayOrMoment = Field(alias="from")
    """First day or moment of the absence."""
    until: DayOrMoment
    """Last day or moment of the absence."""
    deputy: Somebody
    """Who stands in."""

    @field_validator("until")
    @classmethod
    def _not_before_it_starts(cls, until: Any, info: ValidationInfo) -> Any:
        starts = info.data.get("starts")
        if isinstance(until, datetime) == isinstance(starts, datetime) and starts is not None and until < starts:
            raise RefusedError("a day or moment that is not before `from`")
        return until


class ContactChanged(OfSeller):
    """The buyer's contact is somebody else from now on."""

    order: Code | None = None
    """One order; left out, all orders of the old contact."""
    old: Email = Field(alias="from")
    """Address of the old contact."""
    contact: Contact
    """The new contact."""


class BuyerPreferred(OfSeller):
    """A contact said how often he wants to hear."""

    contact: Email
    """Address of the contact."""
    updates: Literal["every_change", "standard", "checkpoints_only"]
    """How often."""


class BuyerTold(OfOrder):
    """The buyer was told by phone."""

    by: FilledName
    """Who told him: a name or an address."""
    next_checkpoint: DayOrMoment | None = None
    """The next review that was promised on the phone."""
