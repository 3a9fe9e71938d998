"""2,000 updates due at once through real processes, one worker killed in the middle: lost 0, doubled at most 20."""

import os
import signal
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.live import environment, message_ids, promise_at
from tests.servers import fresh_database, test_servers
from worker.delivery.catcher import Catcher
from worker.processes import beat_command, stop, worker_command

UPDATES = 2_000
DOUBLED_AT_MOST = 20
GIVES_UP_AFTER = 240.0


def measure(folder: Path) -> dict[str, Any]:
    url = fresh_database("bench_kill")
    (folder / "before").mkdir()
    began = time.perf_counter()
    due_at = datetime.now(UTC) + timedelta(seconds=45)
    promise_at(url, UPDATES, due_at, folder / "before")
    prepared = time.perf_counter() - began
    catcher = Catcher(folder, ports=(0,))
    env = environment(url, test_servers().broker_url.replace("/0", "/7"), catcher.port)
    started = [
        subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, start_new_session=True)
        for command in (beat_command(), worker_command(1), worker_command(1))
    ]
    try:
        while datetime.now(UTC) < due_at:
            time.sleep(0.05)
        began = time.perf_counter()
        _until(lambda: _count(catcher.folder) > UPDATES // 3, began)
        os.killpg(started[1].pid, signal.SIGKILL)
        _until(lambda: _count(catcher.folder) >= UPDATES and len(message_ids(catcher.folder)) == UPDATES, began)
        seconds = time.perf_counter() - began
        time.sleep(3)
    finally:
        for process in started:
            stop(process)
        catcher.close()
    arrived = message_ids(catcher.folder)
    doubled = sum(arrived.values()) - len(arrived)
    return {
        "updates": UPDATES,
        "lost": UPDATES - len(arrived),
        "doubled": doubled,
        "doubled_at_most": DOUBLED_AT_MOST,
        "seconds_with_recovery": round(seconds, 1),
        "prepared_seconds": round(prepared, 1),
    }


def _count(folder: Path) -> int:
    return sum(1 for _ in folder.glob("*.eml"))


def _until(done: Any, began: float) -> None:
    while not done():
        if time.perf_counter() - began > GIVES_UP_AFTER:
            return
        time.sleep(0.5)
