"""What line events say of their order: one register per field, the latest event in (time, source, id) wins (R1)."""

from collections.abc import Mapping
from typing import Any

from schedules.events import Event, EventKey, EventType
from schedules.facts import LineFacts, OrderFacts
from worker.storage.codec import encode, fields_of

OF_AN_OPENING = ("po", "ship_complete", "priority", "placed_at", "owner")


def key_text(key: EventKey) -> list[str]:
    """Write an event's place in the fold so that lists compare as keys do."""
    return [key[0].isoformat(), key[1], key[2]]


def written(registers: Mapping[str, Any], event: Event) -> dict[str, Any]:
    """Give the registers after an event; unchanged where a later one has written already."""
    said = _says(event)
    if not said:
        return dict(registers)
    after, key = dict(registers), key_text(event.key)
    for name, value in said.items():
        known = after.get(name)
        if known is None or known[1] <= key:
            after[name] = [value, key]
    return after


def value_of(registers: Mapping[str, Any], name: str) -> Any:
    """Read one register; None if nothing was said."""
    known = registers.get(name)
    return known[0] if known else None


def order_facts(order: str, registers: Mapping[str, Any], lines: tuple[LineFacts, ...]) -> OrderFacts:
    """Put the order's facts together from its registers and its lines."""
    said = {name: known[0] for name in OF_AN_OPENING if (known := registers.get(name)) and known[0] is not None}
    in_order = lines if len(lines) == 1 else tuple(sorted(lines, key=lambda line: (line.opened_at, line.line)))
    return OrderFacts(order=order, lines=in_order, **fields_of(OrderFacts, said))


def _says(event: Event) -> dict[str, Any]:
    data = event.data
    if event.type is EventType.OWNER_ASSIGNED:
        return {"owner": encode(data["owner"])}
    if event.type is EventType.CONTACT_CHANGED:
        return {"contact": encode(data["contact"])}
    if event.type is not EventType.BACKORDER_OPENED:
        return {}
    said = {name: encode(data[name]) for name in OF_AN_OPENING if data.get(name) is not None}
    buyer = data["buyer"]
    return {**said, "company": buyer.get("company", ""), "contact": encode(buyer.get("contact") or {})}
