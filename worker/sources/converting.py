"""Rows as they were read, turned into plain values under the names of the contract; faults by row and column."""

import hashlib
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from schedules.quantities import plain
from worker.intake.fields import CLEAN
from worker.intake.reasons import shown
from worker.sources.definition import Source
from worker.sources.faults import RowFault

LONGEST_FIELD: Final = 10_000
LONGEST_CODE: Final = 100
QUANTITIES: Final = frozenset({"ordered", "available", "delayed", "shipped", "units"})
DAYS: Final = frozenset({"promised_on", "expected_on"})
MOMENTS: Final = frozenset({"told_at"})
DAYS_OR_MOMENTS: Final = frozenset({"placed_at", "decide_by", "next_checkpoint", "told_next_checkpoint", "as_of"})
TRUTHS: Final = frozenset({"ship_complete", "expected_confirmed", "decision_needed", "confirmed"})
WHOLE: Final = frozenset({"priority", "paid_clicks"})
KEYS: Final = frozenset({"seller", "order", "line", "sku"})
YES: Final = frozenset({"true", "t", "yes", "y", "1"})
NO: Final = frozenset({"false", "f", "no", "n", "0"})
IS_CLEAN: Final = re.compile(CLEAN)
DAY_TEXT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
NUMBER_TEXT: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")


