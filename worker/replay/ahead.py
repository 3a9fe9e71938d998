"""Take the lanes of a replay forward together, each at its own pace, up to a moment: all of that, or nothing.

Between the moments at which lanes meet - something about a whole seller or item, a mail to an owner, a mail that comes
back - no lane reads what another one writes. So each round takes the next step of many lanes, with the moment of each.
If a round brings such a moment forward, to before a moment that some lane has passed, everything is undone, and done
again up to there.
"""

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Final, cast

import structlog
from sqlalchemy import Connection, Engine

from worker.intake.reading import Incoming
from worker.replay.lanes import Lanes, Node, orders_of
from worker.replay.world import World
from worker.storage import stepping
from worker.storage.engine import Within
from worker.storage.planning import load
from worker.usecases.breaker import might_stop
from worker.usecases.flight import Sender
from worker.usecases.following import Planned
from worker.usecases.moments import Moments
from worker.usecases.parts import Parts
from worker.usecases.plan_due import plan_loaded
from worker.usecases.record_events import Recorded, record_each
from worker.usecases.send_due import send_each

log = structlog.get_logger()


@dataclass(slots=True)
class Arrival:
    """A valid event, when it is seen, and its line in the file."""

    at: datetime
    line: int
    incoming: Incoming


class MeetError(Exception):
    """Lanes meet where none may: what was done is undone. `at` is the moment to stop at; None: one by one from here."""

    def __init__(self, at: datetime | None) -> None:
        super().__init__(at)
        self.at = at


Verdicts = list[tuple[int, Recorded]]
RECORD: Final = "record"
PLAN: Final = "plan"
SEND: Final = "send"
PHASES: Final = (RECORD, PLAN, SEND)
SURE: Final = 2


@dataclass(slots=True)
class Step:
    """The next step of a lane: what is to be done at one moment."""

    at: datetime
    phase: str
    ids: list[int] = field(default_factory=list)


class Ahead:
    """Takes lanes forward."""

    def __init__(self, parts: Parts, world: World, sender: Sender, lanes: Lanes) -> None:
        self.parts = parts
        self.world = world
        self.sender = sender
        self.lanes = lanes
        self.of: dict[int, Node] = {}
        self.met: Counter[time] = Counter()
        """How likely lanes meet at a clock time: owners' mails come at the same few of every day."""

    def run(self, arrivals: Sequence[Arrival], end: datetime) -> tuple[datetime, Verdicts] | None:
        """Do all that happens before `end`, or before a sooner moment at which lanes meet; give that and the verdicts.

        None: nothing was done, because the lanes meet in a way that only one step after the other shows.
        """
        stop: datetime | None = end
        while stop is not None:
            mark = self.world.mark()
            try:
                return self._all_or_nothing(arrivals, stop)
            except MeetError as met:
                stop = met.at
                if stop:
                    self.note(stop, met=True)
            except Exception:
                log.exception("lanes_given_up")
                stop = None
            self.world.back_to(mark)
        return None

    def may_meet_at(self, first: datetime) -> datetime | None:
        """Give the next moment, from one on, at which lanes may well meet."""
        today = [datetime.combine(first, clock) for clock, likely in self.met.items() if likely > 0]
        return min((at if at >= first else at + timedelta(days=1) for at in today), default=None)

    def note(self, at: datetime, *, met: bool) -> None:
        """Learn whether lanes met at a moment."""
        clock = at.timetz()
        if met or clock in self.met:
            self.met[clock] = min(self.met[clock] + 1, SURE) if met else max(self.met[clock] - 1, 0)

    def _all_or_nothing(self, arrivals: Sequence[Arrival], end: datetime) -> tuple[datetime, Verdicts]:
        with self.parts.engine.connect() as plain:
            connection = plain.execution_options(isolation_level="READ COMMITTED")
            with connection.begin():
                parts = replace(self.parts, engine=cast("Engine", Within(connection)))
                going = Going(self, connection, parts, arrivals, end)
                try:
                    going.run()
                finally:
                    self.world.moments = {}
        return going.end, going.verdicts

    def lanes_of(self, connection: Connection, ids: Iterable[int]) -> Mapping[int, Node]:
        """Give the lanes of correspondences."""
        unknown = set(ids) - self.of.keys()
        for row in stepping.contacts(connection, sorted(unknown)) if unknown else []:
            self.of[row.id] = self.lanes.of_contact(row.slug, row.address_key)
        return self.of


