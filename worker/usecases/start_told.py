"""Orders that come in with `told` start as told, their checkpoint an open promise (R49)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from schedules.cadence import NextCheckpoint, next_checkpoint
from schedules.calendars import Calendars, due_of
from schedules.completeness import owner_of
from schedules.correspondence import Told
from schedules.events import EventType
from schedules.facts import OrderFacts
from schedules.kinds import Kind, SetBy
from schedules.promises import kept_until
from schedules.rhythm import Rhythm
from worker.places import calendars_of
from worker.presets import rhythm_of
from worker.storage import orders
from worker.storage.codec import sparse
from worker.storage.planning import team_of
from worker.storage.registers import value_of
from worker.storage.rows import SellerRow, StoredEvent, ThreadRow
from worker.usecases.moments import Moments

BY_THE_SELLER = "told before this system took over"


def told_of(events: Iterable[StoredEvent]) -> dict[str, dict[str, Any]]:
    """Give what openings say was told, by line; the latest opening of a line counts."""
    openings = [event for event in events if event.event.type is EventType.BACKORDER_OPENED and event.line]
    ordered = sorted(openings, key=lambda event: event.event.key)
    return {event.line or "": event.event.data["told"] for event in ordered if event.event.data.get("told")}


Said = dict[str, dict[str, Any]]
"""What an opening says was told, by line."""


def start_told(
    opened: Iterable[tuple[ThreadRow, SellerRow, Said]], moments: Moments[int]
) -> list[tuple[ThreadRow, dict[str, Any]]]:
    """Set new threads' told to the lines that were told; give the promises that were made, each with its thread."""
    found = (
        (thread, _start(thread, seller, said, moments.of(thread.seller_id, thread.order)))
        for thread, seller, said in opened
    )
    return [(thread, promise) for thread, promise in found if promise is not None]


def _start(thread: ThreadRow, seller: SellerRow, said: Said, now: datetime) -> dict[str, Any] | None:
    """Set one thread's told; give the promise that was made."""
    facts = thread.facts()
    known = OrderFacts(
        order=facts.order,
        po=facts.po,
        owner=owner_of(facts, team_of(seller.profile).default_owner),
        lines=tuple(line for line in facts.lines if line.line in said),
    )
    contact = value_of(thread.registers, "contact") or {}
    rhythm = rhythm_of(seller.profile)
    where = calendars_of(seller.profile, contact)
    promised = _promised(said, where, rhythm, now)
    checkpoint = promised or next_checkpoint(known, now, where, rhythm)
    at = min(max(one["at"] for one in said.values()), now)
    told = Told(facts=known, accepted_at=at, kind=Kind.FIRST_NOTICE, checkpoint=checkpoint)
    thread.told = sparse(told)
    if promised is None:
        return None
    row = _promise_row(thread, known, promised, at, orders.address_key(contact, thread.order))
    return row | {"kept_until": kept_until(promised, where, rhythm)}


def _promised(said: Said, where: Calendars, rhythm: Rhythm, now: datetime) -> NextCheckpoint | None:
    """Give the earliest promised checkpoint that still lies ahead."""
    ahead = [
        NextCheckpoint(due_at=due, promised_as=promised_as, set_by=SetBy.PERSON, line=line)
        for line, one in said.items()
        if one.get("next_checkpoint") is not None
        for due, promised_as in [due_of(one["next_checkpoint"], where, rhythm)]
        if due > now
    ]
    return min(ahead, key=lambda checkpoint: checkpoint.due_at, default=None)


def _promise_row(
    thread: ThreadRow, facts: OrderFacts, checkpoint: NextCheckpoint, at: datetime, contact: str
) -> dict[str, Any]:
    line = next(line for line in facts.lines if line.line == checkpoint.line)
    return {
        "seller_id": thread.seller_id,
        "order_no": thread.order,
        "line_no": line.line,
        "contact": contact,
        "made_at": at,
        "made_in": BY_THE_SELLER,
        "due_at": checkpoint.due_at,
        "promised_as": checkpoint.promised_as,
        "set_by": checkpoint.set_by,
        "shipping_step": False,
        "owner": facts.owner.email if facts.owner else "",
        "sku": line.sku,
        "cause": line.cause,
    }
