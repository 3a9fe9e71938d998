"""Planning one correspondence of 50 orders, and the memory of a planning process beside a large backlog."""

import json
import resource
import statistics
import subprocess
import sys
import time
from typing import Any

from sqlalchemy import text

from benchmarks import ticks
from schedules.planner import plan
from schedules.rhythm import DEFAULT
from tests.builders import WHERE, WORDING, at, correspondence
from tests.servers import fresh_database
from tests.unit.plans import LATER, heard, order, until
from worker.storage.engine import database_clock, make_engine
from worker.usecases.plan_due import plan_due
from worker.wiring import parts_for

ORDERS = 50
ROUNDS = 200
AIM_MS = 5.0
BACKLOG = 1_000_000
AIM_MB = 200


def measure() -> dict[str, Any]:
    return {"plan_of_50_orders": _plan(), "memory": _memory()}


def _plan() -> dict[str, Any]:
    """All orders have news and are due: the dearest plan there is."""
    threads = [
        heard(order(LATER, name=f"B-{n}"), told=order(name=f"B-{n}"), window=until(at(21, 9)), thread_id=n)
        for n in range(ORDERS)
    ]
    whole = correspondence(*threads)
    spans = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        made = plan(whole, DEFAULT, WHERE, WORDING, at(21, 9))
        spans.append(time.perf_counter() - began)
        assert len(made.updates[0].sections) == ORDERS
    return {"median_ms": round(statistics.median(spans) * 1000, 2), "aim_ms": AIM_MS}


def _memory() -> dict[str, Any]:
    """Fill a backlog, then let another process plan batches of it, and ask that process for its peak."""
    url = fresh_database("bench_memory")
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.execute(text("insert into seller (slug, profile, profile_key) values ('s', '{}', '[]')"))
    ticks.fill(engine, 1, BACKLOG)
    with engine.begin() as connection:
        connection.execute(text("update correspondence set wake_at = backorder_now() where id <= 5000"))
    engine.dispose()
    command = [sys.executable, "-m", "benchmarks.planning", url]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return {"backlog": BACKLOG, **json.loads(run.stdout.splitlines()[-1]), "aim_mb": AIM_MB}


def _work(url: str) -> None:
    parts = parts_for(make_engine(url), database_clock, "bench.example")
    planned = 0
    while taken := plan_due(parts):
        planned += taken
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"planned": planned, "peak_mb": round(peak, 1)}))


if __name__ == "__main__":
    _work(sys.argv[1])
