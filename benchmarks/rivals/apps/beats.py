"""Schedule entries in redbeat, and ETA messages in Celery: seconds to add them, and what they cost while they wait."""

import json
import os
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import redbeat
from celery import Celery
from celery.schedules import schedule
from redbeat.schedulers import RedBeatScheduler

app = Celery("beats", broker=os.environ["BEATS_BROKER"])
app.conf.update(redbeat_redis_url=os.environ["BEATS_BROKER"], redbeat_lock_timeout=0, task_ignore_result=True)
app.conf.redbeat_lock_key = None


@app.task
def nothing() -> None:
    """Be there."""


def entries(count: int) -> dict[str, float]:
    began = time.perf_counter()
    for number in range(count):
        redbeat.RedBeatSchedulerEntry(f"order-{number}", "beats.nothing", schedule(3600 + number), app=app).save()
    added = time.perf_counter() - began
    scheduler = RedBeatScheduler(app)
    spans = []
    for _ in range(50):
        began = time.perf_counter()
        scheduler.tick()
        spans.append(time.perf_counter() - began)
    return {"added_seconds": round(added, 2), "idle_tick_ms": round(statistics.median(spans) * 1000, 2)}


def etas(count: int) -> dict[str, float]:
    at = datetime.now(UTC) + timedelta(hours=1)
    began = time.perf_counter()
    for _ in range(count):
        nothing.apply_async(eta=at)
    added = time.perf_counter() - began
    began = time.perf_counter()
    command = [sys.executable, "-m", "celery", "-A", "beats", "worker", "-c", "1", "--loglevel=ERROR"]
    worker = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with app.connection() as connection:
        while connection.default_channel.client.llen("celery"):
            time.sleep(0.2)
        taken = time.perf_counter() - began
    status = Path(f"/proc/{worker.pid}/status").read_text("ascii")
    held = int(status.split("VmRSS:")[1].split()[0]) / 1024
    worker.kill()
    worker.wait()
    return {"added_seconds": round(added, 2), "taken_in_seconds": round(taken, 2), "worker_mb": round(held)}


if __name__ == "__main__":
    number = int(sys.argv[1])
    print(json.dumps({"redbeat": entries(number), "eta": etas(number)}))
