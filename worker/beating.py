"""Beat that sleeps until something is due."""

from celery.beat import Scheduler


class SleepingScheduler(Scheduler):  # type: ignore[misc] # Celery has no types
    """Celery's scheduler, which wakes ten milliseconds early and then asks over and over until the moment has come.

    With some ticks a second that kept 2 % of a core busy, a fifth of it with something to send.
    """

    def adjust(self, n: float | None, drift: float = 0.0) -> float | None:
        """Give the seconds until a moment as they are; Celery's own takes ten milliseconds away."""
        seconds: float | None = super().adjust(n, drift)
        return seconds
