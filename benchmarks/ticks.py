"""A tick with nothing due, at 10,000 to 1,000,000 open backorders: flat within 1.2x."""

import statistics
import time
from typing import Any

from sqlalchemy import Engine, text

from tests.servers import fresh_database
from worker.storage.engine import database_clock, make_engine
from worker.usecases.plan_due import plan_due
from worker.usecases.plan_owners import plan_owners
from worker.wiring import parts_for

SIZES = (10_000, 100_000, 1_000_000)
ROUNDS = 400
FLAT_WITHIN = 1.2

FILL = """
insert into correspondence (seller_id, audience, address_key, contact, wake_at)
select 1, 'buyer', 'p' || n || '@example.com', '{}', backorder_now() + interval '1 hour' + n * interval '1 second'
from generate_series(cast(:first as bigint), cast(:last as bigint)) n;
insert into thread (correspondence_id, seller_id, order_no, order_facts, opened_at)
select id, 1, 'O-' || id, '{}', backorder_now() from correspondence where id > :known;
insert into line (thread_id, seller_id, order_no, line_no, sku, ordered, available, shipped, cancelled, delayed, facts)
select id, 1, order_no, '1', 'SKU', 120, 80, 0, 0, 40, '{}' from thread where correspondence_id > :known;
"""


def measure() -> dict[str, Any]:
    engine = make_engine(fresh_database("bench_ticks"))
    parts = parts_for(engine, database_clock, "bench.example")
    with engine.begin() as connection:
        connection.execute(text("insert into seller (slug, profile, profile_key) values ('s', '{}', '[]')"))
    found: dict[str, Any] = {}
    filled = 0
    for size in SIZES:
        fill(engine, filled + 1, size)
        filled = size
        found[str(size)] = {
            "plan_ms": _median(lambda: plan_due(parts)),
            "owners_ms": _median(lambda: plan_owners(parts)),
        }
    smallest, largest = (found[str(size)]["plan_ms"] for size in (SIZES[0], SIZES[-1]))
    found["ratio"] = round(largest / smallest, 2)
    found["flat"] = found["ratio"] <= FLAT_WITHIN
    engine.dispose()
    return found


def fill(engine: Engine, first: int, last: int) -> None:
    with engine.begin() as connection:
        known = connection.execute(text("select coalesce(max(id), 0) from correspondence")).scalar_one()
        for statement in FILL.strip().split(";\n"):
            values = {"first": first, "last": last, "known": known}
            names = {name: values[name] for name in values if f":{name}" in statement}
            connection.execute(text(statement.rstrip(";")), names)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze"))


def _median(call: Any) -> float:
    spans = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        assert call() == 0
        spans.append(time.perf_counter() - began)
    return round(statistics.median(spans) * 1000, 3)
