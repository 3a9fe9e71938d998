"""Moments for mails that an outage has piled up: in their order, so many a second and no more."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, text

PER_SECOND: Final = 50

TAKE = text(
    "insert into pace (name, free_at) values ('late', cast(:now as timestamptz) + cast(:length as interval))"
    " on conflict (name) do update set free_at = greatest(pace.free_at, :now) + cast(:length as interval)"
    " returning free_at"
)


def slots(connection: Connection, count: int, now: datetime) -> list[datetime]:
    """Take the next moments, 50 for each second (microseconds keep their order), behind those taken before."""
    if not count:
        return []
    length = timedelta(seconds=count / PER_SECOND)
    start: datetime = connection.execute(TAKE, {"now": now, "length": length}).scalar_one() - length
    return [
        start + timedelta(seconds=number // PER_SECOND, microseconds=number % PER_SECOND) for number in range(count)
    ]
