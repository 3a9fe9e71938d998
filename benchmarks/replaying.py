"""Replay of 10,000 events of 1,000 orders over 90 days: under 90 s."""

import json
import time
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from tests.builders import at, cloud, opening, seller
from tests.servers import test_servers
from worker.garbage import collect_rarely
from worker.replay.files import write_files
from worker.replay.run import read_feed, replay, throw_away_schema
from worker.wiring import parts_for

EVENTS = 10_000
ORDERS = 1_000
DAYS = 90
AIM_SECONDS = 90


def stream(random: Random, orders: int, events: int, days: int) -> list[dict[str, Any]]:
    """Openings, allocations, dates, reviews and shipments, spread over working days."""
    found = [cloud("seller.configured", at(1), seller(), "s")]
    for number in range(orders):
        start = at(4) + timedelta(days=random.randrange(days - 8), minutes=random.randrange(9 * 60))
        order = {"seller": "bergmann", "order": f"R-{number}", "line": "1"}
        contact = {"name": "Purchasing", "email": f"p{number % 400}@muster.example.com"}
        data = opening(**order, buyer={"company": f"Muster {number % 400}", "contact": contact})
        found.append(cloud("backorder.opened", start, data, f"o{number}"))
        for step in range(events // orders - 3):
            when = start + timedelta(hours=random.randrange(2, 24 * 12), minutes=random.randrange(60))
            kind, more = random.choice(
                [
                    ("stock.allocated", {"available": random.randrange(60, 120)}),
                    ("production.changed", {"expected_on": f"2026-06-{random.randrange(1, 28):02d}"}),
                    ("line.changed", {"cause": random.choice(["transport", "inspection_hold"])}),
                    ("review.recorded", {"by": "Order desk"}),
                ]
            )
            found.append(cloud(kind, when, {**order, **more}, f"e{number}-{step}"))
        ready = start + timedelta(days=12, hours=random.randrange(48))
        found.append(cloud("stock.cleared", ready, order, f"c{number}"))
        shipped = ready + timedelta(hours=random.randrange(4, 30))
        found.append(cloud("shipment.sent", shipped, order | {"shipped": 120}, f"s{number}"))
    return found


def measure(folder: Path) -> dict[str, Any]:
    source = folder / "stream.jsonl"
    source.write_text("".join(json.dumps(event) + "\n" for event in stream(Random(7), ORDERS, EVENTS, DAYS)))
    out = folder / "out"
    (out / "mail").mkdir(parents=True)
    collect_rarely()  # as the command line does
    began = time.perf_counter()
    with throw_away_schema(test_servers().database_url) as engine:
        result = replay(
            read_feed(source), lambda engine, clock: parts_for(engine, clock, "bench.example"), engine, out / "mail"
        )
        summary = write_files(result, out)
    seconds = time.perf_counter() - began
    return {
        "events": summary["events"]["accepted"],
        "mails": sum(summary["mails"]["by_kind"].values()),
        "promises": summary["promises"]["by_outcome"],
        "seconds": round(seconds, 1),
        "aim_seconds": AIM_SECONDS,
    }
