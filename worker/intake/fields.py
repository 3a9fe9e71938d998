"""The kinds of field that events are made of, each with a refusal that says what is allowed."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, Final
from zoneinfo import available_timezones

import holidays
from babel import Locale
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from schedules.quantities import LARGEST_QUANTITY, PLACES, QuantityError, plain, quantity
from worker.intake.addresses import is_address

EARLIEST_YEAR: Final = 2000
LATEST_YEAR: Final = 2100
MOST_DIGITS: Final = 28
"""What the decimal context keeps exactly; more digits would be rounded before they could be refused."""


class RefusedError(ValueError):
    """A value that is not allowed; carries what is."""

    def __init__(self, allowed: str, found: str | None = None) -> None:
        super().__init__(allowed)
        self.allowed = allowed
        self.found = found


class Part(BaseModel):
    """Any object inside an event: nothing unknown, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)


# One spelling for three readers: Rust's regex checks it at the door, ECMA 262 and Python's re in the exported schemas.
_CONTROLS: Final = r"\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069"
CLEAN: Final = rf"^[^{_CONTROLS}]*$"
FILLED: Final = rf"^[^{_CONTROLS}]*[^\s{_CONTROLS}][^{_CONTROLS}]*$"
SLUG: Final = r"^[a-z0-9][a-z0-9-]{0,62}$"
LOCALE: Final = r"^[a-z]{2,3}([_-][A-Z][a-z]{3})?([_-]([A-Z]{2}|[0-9]{3}))?$"
IN_WORDS: Final = {
    CLEAN: "text without control characters or line breaks",
    FILLED: "text that is not blank, without control characters or line breaks",
    SLUG: "1 to 63 lower-case letters, digits and hyphens, a letter or digit first",
    LOCALE: "a locale such as en or de-DE",
}
"""What a refusal says instead of a pattern."""

NUMBER_TEXT: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")
NUMBER_WANTED: Final = "a number, or a decimal string such as 40 or 2.5"
DAY_TEXT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MOMENT_TEXT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt]([01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)


def _quantity(value: Any) -> Decimal:
    """Read a quantity; what could not be read exactly is refused before anybody computes with it."""
    if type(value) is int and 0 <= value <= LARGEST_QUANTITY:
        return Decimal(value)
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise RefusedError(NUMBER_WANTED)
    if isinstance(value, str) and not NUMBER_TEXT.fullmatch(value):
        raise RefusedError(NUMBER_WANTED)
    value = Decimal(repr(value) if isinstance(value, float) else value)
    if value.is_finite():
        _check_size(value)
    try:
        return quantity(value)
    except QuantityError as refusal:
        found, _, allowed = str(refusal).partition("; allowed: ")
        raise RefusedError(allowed, found.removeprefix("found ")) from None


def _check_size(number: Decimal) -> None:
    """Refuse a number whose size alone rules it out, as `1e999999999` would cost gigabytes to write."""
    if number and number.adjusted() > MOST_DIGITS:
        raise RefusedError(f"0 to {plain(LARGEST_QUANTITY)}")
    if number.adjusted() < -MOST_DIGITS or len(number.as_tuple().digits) > MOST_DIGITS:
        raise RefusedError(f"at most {PLACES} decimal places")


def _some(number: Decimal) -> Decimal:
    if not number:
        raise RefusedError("more than 0")
    return number


def _day(value: Any) -> date:
    if not isinstance(value, str) or not DAY_TEXT.fullmatch(value):
        raise RefusedError("an ISO day such as 2026-05-20")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise RefusedError("a day that exists, such as 2026-05-20") from None
    if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
        raise RefusedError(f"a day from {EARLIEST_YEAR} to {LATEST_YEAR}")
    return day


def moment(value: Any) -> datetime:
    """Read an RFC 3339 moment with offset, in UTC."""
    if not isinstance(value, str) or not MOMENT_TEXT.fullmatch(value):
        raise RefusedError("a moment such as 2026-05-20T09:00:00+02:00")
    try:
        found = datetime.fromisoformat(value.upper())
    except ValueError:
        raise RefusedError("a moment that exists, such as 2026-05-20T09:00:00+02:00") from None
    if found.tzinfo is None:
        raise RefusedError("a moment with its offset, such as 2026-05-20T09:00:00+02:00")
    if not EARLIEST_YEAR <= found.year <= LATEST_YEAR:
        raise RefusedError(f"a moment from {EARLIEST_YEAR} to {LATEST_YEAR}")
    return found.astimezone(UTC)


def _day_or_moment(value: Any) -> date | datetime:
    if isinstance(value, str) and "T" in value.upper():
        return moment(value)
    if isinstance(value, str) and DAY_TEXT.fullmatch(value):
        return _day(value)
    raise RefusedError("a day such as 2026-05-20 or a moment such as 2026-05-20T10:00:00+02:00")


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones() - {"Factory", "localtime", "posixrules"})


