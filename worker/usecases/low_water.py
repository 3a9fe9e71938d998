"""From which moment on a process looks for alarms: below its low-water mark nothing rings, as far as it knows.

Alarms that were dealt with leave dead entries in the index, which nobody may clean up while some session (a backup, a
report) holds an old snapshot; each look from the beginning would pass over all of them. So a process looks from where
it last found nothing. What is written late or further back is found by a look from the beginning, twice a minute.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from worker.storage.planning import BEGINNING

WRITTEN_LATE: Final = timedelta(minutes=1)
"""A transaction writes the moment of its beginning; few take longer than this to commit."""
FROM_THE_BEGINNING: Final = timedelta(seconds=30)


@dataclass(slots=True)
class LowWater:
    """The mark of one process, moved by what its looks find."""

    _nothing_at: datetime | None = None
    _whole_at: datetime | None = None

    def since(self, now: datetime) -> datetime:
        """Give the moment from which to look at `now`; the beginning too, should the clock have leapt back."""
        if self._nothing_at is None or self._whole_at is None:
            return BEGINNING
        if not self._whole_at <= now < self._whole_at + FROM_THE_BEGINNING or now < self._nothing_at:
            return BEGINNING
        return self._nothing_at - WRITTEN_LATE

    def looked(self, since: datetime, now: datetime, *, found: bool) -> None:
        """Note what a look from `since` to `now` found."""
        if since == BEGINNING:
            self._whole_at = now
        if not found:
            self._nothing_at = now


class NoMark(LowWater):
    """For clocks that jump: every look is from the beginning."""

    def since(self, now: datetime) -> datetime:  # noqa: ARG002 - whatever the time is
        """Give the beginning."""
        return BEGINNING
