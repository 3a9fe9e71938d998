"""Stored events read back, with what was ruled on them at their arrival."""

from dataclasses import replace
from typing import Any

from schedules.events import Event
from schedules.steps import APPROVED
from worker.intake.stored import to_event
from worker.storage.rows import StoredEvent


def from_row(row: Any) -> StoredEvent:
    """Read a row of the event table."""
    ruling = row.ruling or {}
    return StoredEvent(
        id=row.id,
        event=ruled(to_event(row.body), ruling),
        seller=row.seller,
        order=row.order_no,
        line=row.line_no,
        sku=row.sku,
        contact=row.contact,
        standing=row.standing,
        reason=row.reason,
        only=tuple(ruling.get("lines", ())),
    )


def ruled(event: Event, ruling: dict[str, Any]) -> Event:
    """Put the approval that a command got on arrival into its data (R38)."""
    return replace(event, data={**event.data, APPROVED: True}) if ruling.get(APPROVED) else event
