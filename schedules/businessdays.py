"""Business days and business hours, on plain sets of days off (R15, R16, R24)."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

from schedules.moments import at_clock, local_day

ONE_DAY: Final = timedelta(days=1)
LONGEST_RUN_OF_DAYS_OFF: Final = 400


class NoBusinessDayError(ValueError):
    """A calendar whose every day is off for more than a year: somebody entered it wrongly."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The business days of one side: a week's days off (0 is Monday) and single days off."""

    weekend: frozenset[int] = frozenset({5, 6})
    days_off: frozenset[date] = frozenset()

    def is_business_day(self, day: date) -> bool:
        return day.weekday() not in self.weekend and day not in self.days_off

    def on_or_after(self, day: date) -> date:
        """Give the day itself if it is a business day, else the next one."""
        for _ in range(LONGEST_RUN_OF_DAYS_OFF):
            if self.is_business_day(day):
                return day
            day += ONE_DAY
        raise NoBusinessDayError(f"no business day within {LONGEST_RUN_OF_DAYS_OFF} days before {day}")

    def on_or_before(self, day: date) -> date:
        """Give the day itself if it is a business day, else the one before."""
        for _ in range(LONGEST_RUN_OF_DAYS_OFF):
            if self.is_business_day(day):
                return day
            day -= ONE_DAY
        raise NoBusinessDayError(f"no business day within {LONGEST_RUN_OF_DAYS_OFF} days after {day}")

    def plus(self, day: date, count: int) -> date:
        """Go `count` business days on from `day` (back, if negative); 0 gives the day itself or the next."""
        return _plus(self, day, count)

    def between(self, first: date, last: date) -> int:
        """Count the business days after `first` up to and with `last`; negative when `last` lies before."""
        return -_between(self, last, first) if last < first else _between(self, first, last)


@lru_cache(maxsize=65_536)
def _plus(calendar: Calendar, day: date, count: int) -> date:
    """Orders of one moment ask for the same few days over and over."""
    if count == 0:
        return calendar.on_or_after(day)
    step = ONE_DAY if count > 0 else -ONE_DAY
    seek = calendar.on_or_after if count > 0 else calendar.on_or_before
    for _ in range(abs(count)):
        day = seek(day + step)
    return day


@lru_cache(maxsize=65_536)
def _between(calendar: Calendar, first: date, last: date) -> int:
    weeks, rest = divmod((last - first).days, 7)
    rest_of_days = (first + timedelta(days=weeks * 7 + offset) for offset in range(1, rest + 1))
    count = weeks * (7 - len(calendar.weekend))
    count += sum(1 for day in rest_of_days if day.weekday() not in calendar.weekend)
    off = (day for day in calendar.days_off if first < day <= last)
    return count - sum(1 for day in off if day.weekday() not in calendar.weekend)


def common(one: Calendar, other: Calendar) -> Calendar:
    """Give the calendar of the days on which both sides work (R15)."""
    return Calendar(weekend=one.weekend | other.weekend, days_off=one.days_off | other.days_off)


@dataclass(frozen=True, slots=True)
class Hours:
    """Clock hours of one side's business days, from `opens` to before `closes`, in `zone`."""

    zone: str
    calendar: Calendar
    opens: time
    closes: time

    def opening(self, day: date) -> datetime:
        return at_clock(day, self.opens, self.zone)

    def closing(self, day: date) -> datetime:
        return at_clock(day, self.closes, self.zone)

    def contains(self, moment: datetime) -> bool:
        day = local_day(moment, self.zone)
        return self.calendar.is_business_day(day) and self.opening(day) <= moment < self.closing(day)

    def on_or_after(self, moment: datetime) -> datetime:
        """Give the moment itself if it lies within the hours, else the next opening."""
        return _on_or_after(self, moment)

    def closing_after(self, moment: datetime) -> datetime:
        """Give the end of the hours that run at the moment, or that open next."""
        return self.closing(local_day(self.on_or_after(moment), self.zone))

    def plus(self, moment: datetime, span: timedelta) -> datetime:
        """Go `span` of business time on from the moment (R10)."""
        moment = self.on_or_after(moment)
        while True:
            left = self.closing_after(moment) - moment
            if span <= left:
                return moment + span
            span -= left
            moment = self.on_or_after(self.closing_after(moment))

    def minus(self, moment: datetime, span: timedelta) -> datetime:
        """Go `span` of business time back from the moment."""
        while True:
            start = self._last_opening(moment)
            end = min(moment, self.closing(local_day(start, self.zone)))
            if span <= end - start:
                return end - span
            span -= end - start
            moment = start

    def last_hour_before(self, moment: datetime) -> datetime:
        """Give the start of the last whole hour of these hours before the moment (R10's "working hour before")."""
        return self.minus(moment, timedelta(hours=1))

    def _last_opening(self, moment: datetime) -> datetime:
        day = local_day(moment, self.zone)
        if self.calendar.is_business_day(day) and self.opening(day) < moment:
            return self.opening(day)
        return self.opening(self.calendar.plus(day, -1))


@lru_cache(maxsize=65_536)
def _on_or_after(hours: Hours, moment: datetime) -> datetime:
    """Orders of one moment ask for it over and over."""
    if hours.contains(moment):
        return moment
    day = local_day(moment, hours.zone)
    if hours.calendar.is_business_day(day) and moment < hours.opening(day):
        return hours.opening(day)
    return hours.opening(hours.calendar.plus(day, 1))
