"""A buyer's decision is told to the owner at once (R38)."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from schedules.commands import choice_of
from schedules.events import EventType
from schedules.obligations import Code, Obligation, Recipient
from schedules.quantities import plain
from schedules.steps import APPROVED
from worker.places import calendars_of
from worker.storage import orders, planning
from worker.storage.rows import SellerRow, StoredEvent
from worker.usecases.announcing import announce
from worker.usecases.owing import owe


def tell_of_decisions(
    connection: Connection, sellers: dict[str, SellerRow], events: Iterable[StoredEvent], now: datetime
) -> None:
    """Owe the owners of these orders word of what their buyers chose."""
    made = [event for event in events if _is_from_buyer(event)]
    if not made:
        return
    wanted = {(sellers[event.seller].id, event.order or "") for event in made}
    ids = sorted(orders.correspondence_ids(connection, wanted))
    loaded = planning.load(connection, dict.fromkeys(ids, now))
    of_order = {(head.slug, thread.order): head for head in loaded for thread in head.threads.values()}
    owed = []
    for event in made:
        head = of_order[event.seller, event.order or ""]
        at = calendars_of(head.profile, {}).working.on_or_after(now)
        owed.append((head, _obligation(event, at)))
    owe(connection, owed)
    announce(connection, sellers, made, now)


def _is_from_buyer(event: StoredEvent) -> bool:
    by = event.event.data.get("by")
    return event.event.type is EventType.DECISION_RECORDED and isinstance(by, dict) and by.get("role") == "buyer"


def _obligation(event: StoredEvent, at: datetime) -> Obligation:
    data, choice = event.event.data, choice_of(event.event)
    units = f", {plain(data['units'])} units" if data.get("units") is not None else ""
    item = f", {data['sku']}" if data.get("sku") else ""
    who = data["by"].get("name") or data["by"].get("email") or "the buyer"
    line = f"line {event.line}" if event.line else "the order"
    then = "it is approved at once" if data.get(APPROVED) else "it waits for your approval"
    return Obligation(
        code=Code.DECISION_MADE,
        recipient=Recipient.OWNER,
        order=event.order or "",
        line=event.line or "",
        key=f"R38/{event.order}/{event.line or ''}/{choice}{units}{item}",
        at=at,
        note=f"{who} chose for {line}: {choice}{units}{item}; {then}.",
        lacking=(f"choice: {choice}{units}{item}",),
    )
