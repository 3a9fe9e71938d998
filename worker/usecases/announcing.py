"""Announce buyers' decisions to the seller's systems by webhook, in the transaction that records them (R38)."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from schedules.commands import choice_of
from schedules.quantities import plain
from schedules.steps import APPROVED
from worker.storage import webhooks
from worker.storage.rows import SellerRow, StoredEvent


def announce(
    connection: Connection, sellers: dict[str, SellerRow], decisions: Iterable[StoredEvent], now: datetime
) -> None:
    """Owe a call for each decision to each target of its seller."""
    rows = [
        {
            "seller_id": sellers[one.seller].id,
            "key": f"{one.event.source}/{one.event.id}",
            "body": json.dumps(_payload(one, now), ensure_ascii=False),
            "at": now,
            "event_id": one.id,
        }
        for one in decisions
    ]
    webhooks.call(connection, rows)


def _payload(one: StoredEvent, now: datetime) -> dict[str, Any]:
    """Give what Standard Webhooks expects: a type, a timestamp, data under the names of the event."""
    data, by = one.event.data, one.event.data["by"]
    said: dict[str, Any] = {
        "seller": one.seller,
        "order": one.order,
        "line": one.line,
        "choice": choice_of(one.event).value,
        "units": plain(data["units"]) if data.get("units") is not None else None,
        "sku": data.get("sku"),
        "by": {"name": by.get("name"), "role": by.get("role")},
        "approved": bool(data.get(APPROVED)),
    }
    kept = {name: value for name, value in said.items() if value is not None}
    return {"type": "decision.recorded", "timestamp": now.isoformat(), "data": kept}
