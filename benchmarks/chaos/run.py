"""Drive updates through real processes while they are broken on purpose, then let them come to rest and compare."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import psycopg

from benchmarks.chaos.house import House
from benchmarks.chaos.ledger import OPEN, compare
from benchmarks.chaos.post import Post
from benchmarks.chaos.preparing import prepare

FAULTS = Path(__file__).with_name("faults.sql")
POINTS = (
    "a mail is planned",
    "a mail is claimed",
    "a mail is settled",
    "a try begins",
    "a try ends",
    "told is written",
    "a promise is written",
    "a decision is written",
    "a heartbeat is written",
)
CHANCE_OF_A_WRITE = 0.002
CHANCE_AT_THE_SERVER = 0.01
SLOW_MAIL_SECONDS = 0.25
FROZEN_SECONDS = 16.0
GIVES_UP_SECONDS = 1_500.0


class Chaos:
    """One run: its seed decides what breaks and when."""

    def __init__(self, folder: Path, seed: int, updates: int, processes: int, seconds_per_mail: float) -> None:
        self.random = Random(seed)
        self.updates = updates
        self.post = Post(seed, seconds_per_mail)
        self.house = House(folder, self.post.server.port, 2, processes)
        self.due_at = datetime.now(UTC) + timedelta(seconds=2)
        self.done: Counter[str] = Counter()
        self.recoveries: list[float] = []
        self._watchers: list[threading.Thread] = []

    def prepare(self, folder: Path) -> None:
        prepare(self.house.url, self.updates, self.due_at, folder / "before").dispose()
        self.house.sql(FAULTS.read_text())
        for point in POINTS:
            self.house.sql("insert into chaos_fault values (%s, 0)", point)

    def writes_fail(self, chance: float) -> None:
        self.house.sql("update chaos_fault set chance = %s", chance)

    def shift(self, seconds: float) -> None:
        self.house.sql("update chaos_clock set shift = shift + %s * interval '1 second'", seconds)
        self.done["clock shifted"] += 1

    def kill_process(self) -> None:
        children = self.house.children()
        if children:
            self._watch([self.house.kill_child(self.random.choice(children))])
            self.done["process killed"] += 1

    def kill_worker(self) -> None:
        self._watch(self.house.kill_worker(self.random.randrange(len(self.house.workers))))
        self.done["worker killed"] += 1

    def kill_beat(self) -> None:
        self.house.kill_beat(self.random.randrange(2))
        self.done["beat killed"] += 1

    def freeze(self) -> None:
        """Freeze a process until its lease has passed; the clock's leap saves us most of the wait."""
        children = self.house.children()
        if children:
            frozen = self.random.choice(children)
            self.house.freeze(frozen)
            self.shift(40)

            def thaw() -> None:
                time.sleep(FROZEN_SECONDS)
                self.house.thaw(frozen)
                self.done["process frozen past its lease"] += 1

            self._watchers.append(threading.Thread(target=thaw, daemon=True))
            self._watchers[-1].start()

    def wipe(self) -> None:
        self.house.wipe_valkey()
        self.done["Valkey wiped"] += 1

    def valkey_down(self) -> None:
        self.house.valkey_down(2.0)
        self.done["Valkey stopped"] += 1

    def postgres_down(self) -> None:
        self.house.postgres_down(1.0 + 3 * self.random.random())
        self.done["PostgreSQL stopped"] += 1

    def clock_leaps(self) -> None:
        self.shift(self.random.choice([-90, -20, 45, 120]))

    def _watch(self, names: list[str]) -> None:
        """Measure how long the claims of killed processes stay."""

        def watched() -> None:
            began = time.monotonic()
            query = (
                "select count(*) from mail m join instance i on i.id = m.instance_id"
                " where m.state = 'sending' and split_part(i.name, '@', 1) = any(%s)"
            )
            held = False
            while time.monotonic() - began < 120:
                try:
                    count = self.house.sql(query, names)[0][0]
                except psycopg.OperationalError:
                    count = 1
                held = held or count > 0
                if not count:
                    break
                time.sleep(0.5)
            if held:
                self.recoveries.append(round(time.monotonic() - began, 1))

        self._watchers.append(threading.Thread(target=watched, daemon=True))
        self._watchers[-1].start()

    def rest(self, began: float) -> bool:
        """Stop the trouble and let everything come to its end, the clock leaping over waits; False if it never does."""
        self.post.chance = 0.0
        self.writes_fail(0)
        for watcher in self._watchers:
            watcher.join(timeout=120)
        ahead = (
            "select extract(epoch from least("
            " (select min(send_at) from mail where send_at is not null and parked is null and audience = 'buyer'),"
            " (select min(c.wake_at) from correspondence c join thread t"
            "  on t.correspondence_id = c.id join promise p on p.thread_id = t.id and p.outcome = 'open'"
            "  and p.due_at = %s)) - backorder_now()) :: float8"
        ).replace(" :: ", "::")
        left = "select count(*) from promise where outcome = 'open' and due_at = %s"
        while time.monotonic() - began < GIVES_UP_SECONDS:
            if not self.house.sql(OPEN)[0][0] and not self.house.sql(left, self.due_at)[0][0]:
                return True
            wait = self.house.sql(ahead, self.due_at)[0][0]
            if wait is not None and wait > 2 and not self._sending():
                self.shift(wait)
            time.sleep(0.5)
        return False

    def _sending(self) -> int:
        return int(self.house.sql("select count(*) from mail where state = 'sending'")[0][0])


