"""Step from event to alarm to event on a throw-away schema, and write what came of it."""

import secrets
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, text

from worker.intake.reading import Refusal, read_lines
from worker.replay.ahead import Ahead, Arrival
from worker.replay.lanes import Lanes, in_one_lane
from worker.replay.world import BUYER_KINDS, Answer, World
from worker.storage import stepping
from worker.storage.engine import make_engine
from worker.storage.schema import metadata
from worker.storage.threads import NextAlarms, next_alarms
from worker.usecases.bounce import bounced
from worker.usecases.flight import Sender
from worker.usecases.parts import Parts
from worker.usecases.plan_due import plan_due
from worker.usecases.plan_owners import plan_owners
from worker.usecases.record_events import Recorded, Verdict, record
from worker.usecases.send_due import send_due
from worker.usecases.skus import work_on_skus

RUNS_ON_FOR: Final = timedelta(days=30)
MOST_STEPS_AT_ONE_MOMENT: Final = 10_000
LONGEST: Final = timedelta(days=1)
"""Lanes go so far ahead at most, so that little is undone."""


@dataclass(slots=True)
class Feed:
    """Everything a file holds, sorted by arrival; and its refusals."""

    arrivals: list[Arrival] = field(default_factory=list)
    refusals: list[tuple[int, Refusal]] = field(default_factory=list)


@dataclass(slots=True)
class Result:
    """What a replay leaves behind in its schema, with the verdicts by line."""

    engine: Engine
    world: World
    verdicts: list[tuple[int, Recorded]]
    ended_at: datetime


def read_feed(path: Path) -> Feed:
    """Read a file of events; an event is seen at its `seenat`, else at its `time`."""
    feed = Feed()
    with path.open("rb") as stream:
        for line, one in read_lines(stream, datetime.max.replace(tzinfo=UTC), trust_seenat=True):
            if isinstance(one, Refusal):
                feed.refusals.append((line, one))
            else:
                feed.arrivals.append(Arrival(one.seen_at or one.event.time, line, one))
    feed.arrivals.sort(key=lambda arrival: (arrival.at, arrival.incoming.event.key))
    return feed


class Stepper:
    """The virtual clock and the loop that turns it."""

    def __init__(self, parts: Parts, world: World, progress: Callable[[datetime], None]) -> None:
        self.parts = parts
        self.world = world
        self.progress = progress
        self.sender = Sender(instance=1, transport=world)
        self.verdicts: list[tuple[int, Recorded]] = []

    def run(self, feed: Feed, until: datetime) -> None:
        """Visit every arrival and every alarm up to `until`."""
        self.visit(feed.arrivals, until)

    def visit(self, arrivals: Sequence[Arrival], end: datetime) -> None:
        """Visit these arrivals, and every alarm up to a moment, one after the other."""
        alarm = self._next_alarm(self._alarms())
        for arrived_at, group in groupby(arrivals, key=lambda arrival: arrival.at):
            at = self.world.recording_down_until(arrived_at) or arrived_at
            if at > end:
                break
            self._visit_alarms(alarm, at, including=False)
            self._to(at)
            taken = list(group)
            with self.parts.engine.begin() as connection:
                found = record(connection, self.parts, [one.incoming for one in taken], at)
            self.verdicts += [(one.line, verdict) for one, verdict in zip(taken, found, strict=True)]
            alarm = self.settle()
        self._visit_alarms(alarm, end, including=True)

    def _take_bounces(self) -> None:
        for message_id in self.world.bounces_by(self.world.now):
            with self.parts.engine.begin() as connection:
                bounced(connection, message_id, "5.1.1 no such mailbox", self.world.now)

    def _to(self, at: datetime) -> None:
        self.world.now = at
        self.progress(at)

    def _alarms(self) -> NextAlarms:
        with self.parts.engine.connect() as connection:
            return next_alarms(connection)

    def _next_alarm(self, alarms: NextAlarms) -> datetime | None:
        return min((at for at in (alarms.soonest, self.world.next_bounce_at) if at), default=None)

    def _visit_alarms(self, alarm: datetime | None, end: datetime, *, including: bool) -> None:
        while alarm is not None and (alarm < end or (alarm == end and including)):
            at = max(alarm, self.world.now)
            down_until = self.world.workers_down_until(at)
            if down_until is not None:
                if down_until > end:
                    return
                at = down_until
            self._to(at)
            alarm = self.settle()

    def settle(self) -> datetime | None:
        """Do everything that is due at this moment; give the soonest alarm that is left."""
        if self.world.workers_down_until(self.world.now) is not None:
            return self._alarms().soonest
        self._take_bounces()
        for _ in range(MOST_STEPS_AT_ONE_MOMENT):
            alarms, now = self._alarms(), self.world.now
            if alarms.items:
                work_on_skus(self.parts)
                continue
            if alarms.soonest is None or alarms.soonest > now:
                return self._next_alarm(alarms)
            if alarms.buyers and alarms.buyers <= now:
                plan_due(self.parts)
            if alarms.owners and alarms.owners <= now:
                plan_owners(self.parts)
            if alarms.mails and alarms.mails <= now:
                send_due(self.parts, self.sender)
        raise RuntimeError(f"at {self.world.now.isoformat()} work never ends; this is a fault, please report the file")


