"""Planning one correspondence of 50 orders, all of which leave at once."""

import statistics
import time
from typing import Any

from schedules.planner import plan
from schedules.rhythm import DEFAULT
from tests.builders import WHERE, WORDING, at, correspondence
from tests.unit.plans import LATER, heard, order, until
from worker.garbage import collect_rarely

ORDERS = 50
ROUNDS = 200
AIM_MS = 5.0


def measure() -> dict[str, Any]:
    collect_rarely()  # as every process of ours does
    return {"plan_of_50_orders": _plan()}


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
