"""One due checkpoint at a time on an idle system: from its moment until the mail server has accepted it."""

from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import text

from benchmarks.rivals import house, ours
from benchmarks.rivals.sink import sink
from benchmarks.scale.backlog import DUE_AT, seed, set_clock, settle_down
from tests.live import environment
from worker.storage.engine import make_engine

MAILS: Final = 40
APART: Final = timedelta(seconds=0.63)
AIM_SECONDS: Final = 2.0
LATENCIES: Final = (
    "select extract(epoch from m.accepted_at - p.due_at) as seconds from mail m"
    " join mail_thread mt on mt.mail_id = m.id"
    " join promise p on p.thread_id = mt.thread_id and p.settled_in = m.message_id where m.created_at >= :due"
)


def measure(folder: Path) -> dict[str, Any]:
    """Let checkpoints come one by one; worker with two processes, and beat."""
    dues = [DUE_AT + APART * number for number in range(MAILS)]
    engine = seed(house.empty("single"), dues, folder, sellers=1)
    settle_down(engine)
    with engine.begin() as connection:
        set_clock(connection, DUE_AT - ours.LEAD)
    with sink() as target, ours.started(2, environment(house.address("single"), house.broker(7), target.port)):
        ours.wait_for(engine, "select count(*) from mail where state = 'sent' and created_at >= :due", MAILS)
    engine.dispose()
    engine = make_engine(house.address("single"))
    with engine.connect() as connection:
        spans = sorted(float(row.seconds) for row in connection.execute(text(LATENCIES), {"due": DUE_AT}))
    engine.dispose()
    house.drop("single")
    assert len(spans) == MAILS, spans
    return {
        "mails": MAILS,
        "median_seconds": round(spans[len(spans) // 2], 2),
        "p99_seconds": round(spans[-1], 2),
        "aim_seconds": AIM_SECONDS,
    }
