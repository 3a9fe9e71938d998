"""Real worker processes, two real beats, a real broker, a real mail server."""

import json
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from celery import Celery
from sqlalchemy import create_engine, text

from benchmarks.items import fill
from tests.builders import cloud, opening, seller
from tests.live import environment, message_ids, promise_at
from tests.servers import fresh_database, test_servers
from tests.waiting import wait_until
from worker.delivery.catcher import Catcher
from worker.intake.reading import read_event
from worker.processes import beat_command, stop, worker_command
from worker.storage.engine import make_engine
from worker.storage.packing import dictionary_of
from worker.usecases.record_events import record
from worker.usecases.skus import SLICE
from worker.wiring import parts_for

ORDERS = 60


@pytest.fixture
def catcher(tmp_path):
    running = Catcher(tmp_path, ports=(0,))
    yield running
    running.close()


def started(command, env):
    return subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, start_new_session=True)


@pytest.mark.slow
def test_r44_with_two_beats_and_a_killed_worker_every_promised_update_arrives(tmp_path, catcher):
    url = fresh_database("live")
    broker = test_servers().broker_url.replace("/0", "/5")
    (tmp_path / "before").mkdir()
    promise_at(url, ORDERS, datetime.now(UTC) + timedelta(seconds=4), tmp_path / "before")
    env = environment(url, broker, catcher.port)
    beats = [started(beat_command(), env) for _ in range(2)]
    victim, survivor = (started(worker_command(1), env) for _ in range(2))
    try:
        wait_until(lambda: len(message_ids(catcher.folder)) >= ORDERS // 4, 60)
        import os
        import signal

        os.killpg(victim.pid, signal.SIGKILL)
        wait_until(lambda: len(message_ids(catcher.folder)) >= ORDERS, 60)
        wait_until(lambda: _left(url) == 0, 60)
    finally:
        for process in (*beats, survivor, victim):
            stop(process)

    arrived = message_ids(catcher.folder)
    assert len(arrived) == ORDERS
    assert sum(arrived.values()) - ORDERS <= 20
    assert _outcomes(url) == {"kept": ORDERS, "open": ORDERS}
    assert len(_dictionaries(url)) == 1


def _left(url):
    engine = create_engine(url)
    with engine.connect() as connection:
        left = connection.execute(text("select count(*) from mail where audience = 'buyer' and state <> 'sent'"))
        return left.scalar_one()


def _dictionaries(url):
    """By which dictionaries the workers have packed buyers' mails; those from before were packed by none."""
    engine = create_engine(url)
    with engine.connect() as connection:
        kept = connection.execute(text("select packed from mail_pack"))
        return {dictionary_of(row.packed) for row in kept} - {0}


def _outcomes(url):
    engine = create_engine(url)
    with engine.connect() as connection:
        return dict(connection.execute(text("select outcome, count(*) from promise group by 1")).all())


def test_events_recorded_by_the_celery_task_are_planned_by_the_worker(catcher):
    url = fresh_database("task")
    broker = test_servers().broker_url.replace("/0", "/6")
    env = environment(url, broker, catcher.port)
    client = Celery(broker=broker)
    client.conf.broker_transport_options = {"global_keyprefix": "backorder."}
    yesterday = datetime.now(UTC) - timedelta(days=1)
    events = [
        cloud("seller.configured", yesterday, seller(), "s"),
        cloud("backorder.opened", yesterday, opening(), "o"),
        cloud("backorder.opened", yesterday, opening(ordered=-1, order="B-2"), "bad"),
    ]
    worker = started(worker_command(1), env)
    try:
        client.send_task("backorder.record_events", args=[events], queue="events")
        engine = create_engine(url)

        def verdicts():
            with engine.connect() as connection:
                return dict(connection.execute(text("select ext_id, verdict from verdict")).all())

        wait_until(lambda: len(verdicts()) == 3, 30)
        assert verdicts() == {"s": "accepted", "o": "accepted", "bad": "rejected"}

        def decided():
            with engine.connect() as connection:
                return connection.execute(text("select count(*) from decision")).scalar_one()

        wait_until(lambda: decided() > 0, 30)
    finally:
        stop(worker)


def test_r44_what_falls_due_between_two_ticks_is_planned_at_its_moment(tmp_path, catcher):
    url = fresh_database("live_ahead")
    broker = test_servers().broker_url.replace("/0", "/6")
    client = Celery(broker=broker)
    client.conf.broker_transport_options = {"global_keyprefix": "backorder."}
    (tmp_path / "before").mkdir()
    promise_at(url, 6, datetime.now(UTC), tmp_path / "before")
    engine = create_engine(url)
    mute = "update correspondence set wake_at = null"
    ring = (
        "update correspondence c set wake_at = backorder_now() + interval '0.15 s' * n"
        " from (select id, row_number() over (order by id) as n from correspondence where audience = 'buyer') numbered"
        " where c.id = numbered.id"
    )
    ticked = text("select count(*) from beat_tick where name = 'plan'")

    def one(query):
        with engine.connect() as connection:
            return connection.execute(query).scalar_one()

    with engine.begin() as connection:
        connection.execute(text(mute))
    worker = started(worker_command(2), environment(url, broker, catcher.port))
    try:
        client.send_task("backorder.plan", queue="plan")
        wait_until(lambda: one(ticked) == 1, 30)
        with engine.begin() as connection:
            connection.execute(text(ring))
        client.send_task("backorder.plan", kwargs={"ahead": True}, queue="plan")
        wait_until(lambda: len(message_ids(catcher.folder)) == 6, 30)
    finally:
        stop(worker)
    assert set(message_ids(catcher.folder).values()) == {1}


TAKES = (
    "create table took (pid int);"
    "create function takes() returns trigger language plpgsql as $$ begin"
    " perform pg_sleep(0.4); insert into took values (pg_backend_pid()); return old; end $$;"
    "create trigger takes before delete on sku_slice for each row execute function takes()"
)


def test_r5_a_second_process_is_asked_for_help_with_an_items_many_lines(catcher):
    url = fresh_database("live_items")
    broker = test_servers().broker_url.replace("/0", "/6")
    client = Celery(broker=broker)
    client.conf.broker_transport_options = {"global_keyprefix": "backorder."}
    engine = make_engine(url)
    now = datetime.now(UTC)
    parts = parts_for(engine, lambda _: now, "live.example")
    events = [
        cloud("seller.configured", now - timedelta(days=1), seller(), "s"),
        cloud("backorder.opened", now, opening(), "o"),
    ]

    def record_now(events):
        with engine.begin() as connection:
            record(connection, parts, [read_event(json.dumps(one), received_at=now) for one in events], now)

    def one(query):
        with engine.connect() as connection:
            return connection.execute(text(query)).scalar_one()

    record_now(events)
    fill(engine, 3 * SLICE + 1)
    record_now([cloud("production.changed", now, {"seller": "bergmann", "sku": "BX-120", "expected_on": "2027-06-20"})])
    with engine.begin() as connection:
        connection.exec_driver_sql(TAKES)
    worker = started(worker_command(2), environment(url, broker, catcher.port))
    try:
        client.send_task("backorder.skus", queue="plan")
        wait_until(lambda: one("select count(*) from sku_job where done_at is not null") == 1, 60)
    finally:
        stop(worker)

    assert one("select lines from sku_job") == 3 * SLICE + 1
    assert one("select count(*) from took") == 4
    assert one("select count(distinct pid) from took") == 2
    engine.dispose()
