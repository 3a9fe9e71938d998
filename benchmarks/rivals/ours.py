"""This product: checkpoints due at one moment, through real beat and worker processes on real queues."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, text

from benchmarks.rivals import house
from benchmarks.scale.backlog import DUE_AT, SELLERS, grow, order_of, seed, set_clock, settle_down
from tests.live import environment
from worker.affinity import AUTO, OFF, POSSIBLE
from worker.processes import beat_command, worker_command
from worker.storage.engine import make_engine

LEAD: Final = timedelta(seconds=7)
WARM_UP: Final = timedelta(seconds=3)
WARMING: Final = 400
"""So many fall due some seconds before, for a product that is running and not just starting."""
GIVES_UP_AFTER: Final = 120.0
TEMPLATE: Final = "due"
ITS_CORE: Final = AUTO if POSSIBLE else OFF
LOOKS_AGAIN_SECONDS: Final = 1.5
"""Seldom, because counting takes time from what is measured; when mails were accepted is read from their rows."""


def prepare(mails: int, folder: Path, warming: int = WARMING) -> None:
    """Promise so many updates for one moment, in a database that each round copies."""
    engine = seed(house.empty(TEMPLATE), [DUE_AT, DUE_AT - WARM_UP], folder)
    for place, count in ((0, mails), (1, warming)):
        grow(engine, [order_of(number, place) for number in range(SELLERS)], 1, count // SELLERS - 1)
    settle_down(engine)
    engine.dispose()


def run(processes: int, mails: int, mail_port: int, affinity: str = ITS_CORE) -> dict[str, Any]:
    """Give mails per second from the first plan on, and seconds from the promised moment until all were accepted.

    `mails` may be fewer than fall due: then the first so many count. Each process keeps to a core, if not told
    otherwise.
    """
    engine = make_engine(house.copy_of(TEMPLATE, "ours"))
    with engine.begin() as connection:
        set_clock(connection, DUE_AT - LEAD)
    env = environment(house.address("ours"), house.broker(3), mail_port) | {"BACKORDER_CPU_AFFINITY": affinity}
    with started(processes, env):
        wait_for(engine, f"select count(*) from mail where state = 'sent' and {OF_THE_MOMENT}", mails)
    with engine.connect() as connection:
        found = connection.execute(text(FIGURES), {"due": DUE_AT, "mails": mails}).one()
    engine.dispose()
    house.drop("ours")
    return {
        "per_second": round(mails / float(found.working)),
        "all_accepted_after": round(float(found.after), 2),
        "first_accepted_after": round(float(found.first), 2),
    }


OF_THE_MOMENT: Final = "audience = 'buyer' and created_at >= :due"
FIGURES: Final = (
    "select extract(epoch from max(accepted_at) - min(created_at)) as working,"
    " extract(epoch from max(accepted_at) - :due) as after, extract(epoch from min(accepted_at) - :due) as first"
    f" from (select created_at, accepted_at from mail where {OF_THE_MOMENT} order by accepted_at limit :mails) as first"
)


@contextmanager
def started(processes: int, env: dict[str, str]) -> Iterator[None]:
    """Run one worker with so many processes, and beat; the end is a hard one, because mails may still be due."""
    with (house.STATE / "processes.log").open("ab") as log:
        running = [
            subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
            for command in (worker_command(processes), beat_command())
        ]
        try:
            yield
        finally:
            for process in running:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def wait_for(engine: Engine, query: str, wanted: int) -> None:
    """Wait until a count has grown to what is wanted."""
    end = time.monotonic() + GIVES_UP_AFTER
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while True:
            found = connection.execute(text(query), {"due": DUE_AT}).scalar_one()
            if found >= wanted:
                return
            assert time.monotonic() < end, f"{found} of {wanted} mails after {GIVES_UP_AFTER} s"
            time.sleep(LOOKS_AGAIN_SECONDS)
