"""Values as PostgreSQL reads them in the text of a parameter."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import psycopg

from worker.isotext import iso

BINARY: Final = 1
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


def _listed(values: Sequence[Any]) -> str:
    """Write a list as PostgreSQL reads it."""
    if set(map(type, values)) == {int}:
        return f"{{{','.join(map(str, values))}}}"
    return f"{{{','.join(_element(value) for value in values)}}}"


def _element(value: Any) -> str:
    if value is None:
        return "null"
    said: str = given(value)
    return f'"{said.translate(QUOTED)}"' if isinstance(value, str) else said
