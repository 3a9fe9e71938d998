"""Processes of a real worker keep to a core each where the settings say so, and only there."""

import os
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live import environment
from tests.servers import fresh_database
from tests.servers import test_servers as local
from worker.affinity import POSSIBLE
from worker.processes import stop, worker_command

PROCESSES = 3
MAY_USE = sorted(os.sched_getaffinity(0)) if POSSIBLE else []


@contextmanager
def worker(**settings):
    """A worker with three processes, and their numbers in the order in which they began."""
    env = environment(fresh_database("affinity"), local().broker_url.replace("/0", "/10"), 1) | settings
    process = subprocess.Popen(worker_command(PROCESSES), env=env, start_new_session=True)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    try:
        yield lambda: [int(child) for child in children.read_text().split()]
    finally:
        stop(process)


def is_ready(child):
    """Celery names a process when it has set it up."""
    return "ForkPoolWorker" in Path(f"/proc/{child}/cmdline").read_text()


def wait_until(reached, seconds=60):
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.1)


@pytest.mark.skipif(not POSSIBLE, reason="this system cannot keep a process to a core")
def test_each_process_keeps_to_the_next_of_the_cores_and_one_that_replaces_it_takes_its_place():
    wanted = [{MAY_USE[place % len(MAY_USE)]} for place in range(PROCESSES)]
    with worker(BACKORDER_CPU_AFFINITY="auto") as children:
        wait_until(lambda: [os.sched_getaffinity(child) for child in children()] == wanted)

        second = children()[1]
        os.kill(second, 9)
        wait_until(
            lambda: (
                second not in children()
                and sorted(map(os.sched_getaffinity, children()), key=sorted) == sorted(wanted, key=sorted)
            )
        )


@pytest.mark.skipif(not POSSIBLE, reason="this system cannot keep a process to a core")
def test_without_the_setting_the_system_chooses_cores():
    with worker() as children:
        wait_until(lambda: len(children()) == PROCESSES and all(map(is_ready, children())))

        assert all(os.sched_getaffinity(child) == set(MAY_USE) for child in children())
