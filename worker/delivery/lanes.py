"""Several connections at work at once; one slow recipient or seller never holds all of them (R48).

Nothing here waits: whoever has time takes the lanes forward (`attendant.py`).
"""

import time
from collections import deque
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import structlog

from worker.delivery.rest import Rest
from worker.delivery.transport import Ended, MayGo, Outgoing
from worker.delivery.wire import Steps, Wait
from worker.updates.outcomes import HELD_BACK, Deferred, NotStarted, Outcome, Phase, without_reply

log = structlog.get_logger()
SLOW_SECONDS: Final = 1.0
WAITS_BEHIND_SLOW_SECONDS: Final = 5.0
RESTING: Final = NotStarted("the mail server does not answer; nothing was tried")
CROWDED: Final = NotStarted("mails of the same recipient or seller are slow; it waits behind them", HELD_BACK)


class Carrier(Protocol):
    """One connection."""

    @property
    def connected(self) -> bool: ...

    @property
    def outlived(self) -> bool: ...

    def carry(self, mail: Outgoing, may_go: MayGo, next_mail: Callable[[], Outgoing | None]) -> Steps[Outcome]: ...

    def close(self) -> Steps[None]: ...

    def drop(self) -> None: ...


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


@dataclass(slots=True, eq=False)
class Lane:
    """A connection with the mail that it carries, the one that it carries next, and what it waits for."""

    carrier: Carrier
    spare: bool
    rest: Rest = field(default_factory=Rest)
    job: Job | None = None
    following: Job | None = None
    steps: Steps[Outcome] | Steps[None] | None = None
    wait: Wait | None = None


