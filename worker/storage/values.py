"""Values as PostgreSQL reads them in the text of a parameter."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import psycopg

from worker.isotext import iso
from worker.storage.rowtypes import listed_moments

BINARY: Final = 1
MOMENTS: Final = frozenset({datetime, type(None)})
QUOTED: Final = str.maketrans({"\\": "\\\\", '"': '\\"'})


def given(value: Any) -> Any:
    """Write a value as PostgreSQL reads it: text, bytes as they are, or None."""
    kind = type(value)
    if value is None or kind is bytes:
        return value
    if kind is str:
        if "\0" in value:
            raise psycopg.DataError("found a zero character in a text; allowed: all others")
        return value
    if kind is bool:
        return "t" if value else "f"
    if isinstance(value, list | tuple):
        return _listed(value)
    if isinstance(value, str):
        return given(str(value))
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float | Decimal):
        return str(value)
    raise TypeError(f"found {kind.__name__}; allowed: text, numbers, decimals, moments, days, bytes, lists of those")


def _listed(values: Sequence[Any]) -> str | bytes:
    """Write a list as PostgreSQL reads it; moments in its binary form."""
    kinds = set(map(type, values))
    if datetime in kinds and kinds <= MOMENTS:
        return listed_moments(values)
    if kinds == {int}:
        return f"{{{','.join(map(str, values))}}}"
    return f"{{{','.join(_element(value) for value in values)}}}"


def _element(value: Any) -> str:
    if value is None:
        return "null"
    said: str = given(value)
    return f'"{said.translate(QUOTED)}"' if isinstance(value, str) else said