class Going:
    """One run of all lanes towards a moment, within a transaction."""

    def __init__(
        self, ahead: Ahead, connection: Connection, parts: Parts, arrivals: Sequence[Arrival], end: datetime
    ) -> None:
        self.ahead = ahead
        self.connection = connection
        self.parts = parts
        self.end = end
        self.verdicts: Verdicts = []
        self.tried: list[tuple[int, datetime, bool]] = []
        self.furthest: datetime | None = None
        self.planned: dict[int, Planned] = {}
        self.waiting: dict[Node, deque[Arrival]] = {}
        for one in arrivals:
            lane = ahead.lanes.of_order(one.incoming.seller, one.incoming.order or "")
            self.waiting.setdefault(lane, deque()).append(one)

    def run(self) -> None:
        steps = self._look()
        while steps:
            for phase in PHASES:
                picked = {lane: step for lane, step in steps.items() if step.phase == phase}
                if picked:
                    self._take(phase, picked)
                    steps = self._look()
        if self.tried and might_stop(self.connection, self.tried):
            raise MeetError(None)

    def _look(self) -> dict[Node, Step]:
        """Give each lane's next step before the end; brought forward, the end must not lie behind any step taken."""
        rows = stepping.ahead(self.connection, self.end)
        stops = [row.at for row in rows if row.what == "stop"] + [at for at, _ in self.ahead.world.bouncing]
        self.end = min([self.end, *stops])
        if self.furthest is not None and self.furthest >= self.end:
            raise MeetError(self.end)
        steps = {
            lane: Step(queue[0].at, RECORD) for lane, queue in self.waiting.items() if queue and queue[0].at < self.end
        }
        timed = [row for row in rows if row.what != "stop" and row.at < self.end]
        of = self.ahead.lanes_of(self.connection, (row.correspondence_id for row in timed))
        for row in sorted(timed, key=lambda one: (one.at, PHASES.index(one.what), one.id)):
            step = steps.setdefault(of[row.correspondence_id], Step(row.at, row.what))
            if (row.at, PHASES.index(row.what)) < (step.at, PHASES.index(step.phase)):
                step = steps[of[row.correspondence_id]] = Step(row.at, row.what)
            if (row.at, row.what) == (step.at, step.phase):
                step.ids.append(row.id)
        return steps

    def _take(self, phase: str, steps: dict[Node, Step]) -> None:
        latest = max(step.at for step in steps.values())
        self.furthest = max(self.furthest or latest, latest)
        moments = {one: step.at for step in steps.values() for one in step.ids}
        match phase:
            case "record":
                self._record(steps)
            case "plan":
                self.planned |= plan_loaded(self.parts, load(self.connection, moments), moments)
            case _:
                self.ahead.world.moments = moments
                self.tried += send_each(self.parts, self.ahead.sender, list(moments), self.planned)
                for one in moments:
                    self.planned.pop(one, None)

    def _record(self, steps: dict[Node, Step]) -> None:
        taken: list[Arrival] = []
        for lane, step in steps.items():
            queue = self.waiting[lane]
            while queue and queue[0].at == step.at:
                taken.append(queue.popleft())
        own: dict[tuple[str, str | None], datetime] = {
            order: one.at for one in taken for order in orders_of(one.incoming)
        }
        moments = Moments(max(own.values()), own)
        found = record_each(self.connection, self.parts, [one.incoming for one in taken], moments)
        self.verdicts += [(one.line, verdict) for one, verdict in zip(taken, found, strict=True)]
