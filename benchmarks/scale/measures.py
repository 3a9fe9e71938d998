"""What is measured at each size: idle tick, claim, an item's event, console, memory, and an old snapshot's price."""

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, text

from benchmarks.rivals import house
from benchmarks.rivals.sink import sink
from benchmarks.scale import memory
from benchmarks.scale.backlog import DUE_AT, SELLERS, grow, order_of, seed, settle_down
from tests.builders import cloud
from worker.intake.reading import Incoming, read_event
from worker.storage import console, threads
from worker.storage.planning import claim_due, load
from worker.usecases.low_water import LowWater, NoMark
from worker.usecases.parts import Parts
from worker.usecases.plan_due import plan_due
from worker.usecases.record_events import record
from worker.usecases.skus import work_on_skus
from worker.usecases.work import BATCH, LEASE
from worker.wiring import parts_for

DUES: Final = tuple(DUE_AT + timedelta(days=days) for days in (0, 2, 7, 30))
DUE_NOW: Final = 2_500
EARLIER: Final = DUE_AT - timedelta(hours=1)
MEANWHILE: Final = EARLIER + timedelta(minutes=5)
TICKS: Final = 300
ROUNDS: Final = 15
CLAIMED: Final = 100_000


class Backlog:
    """A database that grows from size to size."""

    def __init__(self, folder: Path, name: str = "scale") -> None:
        self.name = name
        self.engine = seed(house.empty(name), DUES, folder)
        self._due = self._copies = 0

    def grow_to(self, orders: int) -> float:
        """Grow to so many open backorders, some of them due; give seconds."""
        later = [name for place in range(1, len(DUES)) for name in self._seeds(place)]
        due = self._due + DUE_NOW // SELLERS
        copies = max(self._copies, (orders - due * SELLERS) // len(later))
        began = time.perf_counter()
        grow(self.engine, self._seeds(0), self._due + 1, due)
        grow(self.engine, later, self._copies + 1, copies)
        self._due, self._copies = due, copies
        settle_down(self.engine)
        return time.perf_counter() - began

    @staticmethod
    def _seeds(place: int) -> list[str]:
        return [order_of(number, place) for number in range(SELLERS)]

    def close(self) -> None:
        self.engine.dispose()
        house.drop(self.name)


def of_size(backlog: Backlog, small: Engine, orders: int) -> dict[str, Any]:
    """Grow to a size and measure there; ticks take turns with those of a small backlog."""
    seconds = backlog.grow_to(orders)
    print(f"{orders} open backorders after {seconds:.0f} s", flush=True)
    engine = backlog.engine
    found: dict[str, Any] = {"generated_seconds": round(seconds, 1), **_ticks_in_turn(engine, small)}
    found |= _claims(engine)
    found["console_ms"] = _console(engine)
    found["item_event"] = _item(engine, orders)
    with sink() as target:
        found["worker"] = memory.used(house.address(backlog.name), target.port, DUE_AT)
    with engine.connect() as connection:
        found["database_mb"] = connection.execute(
            text("select pg_database_size(current_database()) / 1000000")
        ).scalar_one()
    return found


def _ticks_in_turn(engine: Engine, small: Engine) -> dict[str, float]:
    """Give milliseconds of a tick with nothing due, and its ratio to one of a small backlog at the same moment."""
    return _in_turn(_looking(engine, EARLIER, NoMark()), _looking(small, EARLIER, NoMark()))


def _looking(engine: Engine, at: datetime, mark: LowWater) -> Parts:
    """Give parts that look for alarms at a moment, from a mark on."""
    return replace(parts_for(engine, lambda _: at, "bench.example"), low_water=mark)


def _in_turn(parts: Parts, beside: Parts) -> dict[str, float]:
    spans, ratios = [], []
    for _ in range(TICKS):
        own, other = _seconds(lambda: _nothing(parts)), _seconds(lambda: _nothing(beside))
        spans.append(own)
        ratios.append(own / other)
    return {"idle_tick_ms": _ms(spans), "idle_tick_to_small": round(statistics.median(ratios), 2)}


def _nothing(parts: Parts) -> None:
    assert plan_due(parts) == 0


def _claims(engine: Engine) -> dict[str, float]:
    """Claim a batch, and read it; rolled back, so that each round finds the same."""
    claims, reads = [], []
    for _ in range(ROUNDS):
        with engine.connect() as connection:
            began = time.perf_counter()
            ids = claim_due(connection, "buyer", DUE_AT, BATCH, LEASE)
            claims.append(time.perf_counter() - began)
            assert len(ids) == BATCH
            began = time.perf_counter()
            load(connection, dict.fromkeys(ids, DUE_AT))
            reads.append(time.perf_counter() - began)
            connection.rollback()
    return {"claim_of_100_ms": _ms(claims), "read_of_100_ms": _ms(reads)}


def _console(engine: Engine) -> dict[str, float]:
    with engine.connect() as connection:
        searches: dict[str, Callable[[], object]] = {
            "needs": lambda: console.needs(connection, None, DUE_AT, timedelta(days=7), timedelta(days=1)),
            "upcoming": lambda: console.upcoming(connection, None, DUE_AT, 50),
            "order": lambda: console.orders(connection, None, "S3D1-77", 50),
            "company": lambda: console.orders(connection, None, "Company 77", 50),
            "item": lambda: console.orders(connection, None, "BX-0", 50),
        }
        return {name: _median(search, ROUNDS) for name, search in searches.items()}


def _item(engine: Engine, orders: int) -> dict[str, Any]:
    """Record a date for one item, and carry it to its lines (the same number at each size)."""
    parts = parts_for(engine, lambda _: EARLIER, "bench.example")
    data = {"seller": "seller1", "sku": "BX-0", "expected_on": f"2026-07-{10 + len(str(orders))}"}
    event = cloud("production.changed", EARLIER, data, f"item{orders}")
    read = read_event(json.dumps(event), received_at=EARLIER)
    assert isinstance(read, Incoming)
    began = time.perf_counter()
    with engine.begin() as connection:
        record(connection, parts, [read], EARLIER)
    while work_on_skus(parts):
        pass
    seconds = time.perf_counter() - began
    with engine.begin() as connection:
        lines = connection.execute(text("select count(*) from line where seller_id = 2 and sku = 'BX-0'")).scalar_one()
        connection.execute(text("update correspondence set wake_at = null where wake_at <= :now"), {"now": EARLIER})
    return {"lines": lines, "seconds": round(seconds, 2)}


def beside_an_old_snapshot(engine: Engine, small: Engine) -> dict[str, float]:
    """Tick after 100,000 claims while another session holds a snapshot from before them.

    All ticks take turns with those of a small backlog, so that an hour in which the machine is slower changes no ratio.
    """
    quiet = _looking(small, MEANWHILE, LowWater())
    before = _in_turn(_looking(engine, MEANWHILE, LowWater()), quiet)
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as old:
        old.execute(
            text("set local idle_in_transaction_session_timeout = 0")
        )  # a backup; ours would be ended after 25 s
        old.execute(text("select count(*) from seller"))
        _claim_many(engine)
        beside = _in_turn(_looking(engine, MEANWHILE, LowWater()), quiet)
        whole = _in_turn(_looking(engine, MEANWHILE, NoMark()), quiet)
        old.rollback()
    return {
        "idle_tick_ms": before["idle_tick_ms"],
        "beside_ms": beside["idle_tick_ms"],
        "from_the_beginning_ms": whole["idle_tick_ms"],
        "ratio": round(beside["idle_tick_to_small"] / before["idle_tick_to_small"], 2),
        "claims": CLAIMED,
    }


def _claim_many(engine: Engine) -> None:
    """Let 100,000 alarms ring and be claimed, a batch at a time, as after a busy morning."""
    ring: datetime = EARLIER - timedelta(minutes=1)
    with engine.begin() as connection:
        connection.execute(
            text("update correspondence set wake_at = :at where id in (select id from correspondence limit :most)"),
            {"at": ring, "most": CLAIMED},
        )
    taken = CLAIMED
    while taken > 0:
        with engine.begin() as connection:
            claimed = claim_due(connection, "buyer", EARLIER, BATCH, LEASE)
            later = EARLIER + timedelta(days=30)
            threads.set_alarms(connection, [{"id": one, "wake_at": later} for one in claimed])
        if not claimed:
            break
        taken -= len(claimed)


def _median(call: Callable[[], object], rounds: int) -> float:
    return _ms([_seconds(call) for _ in range(rounds)])


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _ms(spans: list[float]) -> float:
    return round(statistics.median(spans) * 1000, 2)
