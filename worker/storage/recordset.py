"""Many rows in one statement: written as one JSON value, read by PostgreSQL as a set of typed rows."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any


def as_recordset(rows: Sequence[dict[str, Any]]) -> str:
    """Give rows as the value of a `jsonb_to_recordset`; `n` keeps their order."""
    return json.dumps([row | {"n": number} for number, row in enumerate(rows)], default=_plain)


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"found {type(value).__name__}; allowed: JSON values and moments")


def records(columns: str) -> str:
    """Give the FROM part that reads `:rows` as typed rows named r."""
    return f"jsonb_to_recordset(cast(:rows as jsonb)) as r (n int, {columns})"
