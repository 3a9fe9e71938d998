"""One database, one mail folder, and a clock that the test turns: the steps of the road, one by one."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from tests.builders import at, cloud, opening, seller
from tests.servers import fresh_database
from worker.intake.reading import read_event
from worker.replay.world import World
from worker.settings import Settings
from worker.storage import instances
from worker.storage.engine import make_engine
from worker.usecases.flight import Sender
from worker.usecases.parts import Parts
from worker.usecases.plan_due import plan_due
from worker.usecases.record_events import record
from worker.usecases.send_due import send_due
from worker.wiring import parts_for

EVENTS = [cloud("seller.configured", at(11), seller(), "s"), cloud("backorder.opened", at(20), opening(), "o")]
SETTINGS = Settings(secret_key="only-for-tests-0123456789", bounce_address="bounces@seller.example")


class Road:
    def __init__(self, folder: Path, name: str, events: Sequence[dict[str, Any]] = EVENTS) -> None:
        self.url = fresh_database(name)
        self.folder = folder
        self.now: datetime = at(20)
        self.events = list(events)
        folder.mkdir(parents=True, exist_ok=True)

    def parts(self) -> Parts:
        return parts_for(make_engine(self.url), lambda _: self.now, "crash.example", SETTINGS)

    def record(self, connection: Connection) -> None:
        read = [read_event(json.dumps(event), received_at=self.now) for event in self.events]
        record(connection, self.parts(), read, self.now)

    def sender(self, parts: Parts, **hooks: Any) -> Sender:
        with parts.engine.begin() as connection:
            number = instances.register(connection, "test", self.now)
        transport = hooks.pop("transport", None) or World(folder=self.folder, now=self.now)
        return Sender(instance=number, transport=transport, **hooks)

    def planned(self, parts: Parts) -> None:
        """Record the events and plan what they say, a quarter of an hour later."""
        with parts.engine.begin() as connection:
            self.record(connection)
        self.now = at(20, 9, 15)
        while plan_due(parts):
            pass

    def sent(self, parts: Parts) -> None:
        """Plan and send."""
        self.planned(parts)
        sender = self.sender(parts)
        while send_due(parts, sender):
            pass

    def rows(self, parts: Parts, query: str, **values: Any) -> list[Any]:
        with parts.engine.connect() as connection:
            return list(connection.execute(text(query), values))
