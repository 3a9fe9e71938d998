"""Moments as text (ISO 8601)."""

from datetime import UTC, datetime

import orjson


def iso(moment: datetime) -> str:
    """Write a moment as its `isoformat` does; one in UTC in a quarter of the time."""
    return orjson.dumps(moment)[1:-1].decode() if moment.tzinfo is UTC else moment.isoformat()
