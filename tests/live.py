"""Put orders into a database so that their promised moments fall due at once, in real time."""

import json
from collections import Counter
from datetime import datetime, timedelta
from email import message_from_bytes
from pathlib import Path

from sqlalchemy import text

from tests.builders import cloud, opening, seller
from worker.intake.reading import Incoming, read_event
from worker.replay.run import Arrival, Feed, Stepper
from worker.replay.world import World
from worker.storage import instances
from worker.storage.engine import make_engine
from worker.wiring import parts_for

A_TUESDAY_NOON = datetime.fromisoformat("2026-06-02T12:00:00+02:00")


def promise_at(url: str, orders: int, due_at: datetime, folder: Path) -> None:
    """Open orders of as many contacts, tell each his first notice by a virtual clock, promise a moment."""
    start = A_TUESDAY_NOON
    while start > due_at - timedelta(days=1):
        start -= timedelta(days=7)
    events = [cloud("seller.configured", start - timedelta(days=1), seller(), "s")]
    for number in range(orders):
        contact = {"name": "Purchasing", "email": f"p{number}@muster.example.com"}
        data = opening(
            order=f"L-{number:05d}",
            buyer={"company": f"Muster {number}", "contact": contact},
            next_checkpoint=due_at.isoformat(),
        )
        events.append(cloud("backorder.opened", start, data, number))
    feed = Feed()
    for number, event in enumerate(events):
        read = read_event(json.dumps(event), received_at=due_at)
        assert isinstance(read, Incoming)
        feed.arrivals.append(Arrival(read.event.time, number, read))
    engine = make_engine(url, durable=False)
    world = World(folder=folder, now=start)
    stepper = Stepper(parts_for(engine, lambda _: world.now, "live.example"), world, lambda _: None)
    with engine.begin() as connection:
        stepper.sender.instance = instances.register(connection, "preparation", start)
    stepper.run(feed, start + timedelta(hours=1))
    with engine.begin() as connection:
        connection.execute(text("delete from obligation"))
    engine.dispose()
    assert len(world.accepted) == orders


def message_ids(mailbox: Path) -> Counter[str]:
    """How often each Message-ID to a buyer has arrived."""
    found: Counter[str] = Counter()
    for path in mailbox.glob("*.eml"):
        mail = message_from_bytes(path.read_bytes())
        if mail["X-Backorder-Kind"] in {"holding-note", "checkpoint-review"}:
            found[mail["Message-ID"]] += 1
    return found


def environment(url: str, broker: str, port: int) -> dict[str, str]:
    """The environment of worker and beat."""
    import os

    return {
        **os.environ,
        "BACKORDER_DATABASE_URL": url,
        "BACKORDER_BROKER_URL": broker,
        "BACKORDER_MAIL_URL": f"smtp://127.0.0.1:{port}",
        "BACKORDER_SECRET_KEY": "only-for-tests-0123456789",
        "BACKORDER_LOG": "json",
        "PYTHONWARNINGS": "ignore:You're running the worker",
    }
