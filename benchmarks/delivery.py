"""Sending with claims, looks, settlement against a bare client on as many connections; the server takes 5 ms a mail."""

import multiprocessing
import statistics
import time
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from benchmarks.chaos.preparing import prepare
from tests.servers import fresh_database
from tests.smtp_server import ScriptedServer
from worker.delivery.smtp import Server, SmtpTransport
from worker.delivery.transport import Outgoing, always
from worker.storage import instances
from worker.storage.engine import database_clock
from worker.updates.outcomes import Accepted
from worker.usecases.flight import GROUP, Sender
from worker.usecases.plan_due import plan_due
from worker.usecases.send_due import send_on
from worker.wiring import parts_for

MAILS = 2_000
ROUNDS = 3
CONNECTIONS = 4
SECONDS_PER_MAIL = 0.005
AT_LEAST = 0.8


def measure(folder: Path) -> dict[str, Any]:
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=_serve, args=(there,), daemon=True)
    server.start()
    port = here.recv()
    place = Server(host="127.0.0.1", port=port, connections=CONNECTIONS)
    try:
        bare = [_bare(place) for _ in range(ROUNDS)]
        ours = [_ours(place, folder / str(number), number) for number in range(ROUNDS)]
    finally:
        server.terminate()
    ratio = round(statistics.median(ours) / statistics.median(bare), 2)
    return {
        "mails": MAILS,
        "connections": CONNECTIONS,
        "server_ms_per_mail": SECONDS_PER_MAIL * 1000,
        "bare_per_second": [round(one) for one in bare],
        "ours_per_second": [round(one) for one in ours],
        "ratio": ratio,
        "ratio_at_least": AT_LEAST,
        "reached": ratio >= AT_LEAST,
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


def _ours(place: Server, folder: Path, number: int) -> float:
    url = fresh_database(f"bench_delivery_{number}")
    engine = prepare(url, MAILS, datetime.now(UTC) - timedelta(seconds=1), folder)
    parts = parts_for(engine, database_clock, "bench.example")
    while plan_due(parts):
        pass
    with engine.begin() as connection:
        instance = instances.register(connection, "bench", database_clock(connection))
    sender = Sender(instance=instance, transport=SmtpTransport(place))
    began = time.perf_counter()
    sent = 0
    while sent < 2 * MAILS:  # each is taken and settled
        sent += send_on(parts, sender)
    seconds = time.perf_counter() - began
    sender.transport.close()
    engine.dispose()
    return MAILS / seconds
