"""How sure a process may be of its claims, and of the silence of others; no question to the database on the way out.

Claims are taken from a process whose heartbeat has been silent for 30 seconds. So a process trusts its claims for 20
seconds after a heartbeat that it knows was written, and after a longer gap (a freeze, a database that was away) it
trusts none of the claims it made before.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

HEARTBEAT: Final = timedelta(seconds=5)
SILENT: Final = timedelta(seconds=30)
SURE_SECONDS: Final = 20.0
STEADY_AFTER_SECONDS: Final = 8.0
STEP_AT_MOST_SECONDS: Final = 10.0


@dataclass(slots=True)
class Lease:
    """The steady-clock moment of the last heartbeat; None where nobody beats and nobody takes claims away."""

    beat_at: float | None = None
    epoch: int = 0

    def beaten(self, began: float) -> None:
        """Note a heartbeat that was written; `began` is the moment before it was sent."""
        if self.beat_at is not None and began - self.beat_at > SURE_SECONDS:
            self.epoch += 1
        self.beat_at = began

    def hold(self) -> Callable[[], bool]:
        """Give a check for claims made now: whether they are still surely ours."""
        epoch = self.epoch
        return lambda: self._sure(epoch)

    def _sure(self, epoch: int) -> bool:
        beat_at = self.beat_at
        return self.epoch == epoch and (beat_at is None or time.monotonic() - beat_at < SURE_SECONDS)


@dataclass(slots=True)
class Watch:
    """Whether this process has seen the database's clock run steadily for long enough to call others silent.

    After an outage of the database, or a leap of its clock, every heartbeat looks old for a moment; the living ones
    get that moment to beat again.
    """

    last: tuple[float, datetime] | None = None
    steady_since: float | None = None

    def beaten(self, began: float, now: datetime) -> None:
        """Note a heartbeat by both clocks: the steady one of this machine and the database's."""
        if self.last is None or not self._followed(began, now):
            self.steady_since = began
        self.last = (began, now)

    def _followed(self, began: float, now: datetime) -> bool:
        if self.last is None:
            return False
        here, there = began - self.last[0], (now - self.last[1]).total_seconds()
        return all(0 <= step <= STEP_AT_MOST_SECONDS for step in (here, there))

    @property
    def steady(self) -> bool:
        since = self.steady_since
        return since is not None and time.monotonic() - since >= STEADY_AFTER_SECONDS
