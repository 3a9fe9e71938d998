"""Frozen dataclasses to plain JSON values and back, from their type hints, compiled once per class.

Decimals become strings, days and moments ISO text, enums their value, tuples and frozensets lists; a union of date and
datetime is told apart by length. Unknown keys are ignored, missing ones take the field's default: rows outlive code.
"""

import types
from collections.abc import Callable, Hashable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from functools import lru_cache
from typing import Any, Final, TypeVar, Union, get_args, get_origin

import orjson

from schedules.shapes import SHAPES, has_default, shape_of
from worker.isotext import iso
from worker.storage.hints import hints_of

T = TypeVar("T")
Decoder = Callable[[Any], Any]
AS_THEY_ARE: Final[frozenset[type]] = frozenset({str, int, float, bool, type(None)})


def encode(value: Any) -> Any:
    """Turn a value into what JSON can hold."""
    form = _FORMS.get(type(value))
    return form(value) if form else _form_of(type(value))(value)


def _form_of(kind: type) -> Decoder:
    """Find out once per type how it is written."""
    form = _form_for(kind)
    _FORMS[kind] = form
    return form


def _form_for(kind: type) -> Decoder:
    if issubclass(kind, StrEnum):
        return str.__str__  # a member's text without asking the enumeration, which is Python
    if issubclass(kind, Enum):
        return lambda value: value.value
    if is_dataclass(kind):
        return _form_of_dataclass(kind)
    for known in (str, bool, int, float, Decimal, datetime, date, tuple, list, frozenset, set):
        if issubclass(kind, known):
            return _FORMS[known]
    if issubclass(kind, Mapping):
        return _FORMS[dict]
    raise TypeError(f"{kind.__name__} has no JSON form here")


def _form_of_dataclass(kind: type) -> Decoder:
    names = tuple(field.name for field in fields(kind))

    def write(value: Any) -> dict[str, Any]:
        written = {}
        for name in names:
            held = getattr(value, name)
            written[name] = held if type(held) in AS_THEY_ARE else encode(held)
        return written

    return write


def as_json(value: Any) -> bytes:
    """Write a value as JSON, all fields of it: to be kept and looked at, not to be read by `decode`."""
    return orjson.dumps(value, default=_apart, option=orjson.OPT_PASSTHROUGH_DATACLASS)


def _apart(value: Any) -> Any:
    """Give what orjson asks for: a dataclass's fields, in their quick way, or the form of what it does not know."""
    kind = type(value)
    shape = SHAPES.get(kind)
    if shape is not None:
        return dict(zip(shape.names, shape.apart(value), strict=True))
    form = _FORMS.get(kind)
    if form is not None:
        return form(value)
    if not is_dataclass(value):
        return encode(value)
    shape_of(kind)
    return _apart(value)


def sparse(value: Any) -> Any:
    """Turn a value into what JSON can hold, without fields that equal their default: for rows that `decode` reads."""
    form = _SPARSE_FORMS.get(type(value))
    return form(value) if form else _sparse_form_of(type(value))(value)


def _sparse_form_of(kind: type) -> Decoder:
    """Find out once per type how it is written without what equals its default."""
    if issubclass(kind, tuple):
        form: Decoder = lambda value: [sparse(item) for item in value]  # noqa: E731 - one of several forms
    elif is_dataclass(kind):
        form = _sparse_form_of_dataclass(kind)
    else:
        form = _FORMS.get(kind) or _form_of(kind)
    _SPARSE_FORMS[kind] = form
    return form


def _sparse_form_of_dataclass(kind: Any) -> Decoder:
    shape = shape_of(kind)
    defaults = [field.default for field in shape.fields]

    def write(value: Any) -> dict[str, Any]:
        written: dict[str, Any] = {}
        for name, default, held in zip(shape.names, defaults, shape.apart(value), strict=True):
            if held is default or (default is not MISSING and held == default):
                continue
            written[name] = held if type(held) in AS_THEY_ARE else sparse(held)
        return written

    return write


def decode(cls: type[T], value: Any) -> T:
    """Build a dataclass from what `encode` gave."""
    built: T = _decoder(_hashable(cls))(value)
    return built