def run(folder: Path, seed: int, updates: int, *, kills: int | None = None, short: bool = False) -> dict[str, Any]:
    """Run chaos once; give what was done and what the ledger found."""
    began = time.monotonic()
    chaos = Chaos(folder, seed, updates, 1 if short else 2, SLOW_MAIL_SECONDS if short else 0.0)
    try:
        chaos.prepare(folder)
        prepared = time.monotonic() - began
        chaos.house.start()
        started = time.monotonic()
        if kills is not None:
            _kills(chaos, kills)
        elif short:
            _each_once(chaos)
        else:
            _at_random(chaos)
        ended = chaos.rest(began)
        busy = time.monotonic() - started
        found = compare(chaos.house, chaos.post, chaos.due_at)
        return found.shown() | {
            "passed": found.good and ended,
            "seed": seed,
            "came_to_rest": ended,
            "processes_killed_or_frozen": chaos.house.killed,
            "done": dict(chaos.done),
            "cuts": dict(chaos.post.cuts),
            "refusals": dict(chaos.post.refused),
            "seconds_until_claims_were_free": sorted(chaos.recoveries),
            "prepared_seconds": round(prepared, 1),
            "seconds": round(busy, 1),
        }
    finally:
        chaos.house.close()
        chaos.post.server.close()


def _progress(chaos: Chaos) -> float:
    return len(chaos.post.received) / chaos.updates


def _until(done: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        time.sleep(0.05)


def _kills(chaos: Chaos, kills: int) -> None:
    """Kill random processes at full speed, spread over the run."""
    for number in range(kills):
        wanted = (number + chaos.random.random()) / (kills + 1)
        _until(lambda wanted=wanted: _progress(chaos) >= wanted, 60)
        chaos.kill_process()


def _each_once(chaos: Chaos) -> None:
    """Each trouble once, in an order that the seed shuffles."""
    _until(lambda: _progress(chaos) > 0.05, 30)
    chaos.writes_fail(CHANCE_OF_A_WRITE)
    chaos.post.chance = CHANCE_AT_THE_SERVER * 2
    troubles = [
        chaos.kill_process,
        chaos.kill_worker,
        chaos.kill_beat,
        chaos.wipe,
        chaos.valkey_down,
        chaos.postgres_down,
        chaos.clock_leaps,
    ]
    chaos.random.shuffle(troubles)
    for trouble in (chaos.freeze, *troubles):
        trouble()
        time.sleep(0.3 + 0.7 * chaos.random.random())
    _until(lambda: _progress(chaos) > 0.95, 12)


def _at_random(chaos: Chaos) -> None:
    """Trouble upon trouble for as long as updates are on their way."""
    troubles = [
        *[chaos.kill_process] * 6,
        *[chaos.kill_worker] * 2,
        *[chaos.kill_beat] * 2,
        chaos.freeze,
        *[chaos.wipe] * 2,
        chaos.valkey_down,
        chaos.postgres_down,
        *[chaos.clock_leaps] * 2,
    ]
    _until(lambda: _progress(chaos) > 0.01, 60)
    chaos.writes_fail(CHANCE_OF_A_WRITE / 4)
    chaos.post.chance = CHANCE_AT_THE_SERVER / 2
    end = time.monotonic() + GIVES_UP_SECONDS / 2
    while _progress(chaos) < 0.9 and time.monotonic() < end:
        chaos.random.choice(troubles)()
        time.sleep(1 + 4 * chaos.random.random())