class Lanes:
    """One queue before all connections; and a spare one for when all the others are stuck."""

    def __init__(self, make: Callable[[], Carrier], count: int) -> None:
        self._usual = count
        self._lanes = [Lane(make(), spare=place == count) for place in range(count + 1)]
        self._queue: deque[Job] = deque()
        self._server = Rest()
        self._closing = False

    @property
    def under_way(self) -> bool:
        """Tell whether mails have not ended, or connections are being closed."""
        return bool(self._queue) or any(lane.steps is not None for lane in self._lanes)

    @property
    def connected(self) -> bool:
        """Tell whether any connection is held."""
        return any(lane.carrier.connected for lane in self._lanes)

    def waits(self) -> list[Wait]:
        """Give what the lanes wait for."""
        return [lane.wait for lane in self._lanes if lane.wait is not None]

    def room(self, usual: int) -> int:
        """Give how many mails may come now."""
        busy = sum((lane.job is not None) + (lane.following is not None) for lane in self._lanes)
        return self._server.room(time.monotonic(), usual, len(self._queue) + busy)

    def take(self, mails: Sequence[Outgoing], may_go: MayGo, ended: Ended) -> None:
        """Take mails in this order, and begin."""
        now = time.monotonic()
        self._queue.extend(Job(mail, may_go, ended, now) for mail in mails)
        self.go_on(())

    def close(self) -> None:
        """Start nothing more, and close each connection once it is free."""
        self._closing = True
        left, self._queue = list(self._queue), deque()
        for lane in self._lanes:
            if lane.following is not None:
                left.append(lane.following)
                lane.following = None
        for job in left:
            job.ended(job.mail.mail_id, RESTING)
        self.go_on(())

    def go_on(self, ready: Container[int]) -> None:
        """Take the lanes forward for whose files something has come, or whose time is over; then begin what may."""
        now = time.monotonic()
        for lane in self._lanes:
            if lane.wait is not None and (lane.wait.file in ready or now >= lane.wait.until):
                self._step(lane)
        self._take_back(now)
        self._give_back(now)
        for lane in self._lanes:
            while lane.steps is None and (job := self._next(lane, now)):
                self._start(lane, job)
            if lane.steps is None and (lane.carrier.outlived or (self._closing and lane.carrier.connected)):
                lane.steps = lane.carrier.close()
                self._step(lane)
        self._give_back(now)

    def _start(self, lane: Lane, job: Job) -> None:
        lane.job = job
        job.since = time.monotonic()
        lane.steps = lane.carrier.carry(job.mail, job.may_go, lambda: self._following(lane))
        self._step(lane)

    def _step(self, lane: Lane) -> None:
        assert lane.steps is not None
        try:
            lane.wait = next(lane.steps)
        except StopIteration as end:
            self._ended(lane, end.value)
        except Exception as fault:  # nothing may end a lane; what is not known counts as passed
            log.exception("lane_failed", lane=self._lanes.index(lane))
            lane.carrier.drop()
            self._ended(lane, without_reply(Phase.REPLY, f"sending failed ({type(fault).__name__})"))

    def _ended(self, lane: Lane, outcome: Outcome | None) -> None:
        """Free a lane: its mail has an outcome, or its connection was closed."""
        job, lane.job, lane.steps, lane.wait = lane.job, None, None, None
        if job is None or outcome is None:
            return
        if self._judge(lane, outcome):
            self._queue.appendleft(job)
        else:
            job.ended(job.mail.mail_id, outcome)

    def _judge(self, lane: Lane, outcome: Outcome) -> bool:
        """Learn from an outcome; tell whether another connection should carry the mail instead.

        A server that refuses one more connection while others work has a limit, and this lane rests alone.
        """
        now = time.monotonic()
        if isinstance(outcome, Deferred) and outcome.server_away:
            others = [one for one in self._lanes if one is not lane]
            at_work = any(one.carrier.connected or one.job for one in others)  # a busy one may be connecting
            if at_work and not self._server.failures:
                lane.rest.failed(now)
                return not self._closing
            self._server.failed(now)
            log.warning("mail_server_away", failures=self._server.failures, reply=outcome.reply)
        elif not isinstance(outcome, NotStarted):
            lane.rest.succeeded()
            self._server.succeeded()
        return False

    def _next(self, lane: Lane, now: float) -> Job | None:
        """Give the lane's next job: the one that was said to follow, else the first that may go."""
        job, lane.following = lane.following, None
        if job is None and now >= lane.rest.until and not self._rests(now):
            job = self._pick(lane, now)
        return job

    def _pick(self, lane: Lane, now: float) -> Job | None:
        """Give the first job that has nothing to do with a slow one, else any; the spare lane waits until all stick."""
        if not self._queue:
            return None
        slow = self._slow(now)
        if lane.spare and len(slow) < self._usual:
            return None
        job = next((job for job in self._queue if not any(job.shares(other) for other in slow)), None)
        if job is None and not lane.spare:
            job = self._queue[0]
        if job is not None:
            self._queue.remove(job)
        return job

    def _following(self, lane: Lane) -> Outgoing | None:
        """Let a lane say which mail it carries next, if there are more than the free lanes will take."""
        free = sum(one.job is None for one in self._lanes if not one.spare)
        now = time.monotonic()
        if lane.spare or len(self._queue) <= free or self._rests(now) or self._slow(now):
            return None
        if not self._queue[0].may_go():
            return None
        lane.following = self._queue.popleft()
        return lane.following.mail

    def _rests(self, now: float) -> bool:
        return self._server.failures > 0 and now < self._server.until

    def _slow(self, now: float) -> list[Job]:
        return [lane.job for lane in self._lanes if lane.job is not None and now - lane.job.since > SLOW_SECONDS]

    def _take_back(self, now: float) -> None:
        """Let other lanes have the mails that would follow a slow one: nothing but their envelopes was said."""
        for lane in self._lanes:
            if lane.following is not None and lane.job is not None and now - lane.job.since > SLOW_SECONDS:
                self._queue.appendleft(lane.following)
                lane.following = None

    def _give_back(self, now: float) -> None:
        """End mails untried that are not to wait any longer."""
        if not self._queue:
            return
        if self._rests(time.monotonic()):
            back = list(self._queue)
        else:
            slow = self._slow(now)
            back = [
                job
                for job in self._queue
                if now - job.since > WAITS_BEHIND_SLOW_SECONDS and any(job.shares(other) for other in slow)
            ]
        if back:
            self._queue = deque(job for job in self._queue if job not in back)
        for job in back:
            job.ended(job.mail.mail_id, CROWDED if not self._server.failures else RESTING)
