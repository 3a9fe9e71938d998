"""Start worker and beat as processes of their own, and stop them."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from schedules.beat import QUEUES, SOURCES_QUEUE
from worker.local.supervisor import die_with_parent
from worker.wiring import House

STOPS_WITHIN_SECONDS: Final = 20.0


def environment_of(house: House) -> dict[str, str]:
    """Give the environment in which other processes meet the same house."""
    settings = house.settings
    return {
        **os.environ,
        "PYTHONWARNINGS": "ignore:You're running the worker",
        "BACKORDER_DATABASE_URL": house.database_url,
        "BACKORDER_BROKER_URL": house.broker_url,
        "BACKORDER_SECRET_KEY": settings.secret_key,
        "BACKORDER_PUBLIC_URL": settings.public_url,
        "BACKORDER_LOG": settings.log,
    }


def worker_command(processes: int) -> list[str]:
    """Give the command line of a worker for all queues."""
    return [
        *celery(),
        "worker",
        f"--concurrency={processes}",
        f"--queues={','.join(QUEUES)}",
        "--loglevel=WARNING",
        "--without-gossip",
        "--without-mingle",
    ]


def sources_command(threads: int = 16) -> list[str]:
    """Give the command line of a worker for sources only: threads, because it mostly waits for others."""
    return [
        *celery(),
        "worker",
        "--pool=threads",
        f"--concurrency={threads}",
        f"--queues={SOURCES_QUEUE}",
        "--loglevel=WARNING",
        "--without-gossip",
        "--without-mingle",
    ]


def beat_command() -> list[str]:
    """Give the command line of a beat."""
    return [*celery(), "beat", "--loglevel=WARNING"]


def celery() -> list[str]:
    """Give the start of a Celery command line."""
    return [sys.executable, "-m", "celery", "--quiet", "-A", "worker.app"]


def web_command(mailbox: Path | None = None) -> list[str]:
    """Give the command line of the web, at the port of the public address."""
    command = [sys.executable, "-m", "worker.cli.main", "web"]
    return [*command, "--mailbox", str(mailbox)] if mailbox else command


@contextmanager
def running(house: House, processes: int, mailbox: Path | None = None) -> Iterator[Callable[[], str]]:
    """Run one worker, one beat and the web; give a function that names one that has ended, if any."""
    environment = environment_of(house)
    started = {
        "worker": _start(worker_command(processes), environment),
        "beat": _start(beat_command(), environment),
        "web": _start(web_command(mailbox), environment),
    }
    if any(house.settings.sources.glob("*.toml")):
        started["worker of sources"] = _start(sources_command(), environment)
    try:
        yield lambda: next((name for name, process in started.items() if process.poll() is not None), "")
    finally:
        for process in reversed(started.values()):
            stop(process)


def _start(command: list[str], environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603 - our own commands
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_parent,  # noqa: PLW1509 - nothing else runs threads yet that hold locks it needs
    )


def stop(process: "subprocess.Popen[bytes]") -> None:
    """End a process and what it started: politely, then by force."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=STOPS_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
