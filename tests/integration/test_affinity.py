"""Processes of a real worker keep to a core each where the settings say so, and only there."""

import os
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from tests.live import environment
from tests.servers import fresh_database
from tests.servers import test_servers as local
from tests.waiting import wait_until
from worker.affinity import POSSIBLE
from worker.processes import stop, worker_command

PROCESSES = 3
MAY_USE = sorted(os.sched_getaffinity(0)) if POSSIBLE else []
pytestmark = pytest.mark.skipif(not POSSIBLE, reason="this system cannot keep a process to a core")


def broker():
    return local().broker_url.replace("/0", "/10")


@contextmanager
def worker(*options, **settings):
    """A worker with three processes; give itself, and a look at its processes in the order of their births."""
    env = environment(fresh_database("affinity"), broker(), 1) | settings
    process = subprocess.Popen([*worker_command(PROCESSES), *options], env=env, start_new_session=True)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    try:
        yield process.pid, lambda: [int(child) for child in children.read_text().split()]
    finally:
        stop(process)


def is_ready(child):
    """Celery names a process when it has set it up."""
    return "ForkPoolWorker" in Path(f"/proc/{child}/cmdline").read_text()


def test_each_process_keeps_to_the_next_of_the_cores_and_one_that_replaces_it_takes_its_place():
    wanted = [{MAY_USE[place % len(MAY_USE)]} for place in range(PROCESSES)]
    with worker(BACKORDER_CPU_AFFINITY="auto") as (_, children):
        wait_until(lambda: [os.sched_getaffinity(child) for child in children()] == wanted, 60)

        second = children()[1]
        os.kill(second, signal.SIGKILL)
        wait_until(
            lambda: (
                second not in children()
                and sorted(map(os.sched_getaffinity, children()), key=sorted) == sorted(wanted, key=sorted)
            ),
            60,
        )


def test_without_the_setting_the_system_chooses_cores():
    with worker() as (_, children):
        wait_until(lambda: len(children()) == PROCESSES and all(map(is_ready, children())), 60)

        assert all(os.sched_getaffinity(child) == set(MAY_USE) for child in children())


def test_a_worker_without_a_pool_keeps_to_no_core_because_another_one_would_take_the_same():
    with worker("--pool=solo", BACKORDER_CPU_AFFINITY="auto") as (itself, _), redis.Redis.from_url(broker()) as client:
        wait_until(lambda: any(one["db"] == "10" and one["cmd"] == "brpop" for one in client.client_list()), 60)

        assert os.sched_getaffinity(itself) == set(MAY_USE)
