"""The calendars of one correspondence, built at the door as frozen values (R16)."""

from dataclasses import dataclass
from datetime import date, datetime

from schedules.businessdays import Calendar, Hours, common
from schedules.events import Checkpoint
from schedules.kinds import PromisedAs
from schedules.moments import at_clock, local_day
from schedules.rhythm import Rhythm


@dataclass(frozen=True, slots=True)
class Calendars:
    """Both sides' business days, the buyer's sending hours and the owner's working hours."""

    zone: str
    buyer: Calendar
    seller_zone: str
    seller: Calendar
    common: Calendar
    sending: Hours
    working: Hours

    def __hash__(self) -> int:
        """Tell calendars apart by their zones first: caches ask for this at every planning."""
        return hash((self.zone, self.seller_zone))

    def today(self, now: datetime) -> date:
        """Give the buyer's day."""
        return local_day(now, self.zone)


def calendars(zone: str, buyer: Calendar, seller_zone: str, seller: Calendar, rhythm: Rhythm) -> Calendars:
    """Put the calendars of a buyer and a seller together under one rhythm's hours."""
    return Calendars(
        zone=zone,
        buyer=buyer,
        seller_zone=seller_zone,
        seller=seller,
        common=common(buyer, seller),
        sending=Hours(zone, buyer, rhythm.sending_opens, rhythm.sending_closes),
        working=Hours(seller_zone, seller, rhythm.owner_opens, rhythm.owner_closes),
    )


def due_of(checkpoint: Checkpoint, where: Calendars, rhythm: Rhythm) -> tuple[datetime, PromisedAs]:
    """Give the moment a checkpoint falls due: a day means 10:00 there, on a common business day (R15)."""
    if isinstance(checkpoint, datetime):
        return checkpoint, PromisedAs.MOMENT
    day = where.common.on_or_after(checkpoint)
    return at_clock(day, rhythm.day_means, where.zone), PromisedAs.DAY
