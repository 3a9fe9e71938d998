"""Streams that touch everything lanes may meet in, and what a replay of them leaves behind."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

from tests.builders import at, cloud, opening, seller
from tests.servers import replay_schema
from worker.intake.reading import Incoming, read_event
from worker.replay.ahead import Arrival
from worker.replay.files import write_files
from worker.replay.run import Feed, replay
from worker.wiring import parts_for

SELLERS = ("bergmann", "northfield")
CONTACTS = 6
ITEMS = ("BX-120", "RS-800", "HP-77")


def feed_of(events):
    """Give events (kind, moment, data) as a feed, in the order of their moments."""
    feed = Feed()
    for number, (kind, moment, data) in enumerate(events):
        read = read_event(json.dumps(cloud(kind, moment, data, f"e{number}")), received_at=moment)
        assert isinstance(read, Incoming), read
        feed.arrivals.append(Arrival(moment, number, read))
    feed.arrivals.sort(key=lambda arrival: (arrival.at, arrival.incoming.event.key))
    return feed


def left_by(feed, folder, answers, stepper_of, policy=None):
    """Replay a feed; give every file that came of it, and every verdict. `policy` stands in for every seller's."""
    (folder / "mail").mkdir(parents=True)
    with replay_schema.lend() as engine:
        result = replay(
            feed,
            lambda engine, clock: replace(parts_for(engine, clock, "lanes.example"), policy=policy),
            engine,
            folder / "mail",
            answers=answers,
            stepper_of=stepper_of,
        )
        write_files(result, folder)
    files = {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    verdicts = [(line, one.verdict, tuple(one.reasons)) for line, one in result.verdicts]
    return files, verdicts, result


def wild(random, orders=8, days=12):
    """Orders of few contacts with bursts, items as a whole, people, pauses, decisions, slips and closings."""
    yield from ((kind, at(4, 7), data) for kind, data in _sellers())
    for number in range(orders):
        yield from _order(random, number, days)
    for _ in range(orders):
        moment = at(5) + timedelta(minutes=random.randrange(days * 24 * 60))
        yield _beyond(random, moment, orders)


def _sellers():
    for name in SELLERS:
        escalation = {"name": "Head", "email": f"head@{name}.example.com"}
        yield "seller.configured", seller(seller=name, escalation=escalation)


def _order(random, number, days):
    name = SELLERS[number % 2]
    line = {"seller": name, "order": f"O-{number}", "line": "1"}
    start = at(4, 8) + timedelta(days=random.randrange(days), minutes=random.randrange(10 * 60))
    contact = {"name": "Purchasing", "email": f"p{random.randrange(CONTACTS)}@muster.example.com"}
    about = {"cause": random.choice(["inspection_hold", "production_delay", "other"]), "sku": random.choice(ITEMS)}
    buyer = {"company": "Muster", "contact": contact if random.random() < 0.9 else None}
    if buyer["contact"] is None:
        del buyer["contact"]
    owner = {"name": "Desk", "email": f"desk{number % 3}@{name}.example.com"} if random.random() < 0.7 else None
    choices = random.choice([["wait", "split"], ["wait", "split", "cancel"], None])
    yield "backorder.opened", start, opening(**line, buyer=buyer, owner=owner, choices=choices, **about)
    for _ in range(random.randrange(2, 9)):
        moment = start + timedelta(minutes=random.choice([3, 7, 60, 600, 3_000, 9_000]) * random.randrange(1, 4))
        kind, more = _step(random, moment)
        about_the_order = {name: line[name] for name in ("seller", "order")}
        yield kind, moment, {**(about_the_order if kind == "owner.assigned" else line), **more}
    if random.random() < 0.6:
        yield "stock.cleared", start + timedelta(days=random.randrange(3, 10)), line
        yield "shipment.sent", start + timedelta(days=random.randrange(10, 14)), {**line, "shipped": 120}


def _step(random, moment):
    day = (moment + timedelta(days=random.randrange(2, 20))).date().isoformat()
    return random.choice(
        [
            ("stock.allocated", {"available": random.randrange(60, 121)}),
            ("production.changed", {"expected_on": day, "confirmed": random.random() < 0.5}),
            ("line.changed", {"cause": random.choice(["transport", "other", "supplier_timing"])}),
            ("review.recorded", {"by": "Order desk", "next_checkpoint": day}),
            ("decision.requested", {"choices": ["wait", "split"], "decide_by": day}),
            ("decision.recorded", {"choice": "split", "by": {"name": "Purchasing", "role": "buyer"}}),
            ("owner.assigned", {"owner": {"name": "Another", "email": "another@bergmann.example.com"}}),
            ("backorder.closed", {"outcome": random.choice(["fulfilled", "cancelled"])}),
        ]
    )


def _beyond(random, moment, orders):
    """Give something that is about more than one lane."""
    name, sku = random.choice(SELLERS), random.choice(ITEMS)
    contact = f"p{random.randrange(CONTACTS)}@muster.example.com"
    day = (moment + timedelta(days=8)).date().isoformat()
    return random.choice(
        [
            ("stock.received", moment, {"seller": name, "sku": sku, "units": random.randrange(10, 90)}),
            ("production.changed", moment, {"seller": name, "sku": sku, "expected_on": day}),
            ("contact.changed", moment, _changed(name, contact, random)),
            ("buyer.preferred", moment, {"seller": name, "contact": contact, "updates": "checkpoints_only"}),
            ("seller.paused", moment, {"seller": name, "sku": sku, "by": "Desk"}),
            ("seller.resumed", moment, {"seller": name, "sku": sku, "by": "Desk"}),
            ("listing.observed", moment, {"seller": name, "sku": sku, "listing": "ready"}),
            ("buyer.told", moment, {"seller": name, "order": f"O-{random.randrange(orders)}", "by": "Desk"}),
        ]
    )


def _changed(name, contact, random):
    return {"seller": name, "from": contact, "contact": {"email": f"new{random.randrange(3)}@muster.example.com"}}


def outage(days_from, days_until, part):
    """Give a row of an answers file: a part is down for a while."""
    return {"down": part, "from": _moment(days_from).isoformat(), "until": _moment(days_until).isoformat()}


def _moment(days) -> datetime:
    return at(4) + timedelta(days=days)
