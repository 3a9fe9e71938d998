"""A believable stream of stock and production events for the demo: two sellers, sixty orders, thirty days."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from worker.intake.reading import Incoming, read_event
from worker.replay.run import Arrival, Feed

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
)
ITEMS: Final = (
    ("BX-120", "Linear bearing block 20 mm"),
    ("RS-400", "Guide rail 400 mm"),
    ("PH-75", "Pump housing 75 l/min"),
    ("SK-9", "Seal kit type 9"),
    ("CT-6", "Control terminal 6 in"),
)
CAUSES: Final = ("inspection_hold", "production_delay", "supplier_timing", "fast_moving", "stock_error", "transport")
ORDERS: Final = 60


def demo_feed(now: datetime, days: int, seed: int = 11) -> Feed:
    """Give the demo's events up to `now`; the same seed and moment give the same stream."""
    random = Random(seed)  # noqa: S311 - a stream to look at, not a secret
    start = now - timedelta(days=days)
    events = [*_sellers(start), *_orders(random, start), *_due_soon(now)]
    feed = Feed()
    for number, event in enumerate(events):
        event["id"] = f"demo-{number}"
        if datetime.fromisoformat(event["time"]) > now:
            continue
        read = read_event(json.dumps(event), received_at=now + timedelta(minutes=1))
        if not isinstance(read, Incoming):
            raise TypeError(f"the demo's stream is faulty: {[str(reason) for reason in read.reasons]}")
        feed.arrivals.append(Arrival(read.event.time, number, read))
    feed.arrivals.sort(key=lambda arrival: (arrival.at, arrival.incoming.event.key))
    return feed


def _event(kind: str, at: datetime, **data: Any) -> dict[str, Any]:
    moment = at.replace(microsecond=0).isoformat()
    return {"specversion": "1.0", "source": "demo-erp", "type": kind, "time": moment, "data": data}


def _sellers(start: datetime) -> Iterator[dict[str, Any]]:
    for one in SELLERS:
        place = {name: one[name] for name in ("seller", "name", "timezone", "country", "region")}
        people = {
            "from": {"name": one["name"], "email": f"updates@{one['domain']}"},
            "order_desk": f"orders@{one['domain']}",
            "support": f"support@{one['domain']}",
            "default_owner": {"name": "Order desk", "email": f"desk@{one['domain']}"},
            "escalation": {"name": "Head of order desk", "email": f"head@{one['domain']}"},
        }
        yield _event("seller.configured", start, **place, **people)


def _working(random: Random, day: datetime) -> datetime:
    return day.replace(hour=8, minute=0) + timedelta(minutes=random.randint(0, 6 * 60))


