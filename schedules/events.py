"""Events as the core sees them: identified, dated, typed (R1-R3).

The door validates; `typed` turns the plain JSON of a stored event into values (Decimal, date, moment, Person)
without judging it again.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, TypeAlias

from schedules.quantities import quantity
from schedules.values import dataclass


class EventType(StrEnum):
    """Every type the contract names, and two of our own."""

    SELLER_CONFIGURED = "seller.configured"
    BACKORDER_OPENED = "backorder.opened"
    LINE_CHANGED = "line.changed"
    STOCK_RECEIVED = "stock.received"
    STOCK_ALLOCATED = "stock.allocated"
    STOCK_CLEARED = "stock.cleared"
    PRODUCTION_CHANGED = "production.changed"
    REVIEW_RECORDED = "review.recorded"
    DECISION_REQUESTED = "decision.requested"
    DECISION_RECORDED = "decision.recorded"
    DECISION_APPROVED = "decision.approved"
    SPLIT_APPROVED = "split.approved"
    SHIPMENT_SENT = "shipment.sent"
    LINE_CANCELLED = "line.cancelled"
    OWNER_ASSIGNED = "owner.assigned"
    OWNER_AWAY = "owner.away"
    CONTACT_CHANGED = "contact.changed"
    BUYER_PREFERRED = "buyer.preferred"
    BUYER_TOLD = "buyer.told"
    BACKORDER_CLOSED = "backorder.closed"
    CLOSURE_REVIEWED = "closure.reviewed"
    LISTING_OBSERVED = "listing.observed"
    POLICY_CHOSEN = "policy.chosen"
    SELLER_PAUSED = "seller.paused"
    SELLER_RESUMED = "seller.resumed"
    STOCK_GRANTED = "stock.granted"
    """Ours, never accepted at the door: a share of received stock (R5)."""
    LINE_REPLACED = "line.replaced"
    """Ours, never accepted at the door: another line's opening that names this one under `replaces`."""


OURS: Final = frozenset({EventType.STOCK_GRANTED, EventType.LINE_REPLACED})
GRANT_SOURCE: Final = "\U0010ffffgrant"
"""Sorts behind every source, so that a grant follows what was known at its moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with a name, an address, or both."""

    name: str = ""
    email: str = ""


Checkpoint: TypeAlias = date | datetime
"""A day (a plain date) or a moment (an aware UTC datetime); test for datetime first."""

EventKey: TypeAlias = tuple[datetime, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One recorded event; `data` holds typed values under the field names of the contract."""

    source: str
    id: str
    type: EventType
    time: datetime
    data: Mapping[str, Any]
    asof: datetime | str | None = None
    """Of when its figures are, if not of `time`; `unknown`: it confirms nothing (R13)."""

    @property
    def key(self) -> EventKey:
        """The place of the event in the fold (R1)."""
        return (self.time, self.source, self.id)


def grant_event(grant: str, item: str, units: Decimal, at: datetime) -> Event:
    """Give a share of received stock of an item as an event of its line's fold (R5)."""
    data = {"units": units, "grant": grant, "item": item}
    return Event(source=GRANT_SOURCE, id=grant, type=EventType.STOCK_GRANTED, time=at, data=data)


def replacement_event(opening: Event) -> Event:
    """Give an opening that names another line under `replaces` as an event of that line's fold."""
    return Event(
        source=opening.source, id=opening.id, type=EventType.LINE_REPLACED, time=opening.time, data={"order": ""}
    )


QUANTITIES: Final = frozenset({"ordered", "available", "shipped", "units"})
DAYS: Final = frozenset({"promised_on", "expected_on"})
DAYS_OR_MOMENTS: Final = frozenset({"next_checkpoint", "decide_by", "placed_at", "from", "until"})
PEOPLE: Final = frozenset({"owner", "deputy", "default_owner", "escalation"})


def typed(data: Mapping[str, Any]) -> dict[str, Any]:
    """Turn the JSON data of a valid event into typed values, field by field."""
    return {name: _typed_field(name, value) for name, value in data.items()}


def checkpoint_from(text: str) -> Checkpoint:
    """Read an ISO day or an RFC 3339 moment."""
    if len(text) == len("2026-05-20"):
        return date.fromisoformat(text)
    return datetime.fromisoformat(text.upper()).astimezone(UTC)


def _typed_field(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in QUANTITIES:
        return quantity(_exact(value))
    if name in DAYS:
        return date.fromisoformat(value)
    if name in DAYS_OR_MOMENTS and isinstance(value, str):
        return checkpoint_from(value) if "@" not in value else value
    if name in PEOPLE:
        return _person(value)
    if name == "told":
        return {"at": checkpoint_from(value["at"]), **typed({k: v for k, v in value.items() if k != "at"})}
    return value


def _exact(value: Any) -> Any:
    return Decimal(repr(value)) if isinstance(value, float) else value


def _person(value: Any) -> Person:
    if isinstance(value, str):
        return Person(email=value)
    return Person(name=value.get("name") or "", email=value.get("email") or "")
