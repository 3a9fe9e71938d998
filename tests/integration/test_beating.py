"""Beat sleeps until something is due, and sends it then."""

import time
from datetime import timedelta

import redis
from celery import Celery
from kombu.utils.imports import symbol_by_name

from tests.servers import test_servers as local
from worker.app import configuration
from worker.beating import SleepingScheduler

QUEUE = "beating"
SENDS = 20


def test_beat_looks_at_its_schedule_when_something_is_due_and_not_all_the_time_before():
    broker = local().broker_url.replace("/0", "/8")
    app = Celery("beating", broker=broker)
    app.conf.beat_schedule = {
        name: {"task": name, "schedule": timedelta(seconds=0.1), "options": {"queue": QUEUE}} for name in ("one", "two")
    }
    with redis.Redis.from_url(broker) as queue:
        queue.delete(QUEUE)
        scheduler = SleepingScheduler(app)
        looks = 0
        while queue.llen(QUEUE) < SENDS:
            pause = scheduler.tick()
            looks += 1
            assert looks <= 4 * SENDS, "it asks over and over while nothing is due"
            time.sleep(max(0.0, pause))
        queue.delete(QUEUE)
    app.close()


def test_it_is_the_scheduler_of_the_app(monkeypatch):
    monkeypatch.setenv("BACKORDER_BROKER_URL", "redis://127.0.0.1:1/0")
    assert symbol_by_name(configuration()["beat_scheduler"]) is SleepingScheduler