def fields_of(cls: type[Any], value: Mapping[str, Any]) -> dict[str, Any]:
    """Read the fields of a dataclass that `value` names; unknown ones are left out."""
    readers = _readers(_hashable(cls))
    return {name: readers[name](held) for name, held in value.items() if name in readers}


@lru_cache(maxsize=64)
def _readers(cls: Any) -> dict[str, Decoder]:
    hints = hints_of(cls)
    return {field.name: _decoder(hints[field.name]) for field in fields(cls)}


def _hashable(cls: Any) -> Hashable:
    found: Hashable = cls
    return found


@lru_cache(maxsize=512)
def _decoder(hint: Any) -> Decoder:
    if hint is Any or hint is object or hint in (str, int, bool, float):
        return _as_it_is
    simple = SIMPLE.get(hint)
    if simple:
        return simple
    if isinstance(hint, type) and issubclass(hint, Enum):
        return member_of(hint)
    if is_dataclass(hint):
        return _dataclass_decoder(hint)
    return _generic_decoder(hint)


def member_of(kind: Callable[[Any], T]) -> Callable[[Any], T]:
    """Give what finds an enumeration's member by its value; ValueError for a value that it does not have."""
    members: Any = kind
    known = {one.value: one for one in members}

    def member(value: Any) -> T:
        found: T | None = known.get(value)
        return kind(value) if found is None else found

    return member


def _generic_decoder(hint: Any) -> Decoder:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _union_decoder(inner)
    if origin is tuple:
        item = _decoder(inner[0])
        return lambda value: tuple([item(one) for one in value])
    if origin is frozenset:
        item = _decoder(inner[0])
        return lambda value: frozenset([item(one) for one in value])
    if origin is not None and issubclass(origin, Mapping):
        item = _decoder(inner[1])
        return lambda value: {key: item(one) for key, one in value.items()}
    raise TypeError(f"{hint} has no JSON form here")


def _union_decoder(inner: tuple[Any, ...]) -> Decoder:
    kinds = tuple(kind for kind in inner if kind is not type(None))
    if set(kinds) == {date, datetime}:
        return lambda value: None if value is None else _day_or_moment(value)
    item = _decoder(kinds[0])
    return lambda value: None if value is None else item(value)


def _dataclass_decoder(cls: Any) -> Decoder:
    shape = shape_of(cls)
    known = {name: (place, _read_by(_readers(cls)[name])) for place, name in enumerate(shape.names)}
    defaults = [one.default for one in shape.fields]
    factories = [(place, one.default_factory) for place, one in enumerate(shape.fields)]
    made = [(place, make) for place, make in factories if make is not MISSING]
    needed = frozenset(one.name for one in shape.fields if not has_default(one))

    def build(value: Any) -> Any:
        if not value.keys() >= needed:
            raise TypeError(f"{cls.__name__} lacks {', '.join(sorted(needed - value.keys()))}")
        parts: list[Any] = defaults.copy()
        for place, make in made:
            parts[place] = make()
        for name, held in value.items():
            found = known.get(name)
            if found:
                place, read = found
                parts[place] = read(held) if read else held
        return shape.together(parts)

    return build


def _read_by(reader: Decoder) -> Decoder | None:
    return None if reader is _as_it_is else reader


def _as_it_is(value: Any) -> Any:
    return value


def _day_or_moment(text: str) -> date | datetime:
    return date.fromisoformat(text) if len(text) == len("2026-05-20") else datetime.fromisoformat(text)


SIMPLE: Mapping[Any, Decoder] = {Decimal: Decimal, datetime: datetime.fromisoformat, date: date.fromisoformat}
_SPARSE_FORMS: Final[dict[type, Decoder]] = {}
"""How each type that was met is written without defaults."""
_FORMS: Final[dict[type, Decoder]] = {
    **dict.fromkeys((str, int, float, bool, type(None)), _as_it_is),
    Decimal: lambda value: format(value, "f"),
    datetime: lambda value: iso(value if value.tzinfo is UTC else value.astimezone(UTC)),
    date: date.isoformat,
    tuple: lambda value: [encode(item) for item in value],
    list: lambda value: [encode(item) for item in value],
    set: lambda value: sorted(encode(item) for item in value),
    frozenset: lambda value: sorted(encode(item) for item in value),
    dict: lambda value: {str(key): encode(item) for key, item in value.items()},
}
"""How each type is written; enums and dataclasses are added as they are met."""
