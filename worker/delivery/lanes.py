"""Several connections at work at once; one slow recipient or seller never holds all of them (R48)."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import structlog

from worker.delivery.rest import Rest
from worker.delivery.transport import Ended, MayGo, Outgoing
from worker.updates.outcomes import HELD_BACK, Deferred, NotStarted, Outcome, Phase, without_reply

log = structlog.get_logger()
SLOW_SECONDS: Final = 1.0
WAITS_BEHIND_SLOW_SECONDS: Final = 5.0
LOOKS_AGAIN_SECONDS: Final = 0.5
RESTING: Final = NotStarted("the mail server does not answer; nothing was tried")
CROWDED: Final = NotStarted("mails of the same recipient or seller are slow; it waits behind them", HELD_BACK)


class Carrier(Protocol):
    """One connection."""

    @property
    def connected(self) -> bool: ...

    def carry(self, mail: Outgoing, may_go: MayGo) -> Outcome: ...

    def rest(self) -> None: ...

    def close(self) -> None: ...


@dataclass(slots=True, eq=False)
class Job:
    """A mail on its way through the lanes."""

    mail: Outgoing
    may_go: MayGo
    ended: Ended
    since: float
    domain: str = field(init=False)

    def __post_init__(self) -> None:
        self.domain = self.mail.recipient.rpartition("@")[2].casefold()

    def shares(self, other: "Job") -> bool:
        """Tell whether a slow one of them says something about the other."""
        return self.domain == other.domain or (self.mail.seller != 0 and self.mail.seller == other.mail.seller)


class Lanes:
    """A thread per connection, one queue before them; and a spare lane for when all the others are stuck."""

    def __init__(self, make: Callable[[], Carrier], count: int) -> None:
        self._usual = count
        self._carriers = [make() for _ in range(count + 1)]
        self._queue: deque[Job] = deque()
        self._busy: dict[int, Job] = {}
        self._rests = [Rest() for _ in self._carriers]
        self._server = Rest()
        self._changed = threading.Condition()
        self._closing = False
        self._threads: list[threading.Thread] = []

    @property
    def under_way(self) -> int:
        """Give how many mails have not ended yet."""
        with self._changed:
            return len(self._queue) + len(self._busy)

    def room(self, usual: int) -> int:
        """Give how many mails may come now."""
        with self._changed:
            return self._server.room(time.monotonic(), usual, len(self._queue) + len(self._busy))

    def submit(self, mails: Sequence[Outgoing], may_go: MayGo, ended: Ended) -> None:
        """Take mails in this order."""
        now = time.monotonic()
        with self._changed:
            if not self._threads:
                self._start()
            self._queue.extend(Job(mail, may_go, ended, now) for mail in mails)
            self._changed.notify_all()

    def close(self) -> None:
        """Start nothing more and close each connection once it is free."""
        with self._changed:
            self._closing = True
            left, self._queue = list(self._queue), deque()
            self._changed.notify_all()
        for job in left:
            job.ended(job.mail.mail_id, RESTING)

    def _start(self) -> None:
        self._threads = [
            threading.Thread(target=self._work, args=(lane,), name=f"mail-lane-{lane}", daemon=True)
            for lane in range(len(self._carriers))
        ]
        for thread in self._threads:
            thread.start()

    def _work(self, lane: int) -> None:
        carrier = self._carriers[lane]
        while True:
            job, given_back = self._next(lane)
            for other in given_back:
                other.ended(other.mail.mail_id, CROWDED if not self._server.failures else RESTING)
            if job is not None:
                self._carried(lane, carrier, job)
            elif self._closing:
                carrier.close()
                return
            else:
                carrier.rest()

    def _carried(self, lane: int, carrier: Carrier, job: Job) -> None:
        try:
            outcome = carrier.carry(job.mail, job.may_go)
        except Exception as fault:  # a thread's door: nothing may end a lane; what is not known counts as passed
            log.exception("lane_failed", lane=lane)
            carrier.close()
            outcome = without_reply(Phase.REPLY, f"the sending thread failed ({type(fault).__name__})")
        with self._changed:
            del self._busy[lane]
            again = self._judge(lane, outcome)
            if again:
                job.since = time.monotonic()
                self._queue.appendleft(job)
                self._changed.notify_all()
        if not again:
            job.ended(job.mail.mail_id, outcome)

    def _judge(self, lane: int, outcome: Outcome) -> bool:
        """Learn from an outcome; tell whether another connection should carry the mail instead.

        A server that refuses one more connection while others work has a limit, and this lane rests alone.
        """
        now = time.monotonic()
        if isinstance(outcome, Deferred) and outcome.server_away:
            connected = any(carrier.connected for place, carrier in enumerate(self._carriers) if place != lane)
            others = connected or bool(self._busy)  # who is busy may be connecting; the last one left judges the server
            if others and not self._server.failures:
                self._rests[lane].failed(now)
                return True
            self._server.failed(now)
            log.warning("mail_server_away", failures=self._server.failures, reply=outcome.reply)
        elif not isinstance(outcome, NotStarted):
            self._rests[lane].succeeded()
            self._server.succeeded()
        return False

    def _next(self, lane: int) -> tuple[Job | None, list[Job]]:
        """Wait a moment for a job of this lane; give it, and the jobs that are not to wait any longer."""
        with self._changed:
            if not self._queue and not self._closing:
                self._changed.wait(LOOKS_AGAIN_SECONDS)
            now = time.monotonic()
            given_back = self._not_to_wait(now)
            if given_back:
                self._queue = deque(job for job in self._queue if job not in given_back)
            job = self._pick(now, spare=lane == self._usual) if now >= self._rests[lane].until else None
            if job is not None:
                self._queue.remove(job)
                self._busy[lane] = job
            elif self._queue and not given_back:
                self._changed.wait(LOOKS_AGAIN_SECONDS)
            return job, given_back

    def _slow(self, now: float) -> list[Job]:
        return [job for job in self._busy.values() if now - job.since > SLOW_SECONDS]

    def _not_to_wait(self, now: float) -> list[Job]:
        if self._server.failures and now < self._server.until:
            return list(self._queue)
        slow = self._slow(now)
        return [
            job
            for job in self._queue
            if now - job.since > WAITS_BEHIND_SLOW_SECONDS and any(job.shares(other) for other in slow)
        ]

    def _pick(self, now: float, *, spare: bool) -> Job | None:
        """Give the first job that has nothing to do with a slow one, else any; the spare lane waits until all stick."""
        slow = self._slow(now)
        if spare and len(slow) < self._usual:
            return None
        free = next((job for job in self._queue if not any(job.shares(other) for other in slow)), None)
        if free is None and self._queue and not spare:
            free = self._queue[0]
        if free is not None:
            free.since = now
        return free
