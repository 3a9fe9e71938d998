"""The mails that one process has in its hands: under way, and ended but not yet settled. Never more than a group."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from worker.delivery.transport import Transport
from worker.updates.outcomes import Outcome
from worker.usecases.claimed import Claimed
from worker.usecases.lease import Lease
from worker.usecases.parts import nothing

GROUP: Final = 20
"""At most so many mails of a process are in flight or unsettled: what a death can double (R44)."""
SETTLES_AT: Final = GROUP // 2
SETTLES_AFTER_SECONDS: Final = 0.2
LINGERS_SECONDS: Final = 0.003
"""A quick server ends a group sooner than half of it can be settled: so the other half is waited for, a moment."""
A_FEW: Final = 5
SLOW_SECONDS: Final = 0.001
"""Where mails end less often than this, a few are settled at once: the others keep the server busy meanwhile."""
QUICK_GROUP_SECONDS: Final = 0.02
"""What a group takes at a server that needs 4 ms a mail, on four connections."""
OF_ANOTHER_GROUP_SECONDS: Final = 0.1
"""After so long a pause an end says nothing of the server's pace."""
WAITS_SECONDS: Final = 0.5


class Flight:
    """Mails of one process between claim and settlement."""

    def __init__(self, attend: Callable[[float], bool]) -> None:
        """`attend` takes mails under way forward for at most so many seconds; False if it has none."""
        self._attend = attend
        self._going: dict[int, Claimed] = {}
        self._ended: dict[int, tuple[Claimed, Outcome]] = {}
        self._failures: Counter[int] = Counter()
        self._first_ended_at: float | None = None
        self._half_ended_at = 0.0
        self._last_ended_at = 0.0
        self._pace = 0.0
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        """Entered by the lock: entering the condition itself runs Python, for each mail."""

    def __len__(self) -> int:
        with self._lock:
            return len(self._going) + len(self._ended)

    @property
    def under_way(self) -> bool:
        """Tell whether mails have not ended."""
        with self._lock:
            return bool(self._going)

    @property
    def known(self) -> list[int]:
        """Give the mails in this process's hands."""
        with self._lock:
            return [*self._going, *self._ended]

    def add(self, claimed: Iterable[Claimed]) -> None:
        """Take claimed mails in."""
        with self._lock:
            self._going |= {one.row.id: one for one in claimed}

    def ended(self, mail_id: int, outcome: Outcome) -> None:
        """Note how a mail ended; called by whatever carried it."""
        with self._lock:
            one = self._going.pop(mail_id)
            self._ended[mail_id] = (one, outcome)
            now = time.monotonic()
            self._first_ended_at = self._first_ended_at or now
            self._note_pace(now)
            if len(self._ended) == SETTLES_AT:
                self._half_ended_at = now
            if len(self._ended) in {A_FEW, SETTLES_AT} or not self._going:
                self._changed.notify_all()

    def _note_pace(self, now: float) -> None:
        gap, self._last_ended_at = now - self._last_ended_at, now
        if gap < OF_ANOTHER_GROUP_SECONDS:
            self._pace += (gap - self._pace) / A_FEW

    def to_settle(self) -> list[tuple[Claimed, Outcome]]:
        """Give what has ended; it stays until `settled` says that it is written."""
        with self._lock:
            return list(self._ended.values())

    def settled(self, ended: Iterable[tuple[Claimed, Outcome]]) -> None:
        """Forget mails whose end is written."""
        with self._lock:
            for one, _ in ended:
                self._ended.pop(one.row.id, None)
                self._failures.pop(one.row.id, None)
            self._first_ended_at = self._half_ended_at = time.monotonic()
            if not self._ended:
                self._first_ended_at = None

    def failed(self, mail_id: int) -> int:
        """Count that a mail's end could not be written; give how often by now."""
        with self._lock:
            self._failures[mail_id] += 1
            return self._failures[mail_id]

    def wait(self, seconds: float = WAITS_SECONDS) -> None:
        """Wait until everything has ended; a few of a slow server's, half a group and a moment, or 200 ms do."""
        give_up = time.monotonic() + seconds
        while True:
            with self._lock:
                left = self._until(give_up) - time.monotonic() if self._going else 0.0
            if left <= 0:
                return
            self._go_on(min(left, SETTLES_AFTER_SECONDS))

    def _go_on(self, seconds: float) -> None:
        """Let mails go on for a while, or until something has happened."""
        if self._attend(seconds):
            return
        with self._lock:
            if self._going:
                self._changed.wait(seconds)

    def _until(self, give_up: float) -> float:
        if len(self._ended) >= A_FEW and self._pace > SLOW_SECONDS:
            return 0.0
        if len(self._ended) >= SETTLES_AT:
            return self._half_ended_at + LINGERS_SECONDS
        return give_up if self._first_ended_at is None else min(give_up, self._first_ended_at + SETTLES_AFTER_SECONDS)

    def wait_for_group(self, seconds: float = WAITS_SECONDS) -> None:
        """Wait for the whole group, which a usual server ends in a moment; then as `wait` does."""
        self.wait_for_all(QUICK_GROUP_SECONDS)
        self.wait(seconds)

    def wait_for_all(self, seconds: float) -> None:
        """Wait until nothing is under way, or for this long."""
        end = time.monotonic() + seconds
        while self._going and (left := end - time.monotonic()) > 0:
            self._go_on(left)


@dataclass(slots=True)
class Sender:
    """One process's hand on the mails: its number, its way out, its lease, and what is in flight."""

    instance: int
    transport: Transport
    after_claim: Callable[[], None] = nothing
    after_transport: Callable[[], None] = nothing
    lease: Lease = field(default_factory=Lease)
    flight: Flight = field(init=False)
    turn: threading.Lock = field(default_factory=threading.Lock)
    last_seller: int = 0
    """Where the fair round over sellers goes on."""

    def __post_init__(self) -> None:
        self.flight = Flight(self.transport.attend)

    def leave(self) -> None:
        """Let what is under way go on by itself, while this thread waits for something else."""
        if self.flight.under_way:
            self.transport.leave()
