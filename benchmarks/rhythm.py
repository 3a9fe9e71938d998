"""`make bench-rhythm`: the same streams under one mail per event, a daily digest, and our presets."""

import heapq
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import text

from benchmarks.streams import DAYS, START, stream
from schedules.events import Event, Person
from tests.servers import test_servers
from worker.intake.reading import Incoming, read_event
from worker.replay.run import Stepper, throw_away_schema
from worker.replay.world import World
from worker.usecases.record_events import record
from worker.wiring import parts_for

RUNS_ON = timedelta(days=10)
ANSWERS_REMINDERS = 0.85
DESK = Person(name="Order desk", email="desk@example.com")


@dataclass(slots=True)
class Mail:
    """One mail about one order, and what it was by."""

    at: datetime
    order: str
    label: str = ""


@dataclass(slots=True)
class Run:
    """What a policy did with a stream."""

    name: str
    mails: list[Mail] = field(default_factory=list)
    promises: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    outside: int = 0


def arrivals_of(events: Iterable[dict[str, Any]]) -> list[tuple[datetime, Incoming]]:
    """Read a stream as the door does, in order of arrival."""
    found = []
    for event in events:
        one = read_event(json.dumps(event), received_at=datetime.max.replace(tzinfo=UTC), trust_seenat=True)
        if not isinstance(one, Incoming):
            raise TypeError(f"{event}: {one}")
        found.append((one.seen_at or one.event.time, one))
    return sorted(found, key=lambda pair: (pair[0], pair[1].event.key))


def ours(seed: int, policy: str) -> tuple[Run, list[tuple[datetime, Event]]]:
    """Run the product on a virtual clock, with owners who answer 85 % of their reminders within the day."""
    random = Random(seed)
    queue = [(at, number, one) for number, (at, one) in enumerate(arrivals_of(stream(seed)))]
    heapq.heapify(queue)
    log: list[tuple[datetime, Event]] = []
    with TemporaryDirectory() as folder, throw_away_schema(test_servers().database_url) as engine:
        world = World(folder=Path(folder), now=queue[0][0])
        parts = replace(parts_for(engine, lambda _: world.now, "bench.example"), policy=policy)
        stepper = Stepper(parts, world, lambda _: None)
        end, alarm, answered = START + timedelta(days=DAYS) + RUNS_ON, None, 0
        while True:
            arrives = queue[0][0] if queue else None
            moments = [at for at in (arrives, alarm) if at is not None]
            if not moments or min(moments) > end:
                break
            world.now = max(min(moments), world.now)
            while queue and queue[0][0] <= world.now:
                _, _, one = heapq.heappop(queue)
                with engine.begin() as connection:
                    record(connection, parts, [one], world.now)
                log.append((world.now, one.event))
            alarm = stepper.settle()
            for review in _reviews(random, world, answered, engine):
                heapq.heappush(queue, (review.event.time, 10**6 + len(log) + len(queue), review))
            answered = len(world.accepted)
        return _result(engine, policy), log


def _reviews(random: Random, world: World, since: int, engine: Any) -> Iterable[Incoming]:
    """Let owners answer the reminders that have just reached them."""
    for mail in world.accepted[since:]:
        if mail["kind"] != "review-reminder":
            continue
        for order in mail["orders"]:
            if random.random() >= ANSWERS_REMINDERS:
                continue
            at = world.now + timedelta(minutes=random.randrange(20, 240))
            with engine.connect() as connection:
                seller = connection.execute(
                    text(
                        "select s.slug from thread t join seller s on s.id = t.seller_id where t.order_no = :o limit 1"
                    ),
                    {"o": order},
                ).scalar_one()
            identity = f"r{order}{at.isoformat()}"
            data = {"seller": seller, "order": order, "by": "Order desk"}
            event = {"specversion": "1.0", "id": identity, "source": "desk", "type": "review.recorded"}
            one = read_event(json.dumps(event | {"time": at.isoformat(), "data": data}), received_at=at)
            if isinstance(one, Incoming):
                yield one


def _result(engine: Any, policy: str) -> Run:
    run = Run(policy)
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "select at, order_no, kind, rule, weight, action, changes from decision"
                " where action in ('sent', 'merged') order by id"
            )
        )
        for row in rows:
            run.mails.append(Mail(row.at, row.order_no, row.kind))
            run.labels[f"{row.kind} {row.rule} {row.weight or 'none'}"] += 1
        for row in connection.execute(text("select outcome, count(*) as n from promise group by 1")):
            run.promises[row.outcome] = row.n
    return run


def by_order(log: Iterable[tuple[datetime, Event]]) -> dict[str, list[tuple[datetime, Event]]]:
    """Sort a log of arrivals into orders."""
    found: dict[str, list[tuple[datetime, Event]]] = defaultdict(list)
    for at, event in log:
        if event.data.get("order"):
            found[event.data["order"]].append((at, event))
    return found
