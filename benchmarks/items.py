"""One event for an item with many open lines, all of which it reaches; the longest transaction beside it (R5)."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from multiprocessing import get_context
from typing import Any, Final

from sqlalchemy import Engine, text

from tests.builders import at, cloud, opening, seller
from tests.servers import fresh_database
from worker.intake.reading import Incoming, read_event
from worker.storage.engine import make_engine
from worker.usecases.parts import Parts
from worker.usecases.record_events import record
from worker.usecases.skus import work_on_skus
from worker.wiring import parts_for

SIZES = (20_000, 100_000)
AIM_SECONDS = 2.0
DELAYED = 40
LOOKS_AGAIN_SECONDS: Final = 0.002
ITEM = {"seller": "bergmann", "sku": "BX-120"}

COPIES = """
insert into correspondence (seller_id, audience, address_key, contact)
select 1, 'buyer', 'p' || n || '@muster.example.com', c.contact
from generate_series(2, cast(:lines as bigint)) n, (select contact from correspondence where audience = 'buyer') c;
insert into thread (correspondence_id, seller_id, order_no, company, order_facts, opened_at)
select c.id, 1, 'O-' || c.id, t.company, t.order_facts, t.opened_at from correspondence c, thread t
where c.audience = 'buyer' and c.id <> t.correspondence_id;
insert into line (thread_id, seller_id, order_no, line_no, sku, ordered, available, shipped, cancelled, delayed, facts)
select t.id, 1, t.order_no, '1', l.sku, l.ordered, l.available, l.shipped, l.cancelled, l.delayed, l.facts
from thread t, line l where t.id <> l.thread_id;
"""


def measure(sizes: tuple[int, ...] = SIZES) -> dict[str, Any]:
    return {str(size): _of_size(size) for size in sizes}


def _of_size(size: int) -> dict[str, Any]:
    """Each event meets lines that nothing has happened to."""
    dealt = _reaching(size, "stock.received", units=DELAYED * size)
    moved = _reaching(size, "production.changed", expected_on="2026-06-20")
    return {"stock_received": dealt, "production_changed": moved, "aim_seconds": AIM_SECONDS}


def _reaching(size: int, kind: str, **said: Any) -> dict[str, Any]:
    url = fresh_database(f"bench_items_{size}")
    engine = make_engine(url)
    now = at(20)
    parts = parts_for(engine, lambda _: now, "bench.example")
    first = opening(order="O-0")
    assert first["ordered"] - first["available"] == DELAYED
    _record(
        parts,
        [cloud("seller.configured", at(11), seller(), "s"), cloud("backorder.opened", at(19), first, "o")],
        at(19),
    )
    fill(engine, size)
    figures = _timed(url, parts, cloud(kind, now, {**ITEM, **said}, "change"), now)
    engine.dispose()
    assert figures["lines"] == figures["woken"] == size, figures
    return figures


def fill(engine: Engine, size: int) -> None:
    """Make of one order so many, of a buyer each, which all wait for its item."""
    with engine.begin() as connection:
        for statement in COPIES.strip().split(";\n"):
            connection.execute(text(statement.rstrip(";")), {"lines": size} if ":lines" in statement else {})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze"))


def _record(parts: Parts, events: list[dict[str, Any]], now: Any) -> None:
    read = [read_event(json.dumps(event), received_at=now) for event in events]
    with parts.engine.begin() as connection:
        record(connection, parts, [one for one in read if isinstance(one, Incoming)], now)


def _timed(url: str, parts: Parts, event: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Record an event, and carry it to its lines in two processes, as two workers do."""
    with _second_process(url, now) as second:
        began = time.perf_counter()
        _record(parts, [event], now)
        recorded = time.perf_counter() - began
        ours = _slices(parts, lambda: _all_done(parts))
        seconds = time.perf_counter() - began
    theirs = second.get()
    with parts.engine.connect() as connection:
        woken = connection.execute(text("select count(*) from correspondence where wake_at <= :now"), {"now": now})
        lines = connection.execute(text("select sum(lines) from sku_job"))
        return {
            "lines": int(lines.scalar_one()),
            "seconds": round(seconds, 2),
            "slices": len(ours) + len(theirs),
            "longest_transaction_seconds": round(max(recorded, *ours, *theirs), 3),
            "woken": woken.scalar_one(),
        }


def _slices(parts: Parts, done: Callable[[], bool]) -> list[float]:
    """Take slices until all are done; give the seconds of each."""
    seconds = []
    while True:
        start = time.perf_counter()
        if work_on_skus(parts):
            seconds.append(time.perf_counter() - start)
        elif done():
            return seconds
        else:
            time.sleep(LOOKS_AGAIN_SECONDS)


def _all_done(parts: Parts) -> bool:
    with parts.engine.connect() as connection:
        return not connection.execute(text("select exists (select from sku_job where done_at is null)")).scalar_one()


@contextmanager
def _second_process(url: str, now: datetime) -> Iterator[Any]:
    """Run a process that takes slices until the block ends; then it gives the seconds of each."""
    spawning = get_context("spawn")
    ready, ends, found = spawning.Event(), spawning.Event(), spawning.SimpleQueue()
    process = spawning.Process(target=_help, args=(url, now, ready, ends, found))
    process.start()
    ready.wait()
    yield found
    ends.set()
    process.join()


def _help(url: str, now: datetime, ready: Any, ends: Any, found: Any) -> None:
    engine = make_engine(url)
    parts = parts_for(engine, lambda _: now, "bench.example")
    assert not work_on_skus(parts)
    ready.set()
    found.put(_slices(parts, ends.is_set))
    engine.dispose()
