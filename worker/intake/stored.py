"""Rebuild an event from its stored body, without judging it again."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from schedules.events import Event, EventType, typed

MEANT_AS_NULL: Final = frozenset({"expected_on"})
"""Null says something here: there is no date any more. Elsewhere it says the same as leaving the field out."""


def to_event(body: str) -> Event:
    """Read the CloudEvent that was kept as it came."""
    attributes = json.loads(body, parse_float=Decimal)
    return event_of(attributes, datetime.fromisoformat(attributes["time"].upper()).astimezone(UTC))


def event_of(attributes: dict[str, Any], time: datetime) -> Event:
    """Build the core's event from the attributes of a valid CloudEvent that happened at `time`."""
    return event_saying(said(attributes["data"]), attributes, time)


def event_saying(words: dict[str, Any], attributes: dict[str, Any], time: datetime) -> Event:
    """Build it from its data without what is null, `said`."""
    return Event(
        source=attributes["source"],
        id=attributes["id"],
        type=EventType(attributes["type"]),
        time=time,
        data=typed(words),
        asof=_as_of(attributes.get("asof")),
    )


def _as_of(text: str | None) -> datetime | str | None:
    if text is None or text == "unknown":
        return text
    return datetime.fromisoformat(text.upper()).astimezone(UTC)


def said(data: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is null, at any depth."""
    return {
        name: said(value) if type(value) is dict else value
        for name, value in data.items()
        if value is not None or name in MEANT_AS_NULL
    }
