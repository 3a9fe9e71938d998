"""`python -m benchmarks.replaying --orders N`: replay of ten events an order over 90 days, at several sizes."""

import argparse
import json
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

from benchmarks import page, results
from tests.builders import at, cloud, opening, seller
from tests.servers import test_servers
from worker.garbage import collect_rarely
from worker.replay.files import write_files
from worker.replay.run import read_feed, replay, throw_away_schema
from worker.wiring import parts_for

SIZES: Final = (250, 1_000)
"""Orders; the goal is that of the last."""
EVENTS_OF_AN_ORDER: Final = 10
DAYS: Final = 90
LARGE: Final = "replay_large"
"""A size beyond those of `make bench` has a section of its own, which that leaves alone."""


def stream(random: Random, orders: int, events: int, days: int) -> list[dict[str, Any]]:
    """Openings, allocations, dates, reviews and shipments, spread over working days; five orders of two buyers."""
    found, buyers = [cloud("seller.configured", at(1), seller(), "s")], max(1, orders * 2 // 5)
    for number in range(orders):
        start = at(4) + timedelta(days=random.randrange(days - 8), minutes=random.randrange(9 * 60))
        order = {"seller": "bergmann", "order": f"R-{number}", "line": "1"}
        contact = {"name": "Purchasing", "email": f"p{number % buyers}@muster.example.com"}
        data = opening(**order, buyer={"company": f"Muster {number % buyers}", "contact": contact})
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


def measure(folder: Path, sizes: tuple[int, ...] = SIZES) -> dict[str, Any]:
    collect_rarely()  # as the command line does
    found = {str(orders): _of_size(folder / str(orders), orders) for orders in sizes}
    return {"sizes": found}


def _of_size(folder: Path, orders: int) -> dict[str, Any]:
    out = folder / "out"
    (out / "mail").mkdir(parents=True)
    source = folder / "stream.jsonl"
    events = stream(Random(7), orders, orders * EVENTS_OF_AN_ORDER, DAYS)
    source.write_text("".join(json.dumps(event) + "\n" for event in events))
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
    }


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--orders", type=int, required=True)
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), (asked.parse_args().orders,))
    results.keep(LARGE, found)
    page.write()
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
