"""What the planner is given: one seller, one buyer contact, all their threads (R28: everything a decision rests on)."""

from dataclasses import dataclass
from datetime import datetime

from schedules.cadence import NextCheckpoint
from schedules.events import Person
from schedules.facts import OrderFacts
from schedules.kinds import Kind
from schedules.promises import Promise
from schedules.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the last accepted mail of a thread stated."""

    facts: OrderFacts
    accepted_at: datetime
    kind: Kind
    checkpoint: NextCheckpoint | None
    closed: bool = False


@dataclass(frozen=True, slots=True)
class PastUpdate:
    """An accepted update of the last days; `free` ones count towards R26's cap."""

    accepted_at: datetime
    free: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """One order in one conversation, as it stands."""

    thread_id: int = 0
    facts: OrderFacts
    told: Told | None = None
    promise: Promise | None = None
    window: Window | None = None
    opened_at: datetime
    company: str = ""
    history: tuple[PastUpdate, ...] = ()
    in_flight: bool = False
    replacing: bool = False
    """The update before was no longer true at its try: the next one skips window and gap (R46)."""
    quiet_updates: int = 0
    holding_notes: int = 0
    handed_over: bool = False
    """The escalation contact answers for the order since the third holding note in a row (R14)."""
    arrived_since_told: bool = False
    """Something was recorded about the order since the last accepted update."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """Who answers for the seller's orders when an order names nobody."""

    default_owner: Person
    escalation: Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Correspondence:
    """One seller and one buyer contact: the unit of planning and locking."""

    address: str
    team: Team
    threads: tuple[Thread, ...]
    preference: str = "standard"
    last_update_at: datetime | None = None
