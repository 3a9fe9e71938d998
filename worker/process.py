"""What one worker process holds: an engine, a way out, and a number with a heartbeat."""

import os
import threading
import time
from dataclasses import replace
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from worker.chores.recover_claims import recover_claims
from worker.chores.return_strays import return_strays
from worker.delivery.hooks import Caller
from worker.garbage import collect_rarely
from worker.neighbours import own_name
from worker.settings import load_settings
from worker.storage import instances
from worker.storage.dictionaries import pack_like
from worker.storage.engine import database_clock, make_engine
from worker.usecases.flight import Sender
from worker.usecases.lease import HEARTBEAT, Watch
from worker.usecases.low_water import LowWater
from worker.usecases.parts import Parts
from worker.usecases.settling import collect, finish
from worker.usecases.specimens import specimens
from worker.wiring import parts_for, servers_of, transport_of

log = structlog.get_logger()
LAST_WAIT_SECONDS: Final = 15.0


class Process:
    """This process's parts; made on first use, after the fork."""

    def __init__(self) -> None:
        collect_rarely()
        self.settings = load_settings()
        self._servers = servers_of(self.settings)
        database_url, _ = self._servers.__enter__()
        engine = make_engine(database_url, pool_size=3)
        parts = parts_for(engine, database_clock, self.settings.host, self.settings)
        self.parts = replace(parts, low_water=LowWater())
        _pack_by_dictionary(self.parts)
        began = time.monotonic()
        with self.parts.engine.begin() as connection:
            now = self.parts.clock(connection)
            number = instances.register(connection, own_name(), now)
        self.sender = Sender(instance=number, transport=transport_of(self.settings))
        self.sources = self.settings.sources
        self.key = self.settings.secret_key
        self.hooks = Caller()
        self.watch = Watch()
        self.sender.lease.beaten(began)
        self.watch.beaten(began, now)
        threading.Thread(target=self._live, name="heartbeat", daemon=True).start()

    def close(self) -> None:
        """Settle what is under way before the process ends; what does not end in time is recovered by another."""
        try:
            finish(self.parts, self.sender, LAST_WAIT_SECONDS)
        except SQLAlchemyError as fault:
            log.warning("not_settled_at_the_end", mails=len(self.sender.flight), fault=type(fault).__name__)

    def _live(self) -> None:
        while True:
            time.sleep(HEARTBEAT.total_seconds())
            try:
                self._beat()
                self._look_after()
            except SQLAlchemyError as fault:
                log.warning("heartbeat_failed", instance=self.sender.instance, fault=type(fault).__name__)

    def _beat(self) -> None:
        began = time.monotonic()
        with self.parts.engine.begin() as connection:
            now = self.parts.clock(connection)
            instances.beat(connection, self.sender.instance, now)
        self.sender.lease.beaten(began)
        self.watch.beaten(began, now)

    def _look_after(self) -> None:
        """Settle late replies, give back strays, and take over from processes that died: no beat is needed for it."""
        collect(self.parts, self.sender)
        return_strays(self.parts, self.sender)
        released = recover_claims(self.parts, steady=self.watch.steady)
        if released:
            log.warning("claims_recovered", mails=released)


def _pack_by_dictionary(parts: Parts) -> None:
    """Have mails packed by what they have in common; if that cannot be made, they are packed without."""
    try:
        pack_like(parts.engine, specimens(parts))
    except Exception:  # whatever it is, no mail waits for it
        log.exception("mails_packed_without_dictionary")


_processes: dict[int, Process] = {}
_making = threading.Lock()


def this_process() -> Process:
    """Give the parts of this process; a forked child makes its own."""
    with _making:
        process = _processes.get(os.getpid())
        if process is None:
            _processes.clear()
            process = _processes[os.getpid()] = Process()
        return process


def end_this_process() -> None:
    """Let go of what this process holds, if it ever held anything."""
    process = _processes.get(os.getpid())
    if process is not None:
        process.close()
