"""What it costs here to set so many future alarms, and to tick while they wait."""

import statistics
import time
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import text

from benchmarks.rivals import house
from benchmarks.scale.backlog import DUE_AT, SELLERS, grow, order_of, seed, settle_down
from worker.storage import threads
from worker.usecases.plan_due import plan_due
from worker.usecases.work import BATCH
from worker.wiring import parts_for

TICKS: Final = 200


def alarms(count: int, folder: Path) -> dict[str, Any]:
    """Set alarms as planning does, a batch at a time with a commit each; then tick with none due."""
    engine = seed(house.empty("alarms"), [DUE_AT], folder)
    grow(engine, [order_of(number, 0) for number in range(SELLERS)], 1, count // SELLERS)
    settle_down(engine)
    with engine.connect() as connection:
        ids = list(connection.execute(text("select id from correspondence where audience = 'buyer'")).scalars())
    began = time.perf_counter()
    for first in range(0, count, BATCH):
        with engine.begin() as connection:
            threads.set_alarms(connection, [{"id": id_, "wake_at": DUE_AT} for id_ in ids[first : first + BATCH]])
    added = time.perf_counter() - began
    parts = parts_for(engine, lambda _: DUE_AT - timedelta(hours=1), "bench.example")
    spans = []
    for _ in range(TICKS):
        began = time.perf_counter()
        assert plan_due(parts) == 0
        spans.append(time.perf_counter() - began)
    engine.dispose()
    house.drop("alarms")
    return {"added_seconds": round(added, 2), "idle_tick_ms": round(statistics.median(spans) * 1000, 2)}
