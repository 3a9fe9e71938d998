"""Seeded streams of a month's events: 200 orders of 60 contacts in four zones, as warehouses and planners make."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

ORDERS = 200
CONTACTS = 60
DAYS = 30
START = datetime(2026, 5, 4, 5, tzinfo=UTC)
PLACES = (
    ("Europe/Berlin", "DE", "BY"),
    ("Europe/London", "GB", None),
    ("America/New_York", "US", "OH"),
    ("America/Los_Angeles", "US", "CA"),
)
SELLERS = {"bergmann": PLACES[0], "northfield": PLACES[2]}
CAUSES = ("inspection_hold", "production_delay", "supplier_timing", "fast_moving", "stock_error", "transport")
ITEMS = tuple((f"SK-{number:02d}", f"Part {number:02d}") for number in range(24))


@dataclass(slots=True)
class Case:
    """One line's life while events are made up for it."""

    order: str
    line: str
    seller: str
    ordered: int
    available: int
    expected: datetime | None = None

    def event(self, kind: str, at: datetime, **data: Any) -> dict[str, Any]:
        where = {"seller": self.seller, "order": self.order, "line": self.line}
        return {"type": kind, "time": at, "data": where | data}


def stream(seed: int, orders: int = ORDERS, contacts: int = CONTACTS, days: int = DAYS) -> list[dict[str, Any]]:
    """Give CloudEvents in no particular order; times lie within `days` of START."""
    random = Random(seed)
    end = START + timedelta(days=days)
    found = list(_sellers())
    for number in range(orders):
        found += _order(random, number, contacts, days)
    found = [event for event in found if event["time"] < end]
    found += [dict(event) for event in random.sample(found[len(SELLERS) :], len(found) // 50)]
    return [_cloud(random, event) for event in _numbered(found)]


def _numbered(events: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """A repeat keeps the id of the event it repeats."""
    known: dict[str, str] = {}
    for number, event in enumerate(events):
        content = repr(sorted(event.items(), key=lambda item: item[0]))
        yield {**event, "id": known.setdefault(content, f"s{number}")}


def _cloud(random: Random, event: dict[str, Any]) -> dict[str, Any]:
    late = random.random() < 0.05 and event["type"] != "seller.configured"
    seen = {"seenat": (event["time"] + timedelta(minutes=random.randrange(5, 90))).isoformat()} if late else {}
    plain = {"specversion": "1.0", "source": "erp", "id": event["id"], "type": event["type"]}
    return plain | {"time": event["time"].isoformat(), "data": event["data"]} | seen


def _sellers() -> Iterator[dict[str, Any]]:
    for slug, (zone, country, region) in SELLERS.items():
        desk = {"name": "Order desk", "email": f"desk@{slug}.example.com"}
        data = {
            "seller": slug,
            "name": slug.title(),
            "timezone": zone,
            "country": country,
            "region": region,
            "from": {"name": slug.title(), "email": f"updates@{slug}.example.com"},
            "order_desk": f"orders@{slug}.example.com",
            "support": f"support@{slug}.example.com",
            "default_owner": desk,
            "escalation": {"name": "Head of order desk", "email": f"head@{slug}.example.com"},
        }
        yield {"type": "seller.configured", "time": START - timedelta(days=1), "data": data}


def _order(random: Random, number: int, contacts: int, days: int) -> Iterator[dict[str, Any]]:
    contact = random.randrange(contacts)
    slug = tuple(SELLERS)[contact % 2]
    zone, country, region = PLACES[contact % 4]
    place = {"timezone": zone, "country": country} | ({"region": region} if region else {})
    buyer = {
        "company": f"Buyer {contact}",
        "contact": {"name": "Purchasing", "email": f"p{contact}@buyer{contact}.example.com", **place},
    }
    opened = _working(random, START + timedelta(days=random.randrange(days - 8)), SELLERS[slug][0])
    for line in range(random.choices((1, 2, 3), (0.92, 0.06, 0.02))[0]):
        case = Case(f"S-{number}", str(line + 1), slug, ordered := random.randrange(20, 400, 10), 0)
        case.available = random.randrange(0, ordered, 10)
        sku, product = random.choice(ITEMS)
        data = {"sku": sku, "product": product, "ordered": case.ordered, "available": case.available, "buyer": buyer}
        data |= {"cause": random.choice(CAUSES), "po": f"45{number:06d}"}
        if random.random() < 0.5:
            case.expected = opened + timedelta(days=random.randrange(5, 20))
            data["expected_on"] = case.expected.date().isoformat()
        yield case.event("backorder.opened", opened + timedelta(minutes=line), **data)
        yield from _life(random, case, opened, SELLERS[slug][0])


def _life(random: Random, case: Case, opened: datetime, zone: str) -> Iterator[dict[str, Any]]:
    at = opened
    for _ in range(random.choices((1, 2, 3), (0.6, 0.3, 0.1))[0]):
        at = _working(random, at + timedelta(days=random.randrange(1, 4)), zone)
        happening = random.choices(
            (_burst, _flap, _scrap, _slip, _date, _taken_back, _cancelled), (42, 16, 16, 10, 8, 4, 4)
        )[0]
        yield from happening(random, case, at)
    at = _working(random, at + timedelta(days=random.randrange(1, 5)), zone)
    yield case.event("stock.cleared", at)
    at = _working(random, at + timedelta(days=random.randrange(1, 3)), zone)
    yield case.event("shipment.sent", at, shipped=case.ordered)


def _burst(random: Random, case: Case, at: datetime) -> Iterator[dict[str, Any]]:
    """Pallets are scanned one after the other."""
    for _ in range(random.randrange(8, 18)):
        left = case.ordered - case.available
        case.available += max(1, left // random.randrange(10, 24)) if left > 1 else 0
        yield case.event("stock.allocated", at, available=case.available)
        at += timedelta(minutes=random.randrange(1, 9))


def _flap(random: Random, case: Case, at: datetime) -> Iterator[dict[str, Any]]:
    """A planner moves a date, and back."""
    before = case.expected or at + timedelta(days=10)
    case.expected = before
    moved = before + timedelta(days=random.randrange(3, 12))
    yield case.event("production.changed", at, expected_on=moved.date().isoformat())
    back = at + timedelta(minutes=random.choice((6, 9, 12, 25, 70)))
    yield case.event("production.changed", back, expected_on=before.date().isoformat())


def _scrap(random: Random, case: Case, at: datetime) -> Iterator[dict[str, Any]]:
    """A few units turn out to be good."""
    for _ in range(random.randrange(1, 3)):
        left = case.ordered - case.available
        case.available += 1 if left > 20 else 0
        yield case.event("stock.allocated", at, available=case.available)
        at += timedelta(minutes=random.randrange(20, 200))


def _slip(random: Random, case: Case, at: datetime) -> Iterator[dict[str, Any]]:
    case.expected = (case.expected or at + timedelta(days=6)) + timedelta(days=random.randrange(2, 10))
    yield case.event("production.changed", at, expected_on=case.expected.date().isoformat())


def _date(random: Random, case: Case, at: datetime) -> Iterator[dict[str, Any]]:
    case.expected = case.expected or at + timedelta(days=random.randrange(4, 15))
    yield case.event("production.changed", at, expected_on=case.expected.date().isoformat(), confirmed=True)


def _taken_back(random: Random, case: Case, at: datetime) -> Iterator[dict[str, Any]]:
    case.available -= case.available // random.randrange(3, 8)
    yield case.event("stock.allocated", at, available=case.available)


def _cancelled(random: Random, case: Case, at: datetime) -> Iterator[dict[str, Any]]:
    left = case.ordered - case.available
    if left > 20:
        units = left // random.randrange(3, 6)
        case.ordered -= units
        yield case.event("line.changed", at, ordered=case.ordered)


def _working(random: Random, at: datetime, zone: str) -> datetime:
    """Move a moment into the seller's working day; one in twenty falls at night, by an import."""
    local = at.astimezone(ZoneInfo(zone))
    while local.weekday() > 4:
        local += timedelta(days=1)
    hour = random.randrange(19, 24) if random.random() < 0.05 else random.randrange(7, 17)
    return local.replace(hour=hour, minute=random.randrange(60), second=0, microsecond=0).astimezone(UTC)
