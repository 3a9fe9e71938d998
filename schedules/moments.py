"""Moments are aware UTC datetimes; a zone turns a day and a clock time into one (R16)."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

FAR_FUTURE: Final = datetime(9999, 1, 1, tzinfo=UTC)


def aware(moment: datetime) -> datetime:
    """Return the moment in UTC; a naive one is a fault of the caller and is refused at birth."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no zone; moments are aware")
    return moment.astimezone(UTC)


@lru_cache(maxsize=1024)
def zone_named(name: str) -> ZoneInfo:
    """Look a zone up by its IANA name; ZoneInfoNotFoundError or ValueError if there is none."""
    return ZoneInfo(name)


@lru_cache(maxsize=65536)
def at_clock(day: date, clock: time, zone: str) -> datetime:
    """Give the moment at which `zone` shows `clock` on `day`.

    A clock time that the day skips moves forward over the gap; one that it shows twice means the first (R16).
    """
    local = datetime.combine(day, clock, tzinfo=zone_named(zone))
    moment = local.astimezone(UTC)
    shown = moment.astimezone(zone_named(zone)).replace(tzinfo=None)
    if shown == local.replace(tzinfo=None):
        return moment
    return _end_of_gap(moment, zone)


def hour_of(moment: datetime) -> datetime:
    """Give the beginning of the hour in which the moment lies."""
    return moment.replace(minute=0, second=0, microsecond=0)


@lru_cache(maxsize=4096)
def local_day(moment: datetime, zone: str) -> date:
    """Give the calendar day that `zone` shows at the moment."""
    return moment.astimezone(zone_named(zone)).date()


def clock_of(moment: datetime, zone: str) -> time:
    """Give the clock time that `zone` shows at the moment."""
    return moment.astimezone(zone_named(zone)).time()


def _end_of_gap(moment: datetime, zone: str) -> datetime:
    """Find the transition next to a skipped clock time, by halving, to the second."""
    tz = zone_named(zone)
    low, high = moment - timedelta(hours=26), moment + timedelta(hours=26)
    before = low.astimezone(tz).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(tz).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)
