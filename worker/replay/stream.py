"""The demo's stream: two sellers, sixty orders, thirty days, a believable mix; three orders to follow closely."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from worker.intake.reading import Incoming, read_event
from worker.replay.ahead import Arrival
from worker.replay.courses import COURSES, Order
from worker.replay.run import Feed
from worker.replay.scenery import DEALT_ITEM, ITEMS, SELLERS, Clock, buyer_data, clocks, seller_data

CAUSES: Final = ("inspection_hold", "production_delay", "supplier_timing", "fast_moving", "stock_error", "transport")
ORDERS_OF_THE_DEALT_ITEM: Final = 8
ORDERS: Final = 60
EXAMPLES: Final = {
    "B-1042": "a burst, a date that moved and moved back, a unit found good",
    "B-1043": "a decision asked for, a split, and a delivery for the item",
    "B-1044": "a missing reason, a checkpoint that nobody confirmed, and a slip",
}
"""Three orders that the demo explains from their first event to their last mail."""


def demo_feed(now: datetime, days: int, seed: int = 11) -> Feed:
    """Give the demo's events up to `now`; the same seed and moment give the same stream."""
    random = Random(seed)  # noqa: S311 - a stream to look at, not a secret
    start = now - timedelta(days=days)
    by = clocks(start)
    events = [
        *(_event("seller.configured", start, **seller_data(one, by[one["seller"]])) for one in SELLERS),
        *_examples(by["bergmann"]),
        *_dealt(random, by["northfield"]),
        *_orders(random, by, ORDERS - len(EXAMPLES) - ORDERS_OF_THE_DEALT_ITEM),
        *_due_soon(now),
    ]
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


def _opening(order: Order, item: tuple[str, str], buyer: dict[str, Any], **more: Any) -> dict[str, Any]:
    figures = {"sku": item[0], "product": item[1], "ordered": order.ordered, "available": order.available}
    choices = {"choices": ["wait", "split", "adjust"] if order.available else ["wait", "adjust"]}
    po = str(4_500_016_000 + int(order.order.split("-")[1]))
    at = more.pop("at", order.at(0, 9))
    return _event("backorder.opened", at, **order.line, po=po, buyer=buyer, **figures, **(choices | more))


def _orders(random: Random, by: dict[str, Clock], count: int) -> Iterator[dict[str, Any]]:
    """Orders of both sellers, each on one of the courses; some buyers have several."""
    for number in range(count):
        seller = SELLERS[number % 2]["seller"]
        ordered = random.choice((20, 40, 60, 120, 250))
        ready = ordered // random.choice((2, 3))
        name = f"{'B' if seller == 'bergmann' else 'N'}-{1101 + number}"
        order = Order(seller, name, ordered, ready, random.randint(0, 8), by[seller])
        opened = order.at(0, random.randint(8, 15), random.randint(0, 59))
        yield _opening(
            order,
            ITEMS[random.randrange(len(ITEMS))],
            buyer_data(random.randrange(10)),
            at=opened,
            cause=random.choice(CAUSES),
            ship_complete=random.random() < 0.4,
        )
        for kind, at, data in COURSES[number % len(COURSES)](order):
            yield _event(kind, at, **data)


def _dealt(random: Random, clock: Clock) -> Iterator[dict[str, Any]]:
    """Orders of one item, served from one delivery, the oldest first."""
    waiting = 0
    for number in range(ORDERS_OF_THE_DEALT_ITEM):
        ordered = random.choice((10, 15, 25))
        waiting += ordered
        order = Order("northfield", f"N-{1061 + number}", ordered, 0, number % 4, clock)
        yield _opening(order, DEALT_ITEM, buyer_data(number + 2), cause="supplier_timing")
    for day, share in ((7, 0.6), (12, 0.5)):
        item = {"seller": "northfield", "sku": DEALT_ITEM[0]}
        yield _event("stock.received", clock.at(day, 10), **item, units=int(waiting * share))


def _examples(clock: Clock) -> Iterator[dict[str, Any]]:
    one, two, three = (Order("bergmann", name, 120, 80, 1, clock) for name in EXAMPLES)
    item = ITEMS[0]
    yield _opening(
        one, item, buyer_data(0, "orders"), cause="inspection_hold", expected_on=one.on(9), expected_confirmed=True
    )
    for minute, ready in ((0, 86), (4, 92), (9, 98)):
        yield _event("stock.allocated", one.at(1, 10, minute), **one.line, available=ready)
    for minute, days in ((0, 13), (7, 9)):
        dated = {"expected_on": one.on(days), "confirmed": True}
        yield _event("production.changed", one.at(2, 11, minute), **one.line, **dated)
    yield _event("stock.allocated", one.at(3, 10), **one.line, available=99)
    yield _event("stock.cleared", one.at(5, 9), **one.line)
    yield _event("shipment.sent", one.at(6, 15), **one.line, shipped=120)

    yield _opening(two, ("RS-800", "Guide rail 800 mm"), buyer_data(2, "orders"), cause="fast_moving")
    asked = {"choices": ["wait", "split"], "decide_by": two.on(5)}
    yield _event("decision.requested", two.at(1, 10), **two.line, **asked)
    by = {"name": "Purchasing", "role": "buyer"}
    yield _event("decision.recorded", two.at(2, 14), **two.line, choice="split", by=by)
    yield _event("shipment.sent", two.at(3, 15), **two.line, shipped=80)
    yield _event("stock.received", two.at(6, 9), seller="bergmann", sku="RS-800", units=50)
    yield _event("shipment.sent", two.at(7, 15), **two.line, shipped=120)

    yield _opening(three, item, buyer_data(4, "orders"), cause="other", next_checkpoint=three.on(4))
    reason = "A worn tool is being replaced before the next lot"
    yield _event("line.changed", three.at(0, 10, 20), **three.line, cause="other", reason_text=reason)
    dated = {"expected_on": three.on(9), "confirmed": True}
    yield _event("production.changed", three.at(5, 9), **three.line, **dated)
    yield _event("production.changed", three.at(8, 13), **three.line, expected_on=three.on(15), confirmed=True)
    yield _event(*three.reviewed(12, 10)[:2], **three.reviewed(12, 10)[2])


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