class LaneStepper(Stepper):
    """Takes lanes forward together where they do not meet; visits the moments at which they do."""

    def run(self, feed: Feed, until: datetime) -> None:
        """Do what happens up to `until`."""
        lanes = Lanes(one.incoming for one in feed.arrivals)
        self.ahead = Ahead(self.parts, self.world, self.sender, lanes)
        self.arrivals, self.place = feed.arrivals, 0
        self.apart = [one.at for one in feed.arrivals if not in_one_lane(one.incoming)]
        while (first := self._first()) is not None and first <= until:
            down_until = self.world.down_until(first)
            end = min(self._end(first), until) if down_until is None else min(down_until, until)
            if down_until is None and end > first and not self._meet():
                end = self._go_ahead(end)
            before = len(self.world.accepted)
            self.visit(self._taken(end, including=True), end)
            self.ahead.note(end, met=any(mail["kind"] not in BUYER_KINDS for mail in self.world.accepted[before:]))
            if end == until:
                return

    def _first(self) -> datetime | None:
        """Give the next moment at which anything happens."""
        arrival = self.arrivals[self.place].at if self.place < len(self.arrivals) else None
        return min((at for at in (arrival, self._next_alarm(self._alarms())) if at), default=None)

    def _end(self, first: datetime) -> datetime:
        """Give the next moment, from `first` on, at which lanes may meet as far as is known beforehand."""
        place = bisect_left(self.apart, first)
        ends = (
            *self.apart[place : place + 1],
            self.world.down_from(first),
            self.ahead.may_meet_at(first),
            first + LONGEST,
        )
        return min(at for at in ends if at)

    def _meet(self) -> bool:
        with self.parts.engine.connect() as connection:
            return stepping.meet(connection)

    def _go_ahead(self, end: datetime) -> datetime:
        """Take the lanes as far as they go apart; give the moment that is to be visited next."""
        upcoming = self.arrivals[self.place : bisect_left(self.arrivals, end, key=_moment)]
        done = self.ahead.run(upcoming, end)
        if done is None:
            return end
        end, verdicts = done
        self._taken(end, including=False)
        self.verdicts += verdicts
        self.progress(end)
        return end

    def _taken(self, end: datetime, *, including: bool) -> Sequence[Arrival]:
        """Take the arrivals up to a moment out of those that are still to come."""
        start = self.place
        self.place = (bisect_right if including else bisect_left)(self.arrivals, end, key=_moment)
        return self.arrivals[start : self.place]


def _moment(one: Arrival) -> datetime:
    return one.at


ITS_PROCESS: Final = text("insert into instance(name, started_at, heartbeat_at) values ('replay', now(), now())")


@contextmanager
def throw_away_schema(database_url: str) -> Iterator[Engine]:
    """Give an engine whose tables exist only for the length of the block."""
    name = f"replay_{secrets.token_hex(6)}"
    outer = make_engine(database_url, pool_size=1)
    with outer.begin() as connection:
        connection.execute(text(f"create schema {name}"))
    engine = make_engine(database_url, schema=name, pool_size=2, durable=False, alone=True)
    try:
        with engine.begin() as connection:
            metadata.create_all(connection)
            connection.execute(ITS_PROCESS)
        yield engine
    finally:
        engine.dispose()
        with outer.begin() as connection:
            connection.execute(text(f"drop schema {name} cascade"))
        outer.dispose()


def replay(
    feed: Feed,
    make_parts: Callable[[Engine, Callable[[Connection], datetime]], Parts],
    engine: Engine,
    folder: Path,
    answers: tuple[Answer, ...] = (),
    until: datetime | None = None,
    progress: Callable[[datetime], None] = lambda _: None,
    stepper_of: type[Stepper] = LaneStepper,
) -> Result:
    """Run a feed through the product on a virtual clock."""
    start = feed.arrivals[0].at if feed.arrivals else datetime(2000, 1, 1, tzinfo=UTC)
    last = feed.arrivals[-1].at if feed.arrivals else start
    world = World(folder=folder, now=start, answers=answers)
    parts = make_parts(engine, lambda _: world.now)
    stepper = stepper_of(parts, world, progress)
    ended_at = until or last + RUNS_ON_FOR
    stepper.run(feed, ended_at)
    world.number_in_order()
    refused = [
        (line, Recorded(one.source, one.id, Verdict.REJECTED, [str(reason) for reason in one.reasons]))
        for line, one in feed.refusals
    ]
    return Result(engine, world, sorted([*stepper.verdicts, *refused], key=lambda pair: pair[0]), ended_at)