class _FaultyError(ValueError):
    def __init__(self, found: str, allowed: str) -> None:
        super().__init__(found)
        self.found = found
        self.allowed = allowed


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a read: what it is about, what it says, of when it is."""

    number: int
    key: str
    digest: bytes
    as_of: datetime | None
    values: dict[str, Any]


class Converter:
    """Reads the rows of one source."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._constants = {"seller": source.seller} if source.seller else {}
        self._constants |= {name: _constant(name, value) for name, value in source.file.values.items()}
        places = {name: place for place, name in enumerate(source.fields)}
        self._key_places = [places.get(name) for name in source.key]
        self._translate = source.file.translate
        self._readers = {name: self._reader(name) for name in {*source.fields, *source.key}}

    def digest(self, raw: Sequence[Any]) -> bytes:
        """Give the digest of a row as it was read; it changes with the mapping too."""
        return hashlib.blake2b(repr(tuple(raw)).encode(), digest_size=16, key=self.source.fingerprint).digest()

    def key(self, number: int, raw: Sequence[Any]) -> str | RowFault:
        """Give what the row is about, or why it cannot be told."""
        parts = []
        for name, place in zip(self.source.key, self._key_places, strict=True):
            if place is None:
                parts.append(str(self._constants[name]))
                continue
            try:
                parts.append(self._code(name, raw[place]))
            except _FaultyError as fault:
                return RowFault(number, "", self.source.columns[place], fault.found, fault.allowed)
        return "\t".join(parts)

    def row(self, number: int, key: str, digest: bytes, raw: Sequence[Any]) -> Row | list[RowFault]:
        """Read a row's values; all its faults if it has any."""
        values, faults = dict(self._constants), []
        for name, column, given in zip(self.source.fields, self.source.columns, raw, strict=True):
            try:
                value = self._value(name, given)
            except _FaultyError as fault:
                faults.append(RowFault(number, key, column, fault.found, fault.allowed))
                continue
            if value is not None or name == "expected_on":
                values[name] = value
        if faults:
            return faults
        return Row(number, key, digest, self._as_of(values.get("as_of")), values)

    def _as_of(self, text: str | None) -> datetime | None:
        if text is None:
            return None
        if DAY_TEXT.fullmatch(text):
            return datetime.combine(date.fromisoformat(text), datetime.min.time(), self.source.zone).astimezone(UTC)
        return datetime.fromisoformat(text)

    def _code(self, name: str, given: Any) -> str:
        value = self._value(name, given)
        if value is None:
            raise _FaultyError("nothing", "what the row is about")
        if len(value) > LONGEST_CODE:
            raise _FaultyError(f"{len(value)} characters", f"at most {LONGEST_CODE}")
        return str(value)

    def _value(self, name: str, given: Any) -> Any:
        if isinstance(given, str):
            given = given.strip()
            if len(given) > LONGEST_FIELD:
                raise _FaultyError(f"a field of {len(given)} characters", f"at most {LONGEST_FIELD}")
        if given is None or given == "":
            return None
        if name in self._translate:
            given = self._translated(name, given)
        return self._readers[name](given)

    def _reader(self, name: str) -> Callable[[Any], Any]:
        """Find out once per field how its values are read."""
        table: list[tuple[frozenset[str], Callable[[Any], Any]]] = [
            (QUANTITIES, lambda given: plain(self._number(given))),
            (DAYS, lambda given: self._day(given).isoformat()),
            (MOMENTS, lambda given: self._moment(given).isoformat()),
            (DAYS_OR_MOMENTS, self._day_or_moment),
            (TRUTHS, _truth),
            (WHOLE, self._whole),
            (frozenset({"choices"}), _choices),
        ]
        return next((reader for names, reader in table if name in names), _text)

    def _translated(self, name: str, given: Any) -> str:
        table = self._translate[name]
        word = str(given)
        if word not in table:
            raise _FaultyError(shown(word), f"{', '.join(table)} (see [translate.{name}])")
        return table[word]

    def _number(self, given: Any) -> Decimal:
        if isinstance(given, bool):
            raise _FaultyError("a truth value", "a number")
        if isinstance(given, int | Decimal):
            return Decimal(given)
        if isinstance(given, float):
            if not math.isfinite(given):
                raise _FaultyError(str(given), "a finite number")
            return Decimal(repr(given))
        text = _text(given)
        if self.source.file.decimal == ",":
            text = text.replace(".", "").replace(",", ".")
        elif "," in text:
            raise _FaultyError(shown(text), 'a number such as 1250.5; where a comma is meant, set decimal = ","')
        if not NUMBER_TEXT.fullmatch(text):
            raise _FaultyError(shown(text), "a number")
        return Decimal(text)

    def _whole(self, given: Any) -> int:
        number = self._number(given)
        if number != number.to_integral_value():
            raise _FaultyError(plain(number), "a whole number")
        return int(number)

    def _day(self, given: Any) -> date:
        if isinstance(given, datetime):
            return (given.astimezone(self.source.zone) if given.tzinfo else given).date()
        if isinstance(given, date):
            return given
        text = _text(given)
        form = self.source.file.day
        try:
            if form:
                return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
            return datetime.fromisoformat(text).date()
        except ValueError:
            raise _FaultyError(shown(text), f"a day that exists, as {form or '2026-05-20'}") from None

    def _moment(self, given: Any) -> datetime:
        if isinstance(given, str):
            try:
                read = datetime.fromisoformat(given)
            except ValueError:
                raise _FaultyError(shown(given), "a moment that exists, such as 2026-05-20T09:00:00+02:00") from None
        elif isinstance(given, datetime):
            read = given
        else:
            raise _FaultyError(shown(given), "a moment such as 2026-05-20T09:00:00+02:00")
        return (read if read.tzinfo else self._in_zone(read)).astimezone(UTC)

    def _in_zone(self, naive: datetime) -> datetime:
        """Read a clock time of the source's zone; the earlier one if it came twice."""
        aware = naive.replace(tzinfo=self.source.zone)
        if aware.astimezone(UTC).astimezone(self.source.zone).replace(tzinfo=None) != naive:
            raise _FaultyError(naive.isoformat(" "), f"a clock time that exists in {self.source.zone.key}")
        return aware

    def _day_or_moment(self, given: Any) -> str:
        only_day = isinstance(given, date) and not isinstance(given, datetime)
        is_text = isinstance(given, str)
        if only_day or (is_text and (DAY_TEXT.fullmatch(given) or (self.source.file.day and ":" not in given))):
            return self._day(given).isoformat()
        return self._moment(given).isoformat()


def _constant(name: str, value: Any) -> Any:
    if name == "choices":
        return _choices(value)
    return plain(Decimal(repr(value))) if isinstance(value, float) else value


def _truth(given: Any) -> bool:
    if isinstance(given, bool):
        return given
    word = str(given).lower()
    if word in YES or word in NO:
        return word in YES
    raise _FaultyError(shown(given), "true or false")


def _text(given: Any) -> str:
    if type(given) is str and IS_CLEAN.match(given):
        return given
    if isinstance(given, bytes | bytearray | memoryview):
        raise _FaultyError("bytes", "text")
    if isinstance(given, dict | list):
        raise _FaultyError(shown(given), "text")
    text = str(given)
    if isinstance(given, Decimal | float) and text.endswith(".0"):
        text = text[:-2]
    if not IS_CLEAN.match(text):
        raise _FaultyError(shown(text), "text without control characters or line breaks")
    return text


def _choices(given: Any) -> list[str]:
    if isinstance(given, list):
        return [str(one) for one in given]
    return [word for word in re.split(r"[\s,;|]+", _text(given)) if word]
