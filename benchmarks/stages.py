"""Where a mail's time goes: each stage of the road, in microseconds of one process, beside its budget."""

import functools
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine

from benchmarks import plainly
from benchmarks.rivals import house, ours
from benchmarks.rivals.sink import sink
from benchmarks.scale.backlog import DUE_AT, set_clock
from worker.delivery.smtp import Server, SmtpTransport
from worker.rendering import formatting, rendering
from worker.storage import instances
from worker.storage.engine import database_clock, make_engine
from worker.usecases import drafts, in_one_go, plan_due, settle
from worker.usecases.flight import Flight, Sender
from worker.wiring import parts_for

MAILS: Final = 3_000
ROUNDS: Final = 3
BUDGET: Final = {
    "claim and read": 60,
    "plan": 130,
    "compose": 60,
    "format": 100,
    "render": 260,
    "MIME": 100,
    "rows": 220,
    "send": 45,
    "settle": 70,
}
"""Microseconds of core time a mail, as set in advance; `rows` holds the bytes, `send` the second claim's look."""
FORMATS: Final = [
    name for name, value in vars(formatting.Formatter).items() if callable(value) and not name.startswith("_")
]


class Watch:
    """Adds up what each stage takes, without what the stages inside it take."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._running: list[str] = []
        self._since = 0.0

    def call(self, stage: str, function: Any, *args: Any, **named: Any) -> Any:
        self._switch()
        self._running.append(stage)
        try:
            return function(*args, **named)
        finally:
            self._switch()
            self._running.pop()

    def _switch(self) -> None:
        now = time.perf_counter()
        if self._running:
            self.seconds[self._running[-1]] += now - self._since
        self._since = now


PLACES: Final[list[tuple[Any, str, str]]] = [
    (in_one_go, "claim_due", "claim and read"),
    (in_one_go, "load", "claim and read"),
    (plan_due, "plan_of", "plan"),
    (plan_due, "draft_updates", "compose"),
    (in_one_go.InOneGo, "_write", "rows"),
    (rendering.Renderer, "render_updates", "render"),
    *((formatting.Formatter, name, "format") for name in FORMATS),
    (drafts, "build_mail", "MIME"),
    (in_one_go, "may_leave_now", "send: claim and look"),
    (Flight, "wait_for_group", "send: on the wire"),
    (SmtpTransport, "submit", "send: on the wire"),
    (SmtpTransport, "attend", "send: on the wire"),
    (in_one_go, "settle_group", "settle"),
    (settle, "what_follows", "settle: plan what follows"),
]


@contextmanager
def watched() -> Iterator[Watch]:
    """Measure the stages for as long as the block lasts."""
    watch = Watch()
    with ExitStack() as undo:
        for owner, name, stage in PLACES:
            original = getattr(owner, name)
            setattr(owner, name, _timed(watch, stage, original))
            undo.callback(setattr, owner, name, original)
        yield watch


@contextmanager
def unwatched() -> Iterator[Watch]:
    """Measure the whole only."""
    yield Watch()


Watching = Callable[[], AbstractContextManager[Watch]]


def _timed(watch: Watch, stage: str, original: Any) -> Any:
    @functools.wraps(original)
    def timed(*args: Any, **named: Any) -> Any:
        return watch.call(stage, original, *args, **named)

    return timed


def measure(folder: Path) -> dict[str, Any]:
    """Plan and send the same mails a few times in one process: watched on the sources, then just timed as compiled."""
    return plainly.stages(folder / "sources") | {"unwatched_us": _unwatched(folder / "timed")}


def watch_stages(folder: Path) -> dict[str, Any]:
    """Give the median of each stage."""
    ours.prepare(MAILS, folder, warming=0)
    with sink() as target:
        rounds = [_round(target.port, watched) for _ in range(ROUNDS)]
    names = rounds[0]
    stages = {name: round(statistics.median(one[name] for one in rounds)) for name in names}
    return {"mails": MAILS, "budget_us": BUDGET, "us_per_mail": stages, "total_us": sum(stages.values())}


def _unwatched(folder: Path) -> int:
    ours.prepare(MAILS, folder, warming=0)
    with sink() as target:
        return round(statistics.median(sum(_round(target.port, unwatched).values()) for _ in range(ROUNDS)))


def _round(port: int, watching: Watching) -> dict[str, float]:
    engine = make_engine(house.copy_of(ours.TEMPLATE, "stages"))
    with engine.begin() as connection:
        set_clock(connection, DUE_AT)
    seconds, total = _through(engine, port, watching)
    engine.dispose()
    house.drop("stages")
    seconds["everything else"] = total - sum(seconds.values())
    return {name: value / MAILS * 1e6 for name, value in seconds.items()}


def _through(engine: Engine, port: int, watching: Watching) -> tuple[dict[str, float], float]:
    parts = parts_for(engine, database_clock, "bench.example")
    with engine.begin() as connection:
        instance = instances.register(connection, "stages", database_clock(connection))
    sender = Sender(instance=instance, transport=SmtpTransport(Server(host="127.0.0.1", port=port)))
    with watching() as watch:
        began = time.perf_counter()
        going = in_one_go.InOneGo(parts, sender)
        while going.step():
            pass
        going.end()
        total = time.perf_counter() - began
    sender.transport.close()
    return dict(watch.seconds), total
