"""What one worker process holds: an engine, a way out, and a number with a heartbeat."""

import os
import socket
import threading
import time
from typing import TYPE_CHECKING, Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from worker.delivery.hooks import Caller
from worker.settings import load_settings
from worker.storage import instances
from worker.storage.engine import database_clock, make_engine
from worker.usecases.send_due import HEARTBEAT, Sender
from worker.wiring import links_of, parts_for, servers_of, transport_of

if TYPE_CHECKING:
    from worker.usecases.parts import Parts

log = structlog.get_logger()


class Process:
    """This process's parts; made on first use, after the fork."""

    def __init__(self) -> None:
        settings = load_settings()
        self._servers = servers_of(settings)
        database_url, _ = self._servers.__enter__()
        engine = make_engine(database_url, pool_size=3)
        self.parts: Parts = parts_for(engine, database_clock, settings.host, settings.operator, links_of(settings))
        with self.parts.engine.begin() as connection:
            now = self.parts.clock(connection)
            number = instances.register(connection, f"{socket.gethostname()}:{os.getpid()}", now)
        self.sources = settings.sources
        self.key = settings.secret_key
        self.hooks = Caller()
        self.sender = Sender(instance=number, transport=transport_of(settings))
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()

    def _beat(self) -> None:
        pause: Final = HEARTBEAT.total_seconds()
        while True:
            time.sleep(pause)
            try:
                with self.parts.engine.begin() as connection:
                    instances.beat(connection, self.sender.instance, self.parts.clock(connection))
            except SQLAlchemyError as fault:
                log.warning("heartbeat_failed", instance=self.sender.instance, fault=type(fault).__name__)


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
