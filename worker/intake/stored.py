"""Rebuild an event from its stored body, without judging it again."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from schedules.events import Event, EventType, typed


def to_event(body: str) -> Event:
    """Read the CloudEvent that was kept as it came."""
    return from_attributes(json.loads(body, parse_float=Decimal))


def from_attributes(attributes: dict[str, Any]) -> Event:
    """Build the core's event from the attributes of a valid CloudEvent."""
    return Event(
        source=attributes["source"],
        id=attributes["id"],
        type=EventType(attributes["type"]),
        time=datetime.fromisoformat(attributes["time"].upper()).astimezone(UTC),
        data=typed(attributes["data"]),
    )
