"""Who takes part in the demo: two sellers, their buyers and items, and a calendar month that holds something."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from schedules.moments import at_clock, zone_named
from worker.places import side

SELLERS: Final = (
    {
        "seller": "bergmann",
        "name": "Bergmann Linear",
        "timezone": "Europe/Berlin",
        "country": "DE",
        "region": "BY",
        "domain": "bergmann.example.com",
    },
    {
        "seller": "northfield",
        "name": "Northfield Pumps",
        "timezone": "America/New_York",
        "country": "US",
        "region": "OH",
        "domain": "northfield.example.com",
    },
)
BUYERS: Final = (
    ("Muster Maschinenbau", "DE", "BY"),
    ("Atelier Rivière", "FR", None),
    ("Polder Techniek", "NL", None),
    ("Lakeside Water", "US", "MI"),
    ("Severn Engineering", "GB", None),
    ("Officina Adda", "IT", None),
    ("Cascade Fabrication", "US", "WA"),
    ("Tatra Nástroje", "SK", None),
    ("Harbour Works", "AU", "NSW"),
    ("Sakura Seiki", "JP", None),
)
ITEMS: Final = (
    ("BX-120", "Linear bearing block 20 mm"),
    ("RS-400", "Guide rail 400 mm"),
    ("PH-75", "Pump housing 75 l/min"),
    ("SK-9", "Seal kit type 9"),
)
DEALT_ITEM: Final = ("CT-6", "Control terminal 6 in")
"""The item that comes in one delivery and is dealt to its orders."""
STOCKTAKING_ON_DAY: Final = 9
"""Business days after the start on which the first seller is closed: every demo has a day off in it."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A seller's business days and clock, counted from the start of the demo."""

    zone: str
    place: Mapping[str, Any]
    start: date

    def at(self, day: int, hour: int, minute: int = 0) -> datetime:
        """Give a clock time on the seller's n-th business day."""
        return at_clock(self.day(day), time(hour, minute), self.zone)

    def day(self, day: int) -> date:
        """Give the seller's n-th business day."""
        return side(self.place)[1].plus(self.start, day)


def clocks(start: datetime) -> dict[str, Clock]:
    """Give each seller's clock; the first closes for a day of stocktaking in the second week."""
    found = {}
    for one in SELLERS:
        zone = one["timezone"]
        place = {name: one[name] for name in ("timezone", "country", "region")}
        first = start.astimezone(zone_named(zone)).date() + timedelta(days=1)
        found[one["seller"]] = Clock(zone, place, first)
    own = found["bergmann"]
    closed = {**own.place, "days_off": [own.day(STOCKTAKING_ON_DAY).isoformat()]}
    return found | {"bergmann": Clock(own.zone, closed, own.start)}


def seller_data(one: Mapping[str, str], clock: Clock) -> dict[str, Any]:
    """Give what `seller.configured` says of a seller."""
    domain = one["domain"]
    people = {
        "from": {"name": one["name"], "email": f"updates@{domain}"},
        "order_desk": f"orders@{domain}",
        "support": f"support@{domain}",
        "default_owner": {"name": "Order desk", "email": f"desk@{domain}"},
        "escalation": {"name": "Head of order desk", "email": f"head@{domain}"},
    }
    return {"seller": one["seller"], "name": one["name"], **clock.place, **people}


def buyer_data(number: int, mailbox: str = "purchasing") -> dict[str, Any]:
    """Give the n-th buyer, with a mailbox of his company."""
    company, country, region = BUYERS[number % len(BUYERS)]
    domain = f"{company.split()[0].encode('ascii', 'ignore').decode().lower()}.example.com"
    contact = {"name": "Purchasing", "email": f"{mailbox}@{domain}", "country": country}
    return {"company": company, "contact": contact | ({"region": region} if region else {})}


def remarkable(start: datetime, end: datetime) -> list[str]:
    """Say which holidays and clock changes of sellers and buyers lie within a span."""
    found = [f"{SELLERS[0]['name']} closes for stocktaking on {clocks(start)['bergmann'].place['days_off'][0]}"]
    for company, country, region in BUYERS:
        zone, calendar = side({"country": country, "region": region})
        days = sorted(
            day for day in calendar.days_off if start.date() < day < end.date() and day.weekday() not in {5, 6}
        )
        found += [f"{company} is closed on {day.isoformat()}, a public holiday" for day in days[:1]]
        turned = _clock_change(start, end, zone or "UTC")
        if turned:
            found.append(f"clocks change for {company} on {turned.isoformat()}")
    return found


def _clock_change(start: datetime, end: datetime, zone: str) -> date | None:
    tz = zone_named(zone)
    days = [start + timedelta(days=count) for count in range((end - start).days)]
    turned = (
        one for one in days if one.astimezone(tz).utcoffset() != (one + timedelta(days=1)).astimezone(tz).utcoffset()
    )
    found = next(turned, None)
    return (found + timedelta(days=1)).astimezone(tz).date() if found else None
