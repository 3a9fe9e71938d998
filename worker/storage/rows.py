"""Small typed rows that pass between storage and use cases."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from schedules.events import Event
from schedules.facts import LineFacts, OrderFacts
from schedules.window import Window
from worker.storage.registers import order_facts

NOT_YET_STORED: Final = 0
"""The id of a row until it is inserted."""


@dataclass(slots=True)
class SellerRow:
    """A seller and the data of its latest configuration."""

    id: int
    slug: str
    profile: dict[str, Any]


@dataclass(slots=True)
class StoredEvent:
    """A recorded event with its row id."""

    id: int
    event: Event
    seller: str
    order: str | None
    line: str | None
    sku: str | None
    contact: str | None = None
    standing: str = "applied"
    reason: str | None = None
    only: tuple[str, ...] = ()
    """The lines a command was ruled to be about; empty: as it says itself."""


@dataclass(slots=True)
class ThreadRow:
    """One thread as stored, or about to be, with the registers of its order."""

    id: int
    correspondence_id: int
    seller_id: int
    order: str
    company: str
    registers: dict[str, Any]
    facts_rev: int
    told_rev: int
    told: dict[str, Any] | None
    opened_at: datetime
    window: Window | None
    contact: dict[str, Any]
    lines: dict[str, "LineRow"] = field(default_factory=dict)
    reworded: bool = False
    """Whether its registers differ from those stored."""

    def facts(self) -> OrderFacts:
        """Give the order's facts as they stand in these rows."""
        return order_facts(self.order, self.registers, tuple(row.facts for row in self.lines.values()))


@dataclass(slots=True)
class LineRow:
    """One line as stored, or about to be."""

    id: int
    facts: LineFacts


def new_thread(order: tuple[int, str], correspondence_id: int, now: datetime) -> ThreadRow:
    """Begin a thread: nothing is known of its order yet, and nothing was told."""
    return ThreadRow(
        id=NOT_YET_STORED,
        correspondence_id=correspondence_id,
        seller_id=order[0],
        order=order[1],
        company="",
        registers={},
        facts_rev=0,
        told_rev=0,
        told=None,
        opened_at=now,
        window=None,
        contact={},
    )