def _zone(value: str) -> str:
    if value not in _zones():
        raise RefusedError("the IANA name of a zone that exists, such as Europe/Berlin")
    return value


@lru_cache(maxsize=1)
def _countries() -> frozenset[str]:
    """ISO 3166 codes, with a holiday table or without; the locale data's codes for parts of countries are none."""
    known = {str(code) for code in Locale("en").territories if re.fullmatch(r"[A-Z]{2}", str(code))}
    no_countries = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"}
    return frozenset((known - no_countries) | _regions().keys())


def _country(value: str) -> str:
    if value not in _countries():
        raise RefusedError("an ISO 3166 country code in capitals, such as DE")
    return value


@lru_cache(maxsize=1)
def _regions() -> dict[str, frozenset[str]]:
    return {country: frozenset(regions) for country, regions in holidays.list_supported_countries().items()}


def check_region(country: str | None, region: str | None) -> None:
    """Refuse a region without its country, and one that the country's holiday table does not know."""
    if region is None:
        return
    if country is None:
        raise RefusedError("a region together with its `country`")
    known = _regions().get(country, frozenset())
    if known and region not in known:
        raise RefusedError(f"a region of {country}: {', '.join(sorted(known))}; or none")


def _email(value: str) -> str:
    if not is_address(value):
        raise RefusedError("an email address such as orders@example.com")
    return value


def _url_or_email(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#@\"'<>\\]+[^\s\"'<>\\]*", value) and not is_address(value):
        raise RefusedError("a web address such as https://example.com/help, or an email address")
    return value


_QUANTITY_TEXT_SCHEMA: Final = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]{1,3}0*)?$"}
_QUANTITY_SCHEMA: Final = {
    "oneOf": [{"type": "number", "minimum": 0, "maximum": int(LARGEST_QUANTITY)}, _QUANTITY_TEXT_SCHEMA],
}
_SOME_UNITS_SCHEMA: Final = {
    "oneOf": [{"type": "number", "exclusiveMinimum": 0, "maximum": int(LARGEST_QUANTITY)}, _QUANTITY_TEXT_SCHEMA],
}
_DAY_SCHEMA: Final = {"type": "string", "format": "date", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
_MOMENT_PATTERN: Final = f"^{MOMENT_TEXT.pattern.removesuffix('?')}$"
_MOMENT_SCHEMA: Final = {"type": "string", "format": "date-time", "pattern": _MOMENT_PATTERN}
_EMAIL_SCHEMA: Final = {"type": "string", "format": "email", "maxLength": 254}

Quantity = Annotated[Decimal, BeforeValidator(_quantity), WithJsonSchema(_QUANTITY_SCHEMA)]
SomeUnits = Annotated[Decimal, BeforeValidator(_quantity), AfterValidator(_some), WithJsonSchema(_SOME_UNITS_SCHEMA)]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema(_DAY_SCHEMA)]
Moment = Annotated[datetime, BeforeValidator(moment), WithJsonSchema(_MOMENT_SCHEMA)]
DayOrMoment = Annotated[Any, BeforeValidator(_day_or_moment), WithJsonSchema({"oneOf": [_DAY_SCHEMA, _MOMENT_SCHEMA]})]
Zone = Annotated[str, Field(max_length=64), AfterValidator(_zone)]
Country = Annotated[str, Field(max_length=2), AfterValidator(_country)]
Email = Annotated[str, Field(max_length=254), AfterValidator(_email), WithJsonSchema(_EMAIL_SCHEMA)]
UrlOrEmail = Annotated[str, Field(max_length=2000), AfterValidator(_url_or_email)]
Slug = Annotated[str, Field(pattern=SLUG)]
Code = Annotated[str, Field(max_length=100, pattern=FILLED)]
Identity = Annotated[str, Field(max_length=200, pattern=FILLED)]
Name = Annotated[str, Field(max_length=200, pattern=CLEAN)]
FilledName = Annotated[str, Field(max_length=200, pattern=FILLED)]
Product = Annotated[str, Field(max_length=300, pattern=CLEAN)]
FreeText = Annotated[str, Field(max_length=2000, pattern=CLEAN)]
Region = Annotated[str, Field(max_length=32, pattern=FILLED)]
LocaleName = Annotated[str, Field(pattern=LOCALE)]
