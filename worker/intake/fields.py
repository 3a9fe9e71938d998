"""The kinds of field that events are made of, each with a refusal that says what is allowed."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays
from babel import Locale
from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from schedules.quantities import QuantityError, quantity

CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
EARLIEST_YEAR: Final = 2000
LATEST_YEAR: Final = 2100


class RefusedError(ValueError):
    """A value that is not allowed; carries what is."""

    def __init__(self, allowed: str, found: str | None = None) -> None:
        super().__init__(allowed)
        self.allowed = allowed
        self.found = found


class Part(BaseModel):
    """Any object inside an event: nothing unknown, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=False)


def _clean(text: str) -> str:
    if CONTROL.search(text):
        raise RefusedError("text without control characters or line breaks")
    return text


def _filled(text: str) -> str:
    if not text.strip():
        raise RefusedError("text that is not blank")
    return text


def _quantity(value: Any) -> Decimal:
    if isinstance(value, float):
        value = Decimal(repr(value))
    try:
        return quantity(value)
    except QuantityError as refusal:
        found, _, allowed = str(refusal).partition("; allowed: ")
        raise RefusedError(allowed, found.removeprefix("found ")) from None


def _day(value: Any) -> date:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        raise RefusedError("an ISO day such as 2026-05-20")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise RefusedError("a day that exists, such as 2026-05-20") from None
    if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
        raise RefusedError(f"a day from {EARLIEST_YEAR} to {LATEST_YEAR}")
    return day


MOMENT_FORM: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)?")


def moment(value: Any) -> datetime:
    """Read an RFC 3339 moment with offset, in UTC."""
    if not isinstance(value, str) or not MOMENT_FORM.fullmatch(value):
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


def _day_or_moment(value: Any) -> Any:
    if isinstance(value, str) and "T" in value.upper():
        return moment(value)
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return _day(value)
    raise RefusedError("a day such as 2026-05-20 or a moment such as 2026-05-20T10:00:00+02:00")


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise RefusedError("the IANA name of a zone that exists, such as Europe/Berlin") from None
    return value


@lru_cache(maxsize=1)
def _territories() -> frozenset[str]:
    known = {str(code) for code in Locale("en").territories if re.fullmatch(r"[A-Z]{2}", str(code))}
    return frozenset(known - {"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"})


def _country(value: str) -> str:
    if value not in _territories():
        raise RefusedError("an ISO 3166 country code in capitals, such as DE")
    return value


@lru_cache(maxsize=1)
def _regions() -> dict[str, frozenset[str]]:
    return {country: frozenset(regions) for country, regions in holidays.list_supported_countries().items()}


def check_region(country: str | None, region: str | None) -> None:
    """Refuse a region that its country's holiday table does not know."""
    known = _regions().get(country or "", frozenset())
    if region is not None and known and region not in known:
        raise RefusedError(f"a region of {country} ({', '.join(sorted(known)[:20])}…)", region)


@lru_cache(maxsize=50_000)
def _address_fault(value: str) -> str | None:
    try:
        validate_email(value, check_deliverability=False, test_environment=True)
    except EmailNotValidError as fault:
        return str(fault)
    return None


def _email(value: str) -> str:
    fault = _address_fault(_clean(value))
    if fault:
        raise RefusedError("an email address such as orders@example.com")
    return value


_QUANTITY_SCHEMA = {"oneOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": r"^\d+(\.\d{1,3})?$"}]}
Quantity = Annotated[Decimal, BeforeValidator(_quantity), WithJsonSchema(_QUANTITY_SCHEMA)]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Moment = Annotated[datetime, BeforeValidator(moment), WithJsonSchema({"type": "string", "format": "date-time"})]
DayOrMoment = Annotated[
    Any,
    BeforeValidator(_day_or_moment),
    WithJsonSchema({"oneOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]}),
]
Zone = Annotated[str, Field(max_length=64), AfterValidator(_zone)]
Country = Annotated[str, AfterValidator(_country)]
Email = Annotated[str, Field(max_length=254), AfterValidator(_email)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Code = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_clean), AfterValidator(_filled)]
Name = Annotated[str, Field(max_length=200), AfterValidator(_clean)]
Product = Annotated[str, Field(max_length=300), AfterValidator(_clean)]
FreeText = Annotated[str, Field(max_length=2000), AfterValidator(_clean)]
Region = Annotated[str, Field(max_length=10), AfterValidator(_clean)]
LocaleName = Annotated[str, Field(pattern=r"^[a-z]{2,3}([_-][A-Z]{2})?$")]
