"""Values as a reader of one locale and zone sees them, for text and HTML alike (R35)."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time
from babel.lists import format_list
from babel.numbers import format_decimal

from schedules.events import Checkpoint, Person
from schedules.kinds import PromisedAs
from schedules.moments import local_day, zone_named
from worker.updates.statement import ChangeStatement, CheckpointStatement, LineStatement, OrderSection

SPOKEN: Final = frozenset({"en"})
"""Languages that have words of their own here; every other locale reads British English."""


def spoken(locale: str) -> str:
    """Give the locale an update is written in."""
    return locale.replace("-", "_") if locale[:2] in SPOKEN and _known(locale.replace("-", "_")) else "en_GB"


@lru_cache(maxsize=256)
def _known(locale: str) -> bool:
    try:
        Locale.parse(locale)
    except (ValueError, LookupError):
        return False
    return True


class Formatter:
    """Formats for one reader; made once per locale and zone and kept."""

    def __init__(self, locale: str, zone: str) -> None:
        self.locale = "en_GB" if spoken(locale) == "en" else spoken(locale)
        self.zone = zone

    def number(self, value: Decimal) -> str:
        return _number(value, self.locale)

    def units(self, value: Decimal, unit: str = "") -> str:
        """Give `40 units`, `1 unit`, `2.5 kg`."""
        return f"{self.number(value)} {unit or ('unit' if value == 1 else 'units')}"

    def day(self, value: Checkpoint) -> str:
        """Give `Wednesday 3 June 2026`; a moment gives its local day."""
        day = local_day(value, self.zone) if isinstance(value, datetime) else value
        return _day(day, self.locale)

    def short_day(self, value: date) -> str:
        return _short_day(value, self.locale)

    def moment(self, value: datetime) -> str:
        """Give `Wednesday 3 June 2026, 10:00 (Europe/Berlin, CEST)`."""
        return f"{self.day(value)}, {self.clock(value)} {self.zone_of(value)}"

    def clock(self, value: datetime) -> str:
        return _clock(value.astimezone(UTC), self.zone, self.locale)

    def zone_of(self, value: datetime) -> str:
        """Give the zone's name and its short name at that moment, if that is a word."""
        short = value.astimezone(zone_named(self.zone)).tzname() or ""
        return f"({self.zone}, {short})" if short.isalpha() and short != self.zone else f"({self.zone})"

    def deadline(self, value: Checkpoint) -> str:
        return self.moment(value) if isinstance(value, datetime) else self.day(value)

    def checkpoint(self, value: CheckpointStatement) -> str:
        """Give the moment, or for a promised day the day and the hours in which the mail comes."""
        if value.promised_as is PromisedAs.MOMENT:
            return self.moment(value.due_at)
        return f"{self.day(value.due_at)}, between {self.clock(value.due_at)} and 18:00 {self.zone_of(value.due_at)}"

    def listing(self, values: Iterable[str]) -> str:
        """Give `one, two or three`."""
        return format_list(list(values), style="or", locale=self.locale)

    def both(self, values: Iterable[str]) -> str:
        """Give `one, two and three`."""
        return format_list(list(values), locale=self.locale)

    def item(self, line: LineStatement | ChangeStatement) -> str:
        """Give the product and its SKU."""
        if not line.product or line.product == line.sku:
            return line.sku
        return f"{line.product} ({line.sku})"

    def name(self, line: LineStatement | ChangeStatement) -> str:
        return line.product or line.sku

    def person(self, person: Person) -> str:
        return f"{person.name} <{person.email}>" if person.name else person.email

    def order(self, section: OrderSection) -> str:
        """Give `order B-1042 (your PO 4500017733)`."""
        return f"order {section.order}" + (f" (your PO {section.po})" if section.po else "")


@lru_cache(maxsize=4_096)
def formatter(locale: str, zone: str) -> Formatter:
    """Give the formatter of a locale and zone; an unknown zone is read as UTC."""
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        zone = "UTC"
    return Formatter(locale, zone)


@lru_cache(maxsize=100_000)
def _number(value: Decimal, locale: str) -> str:
    return format_decimal(value, locale=locale, format="#,##0.###")


@lru_cache(maxsize=100_000)
def _day(value: date, locale: str) -> str:
    return format_date(value, format="EEEE d MMMM y", locale=locale)


@lru_cache(maxsize=100_000)
def _short_day(value: date, locale: str) -> str:
    return format_date(value, format="d MMM y", locale=locale)


@lru_cache(maxsize=100_000)
def _clock(value: datetime, zone: str, locale: str) -> str:
    return format_time(value, format="HH:mm", tzinfo=ZoneInfo(zone), locale=locale)
