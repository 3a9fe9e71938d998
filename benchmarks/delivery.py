"""Sending with claims, looks, settlement against a bare client on as many connections; the server takes 5 ms a mail."""

import statistics
import time
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from operator import truediv
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from benchmarks.chaos.preparing import prepare
from tests.servers import fresh_database
from tests.smtp_server import ScriptedServer
from worker.delivery.smtp import Server, SmtpTransport
from worker.delivery.transport import Outgoing, always
from worker.storage import instances
from worker.storage.engine import database_clock, make_engine
from worker.updates.outcomes import Accepted
from worker.usecases.flight import GROUP, Sender
from worker.usecases.plan_due import plan_due
from worker.usecases.send_due import send_on
from worker.wiring import parts_for

MAILS = 2_000
ROUNDS = 3
CONNECTIONS = 4
PROCESSES = (1, 2)
"""Of the product: they share the connections, so that there are as many as the bare client has."""
A_MOMENT = 0.002
SPAWN = get_context("spawn")
SECONDS_PER_MAIL = 0.005
AT_LEAST = 0.8


def measure(folder: Path) -> dict[str, Any]:
    here, there = SPAWN.Pipe()
    server = SPAWN.Process(target=_serve, args=(there,), daemon=True)
    server.start()
    port = here.recv()
    bare: list[float] = []
    ours: dict[int, list[float]] = {processes: [] for processes in PROCESSES}
    try:
        for number in range(ROUNDS):
            bare.append(_bare(Server(host="127.0.0.1", port=port, connections=CONNECTIONS)))
            for processes, found in ours.items():
                found.append(_ours(port, folder / f"{number}-{processes}", processes))
    finally:
        server.terminate()
    ratios = {processes: round(statistics.median(map(truediv, found, bare)), 2) for processes, found in ours.items()}
    best = ratios[max(PROCESSES)]
    return {
        "mails": MAILS,
        "connections": CONNECTIONS,
        "server_ms_per_mail": SECONDS_PER_MAIL * 1000,
        "bare_per_second": [round(one) for one in bare],
        "ours_per_second": {processes: [round(one) for one in found] for processes, found in ours.items()},
        "ratio_by_processes": ratios,
        "ratio": best,
        "ratio_at_least": AT_LEAST,
        "reached": best >= AT_LEAST,
    }


def _serve(pipe: Connection) -> None:
    server = ScriptedServer(seconds_per_mail=SECONDS_PER_MAIL, keeps_commands=False)
    server.mails = _Nowhere()  # type: ignore[assignment] # what arrives is not looked at
    pipe.send(server.port)
    time.sleep(3_600)


class _Nowhere:
    def append(self, mail: object) -> None:
        """Forget it."""


def _bare(place: Server) -> float:
    """Send as the same client does without a database: windows of a group, nothing else."""
    transport = SmtpTransport(place)
    ended: SimpleQueue[object] = SimpleQueue()
    content = b"Subject: x\r\n\r\n" + b"a line of some length, as mails have them\r\n" * 150
    mails = [
        Outgoing(mail_id=number, sender="a@example.com", recipient=f"p{number}@example.com", content=content)
        for number in range(MAILS)
    ]
    began = time.perf_counter()
    transport.submit(mails[:GROUP], always, lambda _, outcome: ended.put(outcome))
    for number in range(MAILS):
        assert isinstance(ended.get(), Accepted)
        if number + GROUP < MAILS:
            transport.submit([mails[number + GROUP]], always, lambda _, outcome: ended.put(outcome))
    seconds = time.perf_counter() - began
    transport.close()
    return MAILS / seconds


def _ours(port: int, folder: Path, processes: int) -> float:
    """Send from so many processes, which share the connections."""
    url = fresh_database("bench_delivery")
    engine = prepare(url, MAILS, datetime.now(UTC) - timedelta(seconds=1), folder)
    parts = parts_for(engine, database_clock, "bench.example")
    while plan_due(parts):
        pass
    engine.dispose()
    ready, done, ended_at = SPAWN.Barrier(processes + 1), SPAWN.Value("i", 0), SPAWN.Value("d", 0.0)
    place = Server(host="127.0.0.1", port=port, connections=CONNECTIONS // processes)
    senders = [SPAWN.Process(target=_send, args=(url, place, ready, done, ended_at)) for _ in range(processes)]
    for one in senders:
        one.start()
    ready.wait()
    began = time.monotonic()
    for one in senders:
        one.join()
    return MAILS / (ended_at.value - began)


def _send(url: str, place: Server, ready: Any, done: Any, ended_at: Any) -> None:
    engine = make_engine(url)
    parts = parts_for(engine, database_clock, "bench.example")
    with engine.begin() as connection:
        instance = instances.register(connection, "bench", database_clock(connection))
    sender = Sender(instance=instance, transport=SmtpTransport(place))
    ready.wait()
    while done.value < 2 * MAILS:  # each is taken and settled
        found = send_on(parts, sender)
        with done.get_lock():
            done.value += found
        if not found:
            time.sleep(A_MOMENT)
    ended_at.value = time.monotonic()
    sender.transport.close()
    engine.dispose()
