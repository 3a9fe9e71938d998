"""When people hear that a source has gone quiet: once, and before checkpoints depend on it (R7, R13)."""

from datetime import datetime, timedelta


def stale_at(fresh_at: datetime, stale_after: timedelta) -> datetime:
    """Give the moment from which a source counts as stale."""
    return fresh_at + stale_after


def told_at(
    fresh_at: datetime, stale_after: timedelta, failing_since: datetime | None, needed_at: datetime | None
) -> datetime:
    """Give the moment to tell people: when it is stale; sooner if it fails and a checkpoint needs it before.

    `needed_at` is when the next reminder before a checkpoint would fall due: by then people must know.
    """
    usual = stale_at(fresh_at, stale_after)
    if failing_since is None or needed_at is None or needed_at >= usual:
        return usual
    return max(failing_since, needed_at)
