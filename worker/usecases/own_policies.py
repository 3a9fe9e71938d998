"""A person chooses a seller's policy: kept by version, in force at once, the seller's orders planned anew (R29)."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from worker.storage import policies
from worker.storage.registers import key_text
from worker.storage.rows import SellerRow, StoredEvent
from worker.storage.skus import add_jobs
from worker.usecases.parts import Parts


def choose_policies(
    connection: Connection, parts: Parts, known: dict[str, SellerRow], events: Iterable[StoredEvent], now: datetime
) -> None:
    """Write these choices in their order; a preset that stands in for all, as in a replay, stays."""
    for event in sorted(events, key=lambda one: one.event.key):
        if parts.policy:
            continue
        data, seller_id = event.event.data, known[event.seller].id
        row = {
            "preset": data["policy"],
            "figures": dict(data.get("figures") or {}),
            "by": data["by"],
            "at": event.event.time,
            "key": key_text(event.event.key),
        }
        if policies.choose(connection, seller_id, row):
            add_jobs(connection, [{"seller_id": seller_id, "sku": "", "kind": "wake", "made_at": now}])
