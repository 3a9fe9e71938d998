"""Polls and imports of 100,000 rows: seconds, and the most memory held by the process of each and those it starts."""

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from tests.builders import cloud, seller
from tests.servers import fresh_database
from worker.garbage import collect_rarely
from worker.intake.reading import read_value
from worker.settings import load_settings
from worker.sources.definition import build
from worker.storage.engine import database_clock, make_engine
from worker.usecases.import_mapping import source_of
from worker.usecases.import_orders import import_file
from worker.usecases.parts import Parts
from worker.usecases.poll_source import poll_source
from worker.usecases.record_events import record
from worker.usecases.watch_sources import keep_up
from worker.wiring import parts_elsewhere, parts_for

ROWS = 100_000
CHANGED = 1_000
SETTINGS = load_settings({"BACKORDER_SECRET_KEY": "only-for-benchmarks-0123"})
COLUMNS = "seller order line company contact_email sku product ordered available cause told_at told_next_checkpoint"


def measure(folder: Path) -> dict[str, Any]:
    """Fill a table and a file, then poll and import in processes of their own."""
    url = fresh_database("bench_sources")
    table = f"sqlite:///{folder}/stock.db"
    _fill(table)
    _file(folder / "orders.csv")
    _configure(url)
    steps = ("dry run", "import", "import again", "first poll", "unchanged poll", "changed poll")
    return {step: _in_a_process(step, url, table, folder) for step in steps}


def _in_a_process(step: str, url: str, table: str, folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.sources", step, url, table, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        most = 0
        while process.poll() is None:
            most = max(most, _megabytes_of(process.pid))
            time.sleep(0.2)
        assert process.returncode == 0
        assert process.stdout is not None
        return {**json.loads(process.stdout.read().strip().splitlines()[-1]), "mb": most}


def _megabytes_of(session: int) -> int:
    """Give what a process and those it started hold of the memory: what they share counts once."""
    kilobytes = 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if os.getsid(int(entry.name)) == session:
                said = (entry / "smaps_rollup").read_text("ascii")
                kilobytes += int(said.partition("\nPss:")[2].split()[0])
        except (OSError, IndexError):
            continue  # it has ended meanwhile
    return kilobytes // 1024


def _fill(table: str) -> None:
    engine = create_engine(table)
    with engine.begin() as connection:
        connection.execute(text("create table ready (order_no text, line_no text, ready int, changed_at text)"))
        connection.execute(
            text("insert into ready values (:order, :line, 80, '2026-05-20 08:00:00')"),
            [{"order": f"I-{number // 2:06d}", "line": str(number % 2 + 1)} for number in range(ROWS)],
        )
    engine.dispose()


def _file(path: Path) -> None:
    now = datetime.now(UTC)
    told, due = (now - timedelta(days=2)).isoformat(), (now + timedelta(days=5)).date().isoformat()
    with path.open("w", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(COLUMNS.split())
        for number in range(ROWS):
            order = number // 2
            who = (f"Company {order % 5000}", f"p{order % 5000}@m.example.com", f"S-{number % 997}")
            row = ("bergmann", f"I-{order:06d}", number % 2 + 1, *who, "Linear bearing block 20 mm", 120, 80)
            writer.writerow([*row, "inspection_hold", told, due])


def _configure(url: str) -> None:
    engine = make_engine(url)
    parts = parts_for(engine, database_clock, "bench.example")
    with engine.begin() as connection:
        now = database_clock(connection)
        configured = cloud("seller.configured", now - timedelta(days=9), seller(), "s")
        record(connection, parts, [read_value(configured, received_at=now)], now)
    engine.dispose()


def _step(step: str, parts: Parts, url: str, table: str, folder: Path) -> None:
    path = folder / "orders.csv"
    if step in {"dry run", "import", "import again"}:
        elsewhere = partial(parts_elsewhere, SETTINGS, url)  # as the command line does
        import_file(parts, source_of(path, None, None), path, apply=step != "dry run", elsewhere=elsewhere)
        return
    query = "select order_no, line_no, ready, changed_at from ready"
    columns = {"order": "order_no", "line": "line_no", "available": "ready"}
    raw = {"says": "allocations", "seller": "bergmann", "as_of": "changed_at", "columns": columns}
    source = build("ready", raw | {"sql": {"url": table, "query": query}}, {})
    with parts.engine.begin() as connection:
        keep_up(connection, [source], [], database_clock(connection))
    assert poll_source(parts, source) is not None


def _change(table: str) -> None:
    engine = create_engine(table)
    with engine.begin() as connection:
        changed = "ready = 90, changed_at = '2026-05-21 08:00:00'"
        connection.execute(text(f"update ready set {changed} where rowid <= {CHANGED}"))
    engine.dispose()


def _main(step: str, url: str, table: str, folder: Path) -> None:
    collect_rarely()  # as the command line does
    engine = make_engine(url)
    parts = parts_for(engine, database_clock, "bench.example")
    with engine.connect() as connection:
        database_clock(connection)
    if step == "changed poll":
        _change(table)
    began = time.monotonic()
    _step(step, parts, url, table, folder)
    print(json.dumps({"seconds": round(time.monotonic() - began, 2)}))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _main(sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4]))
    else:
        with tempfile.TemporaryDirectory() as made:
            print(json.dumps(measure(Path(made)), indent=2))
