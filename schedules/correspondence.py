"""What the planner is given: one seller, one buyer contact, all their threads (R28: everything a decision rests on)."""

from datetime import datetime

from schedules.cadence import NextCheckpoint
from schedules.events import Checkpoint, Person
from schedules.facts import OrderFacts
from schedules.kinds import Kind
from schedules.moments import local_day
from schedules.promises import Promise
from schedules.values import dataclass
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
    paused_by: str = ""
    """Who paused the order, its item, or the seller; empty while updates go out (R49)."""
    leaving: bool = False
    """Another contact has the order now: this one gets a last note (R50)."""
    reminded_for: datetime | None = None
    """The deadline of the decision that the buyer was reminded of (R33)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """An owner is away from one day or moment up to and with another, and somebody stands in."""

    owner: str
    deputy: Person
    since: Checkpoint
    until: Checkpoint

    def covers(self, at: datetime, zone: str) -> bool:
        """Tell whether the owner is away at a moment; days are the seller's."""
        today = local_day(at, zone)
        begun = at >= self.since if isinstance(self.since, datetime) else today >= self.since
        over = at > self.until if isinstance(self.until, datetime) else today > self.until
        return begun and not over


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """Who answers for the seller's orders when an order names nobody."""

    default_owner: Person
    escalation: Person
    zone: str = "UTC"
    absences: tuple[Absence, ...] = ()

    def present(self, person: Person, at: datetime) -> Person:
        """Give the person, or who stands in while he is away; the latest word counts."""
        for absence in reversed(self.absences):
            if absence.owner == person.email.casefold() and absence.covers(at, self.zone):
                return absence.deputy
        return person


@dataclass(frozen=True, slots=True, kw_only=True)
class Correspondence:
    """One seller and one buyer contact: the unit of planning and locking."""

    address: str
    team: Team
    threads: tuple[Thread, ...]
    preference: str = "standard"
    unreachable: bool = False
    """There is no address, or mail to it is refused: the buyer is told by phone (R47, R50)."""
    last_update_at: datetime | None = None