def _orders(random: Random, start: datetime) -> Iterator[dict[str, Any]]:
    for number in range(ORDERS):
        seller = SELLERS[number % 2]["seller"]
        company, country, region = BUYERS[random.randrange(len(BUYERS))]
        sku, product = ITEMS[random.randrange(len(ITEMS))]
        ordered = random.choice((20, 40, 60, 120, 250))
        available = random.choice((0, ordered // 3, ordered * 2 // 3))
        opened = _working(random, start + timedelta(days=random.randint(0, 24)))
        order = f"{'B' if seller == 'bergmann' else 'N'}-{1001 + number}"
        address = company.split()[0].encode("ascii", "ignore").decode().lower()
        contact = {"name": "Purchasing", "email": f"purchasing@{address}.example.com", "country": country}
        line = {"seller": seller, "order": order, "line": "1"}
        yield _event(
            "backorder.opened",
            opened,
            **line,
            po=str(4_500_017_000 + number),
            buyer={"company": company, "contact": contact | ({"region": region} if region else {})},
            sku=sku,
            product=product,
            ordered=ordered,
            available=available,
            cause=random.choice(CAUSES),
            choices=["wait", "split", "adjust"] if available else ["wait", "adjust"],
            ship_complete=random.random() < 0.4,
        )
        yield from _story(random, number, line, (ordered, available), opened)


def _story(
    random: Random, number: int, line: dict[str, Any], figures: tuple[int, int], opened: datetime
) -> Iterator[dict[str, Any]]:
    """One of eight courses an order may take."""
    ordered, available = figures
    at = [opened + timedelta(days=gap, minutes=random.randint(0, 200)) for gap in (1, 3, 5, 7, 9, 12, 15)]
    due = (opened + timedelta(days=12)).date()
    review = {"seller": line["seller"], "order": line["order"], "by": "Order desk"}
    match number % 8:
        case 0:
            for minute in range(0, 12, 3):
                available = min(ordered - 5, available + 2)
                yield _event("stock.allocated", at[0] + timedelta(minutes=minute), **line, available=available)
            yield _event("stock.cleared", at[4], **line)
            yield _event("shipment.sent", at[5], **line, shipped=ordered)
        case 1:
            for step, day in enumerate((due, due + timedelta(days=4), due)):
                moment = at[0] + timedelta(minutes=4 * step)
                yield _event("production.changed", moment, **line, expected_on=day.isoformat(), confirmed=True)
            yield _event("stock.cleared", at[5], **line)
        case 2:
            for gap in range(5):
                yield _event("stock.allocated", at[gap], **line, available=min(ordered - 1, available + gap + 1))
            yield _event("backorder.closed", at[6], **line, outcome="fulfilled")
        case 3:
            yield _event("production.changed", at[1], **line, expected_on=due.isoformat())
        case 4:
            yield _event("production.changed", at[0], **line, expected_on=due.isoformat(), confirmed=True)
            later = (due + timedelta(days=10)).isoformat()
            yield _event("production.changed", at[3], **line, expected_on=later, confirmed=True)
            yield _event("review.recorded", at[5], **review, confirmed="Production date checked with the plant")
        case 5:
            yield _event("stock.allocated", at[1], **line, available=min(ordered - 2, available + 10))
            yield _event("stock.allocated", at[2], **line, available=available)
            yield _event("stock.cleared", at[5], **line)
        case 6:
            yield _event("line.changed", at[0], **line, cause="other")
            text = "A worn tool is being replaced before the next lot"
            yield _event("line.changed", at[0] + timedelta(hours=5), **line, cause="other", reason_text=text)
            yield _event("review.recorded", at[3], **review)
        case _:
            yield _event("review.recorded", at[2], **review, confirmed="Figures checked")
            yield _event("review.recorded", at[4], **review)
            yield _event("stock.cleared", at[5], **line)
            yield _event("shipment.sent", at[6], **line, shipped=ordered)


def _due_soon(now: datetime) -> Iterator[dict[str, Any]]:
    """Orders whose promised moment falls into the first live minute."""
    day = now - timedelta(days=1)
    while day.weekday() > 3:
        day -= timedelta(days=1)
    for number, gap in enumerate((20, 30, 40)):
        opened = (day - timedelta(days=7)).replace(hour=9, minute=10 * number)
        line = {"seller": "bergmann", "order": f"B-20{number + 1:02d}", "line": "1"}
        contact = {"name": "Purchasing", "email": f"live{number}@muster.example.com", "country": "DE"}
        yield _event(
            "backorder.opened",
            opened,
            **line,
            po=str(4_500_020_000 + number),
            buyer={"company": "Muster Maschinenbau", "contact": contact},
            sku="BX-120",
            product="Linear bearing block 20 mm",
            ordered=120,
            available=80,
            cause="inspection_hold",
            choices=["wait", "split", "adjust"],
            next_checkpoint=(now + timedelta(seconds=gap)).isoformat(),
        )
        if number:
            note = "Final inspection is running"
            review = {"seller": "bergmann", "order": line["order"], "confirmed": note, "by": "Order desk"}
            yield _event("review.recorded", now - timedelta(hours=2 * number), **review)
