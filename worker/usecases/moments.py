"""The moments of what one batch takes in: the same for all of it, or each order's own where a replay takes many."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

Seller = TypeVar("Seller")
"""A seller's slug at the door, his number behind it."""


@dataclass(frozen=True, slots=True)
class Moments(Generic[Seller]):
    """The moment of each order, by seller and order; `now` for all that have none of their own."""

    now: datetime
    own: Mapping[tuple[Seller, str | None], datetime] = field(default_factory=dict)

    def of(self, seller: Seller, order: str | None) -> datetime:
        """Give the moment of an order's events, and of what they change."""
        return self.own.get((seller, order), self.now) if self.own else self.now
