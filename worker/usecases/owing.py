"""Put obligations into the boxes of the people they address, and ring those (R9, R13, R14)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection

from schedules.obligations import KIND_OF, Code, Obligation, Recipient
from worker.places import calendars_of
from worker.presets import rhythm_of
from worker.storage import journal, orders
from worker.storage.codec import encode
from worker.storage.planning import Loaded
from worker.storage.rows import SellerRow, StoredEvent
from worker.usecases.moments import Moments
from worker.usecases.parts import Parts

log = structlog.get_logger()


def owe(connection: Connection, owed: Iterable[tuple[Loaded, Obligation]]) -> None:
    """Write obligations into their owners' boxes and ring those."""
    addressed = [(loaded, obligation, _recipient(loaded, obligation)) for loaded, obligation in owed]
    contacts = {
        (loaded.seller_id, "owner", str(person["email"]).casefold()): person
        for loaded, _, person in addressed
        if person["email"]
    }
    boxes = orders.correspondences(connection, contacts)
    rows = []
    for loaded, obligation, person in addressed:
        box = boxes.get((loaded.seller_id, "owner", str(person["email"]).casefold()))
        if box is not None:
            rows.append((loaded.at, _obligation_row(loaded, obligation, box)))
    journal.owe(connection, rows)


def _recipient(loaded: Loaded, obligation: Obligation) -> dict[str, Any]:
    team = loaded.correspondence.team
    if obligation.recipient is Recipient.ESCALATION:
        return dict(encode(team.escalation))
    for thread in loaded.correspondence.threads:
        if thread.facts.order == obligation.order:
            person = team.escalation if thread.handed_over else thread.facts.owner
            return dict(encode(team.present(person if person and person.email else team.default_owner, loaded.at)))
    return dict(encode(team.present(team.default_owner, loaded.at)))


def _obligation_row(loaded: Loaded, obligation: Obligation, box: int) -> dict[str, Any]:
    thread_id = next((one.id for one in loaded.threads.values() if one.order == obligation.order), None)
    return {
        "correspondence_id": box,
        "thread_id": thread_id,
        "code": obligation.code,
        "kind": obligation.kind,
        "key": obligation.key,
        "at": obligation.at,
        "order_no": obligation.order,
        "line_no": obligation.line,
        "lacking": list(obligation.lacking),
        "note": obligation.note,
        "say": obligation.say,
        "due_at": obligation.due_at,
        "event_id": None,
    }


def tell_operator(connection: Connection, parts: Parts, seller_id: int, key: str, note: str, now: datetime) -> None:
    """Tell the operator once; without an address the log and the console have it."""
    log.warning("operator_notice", key=key, note=note)
    if not parts.operator:
        return
    address = (seller_id, "owner", parts.operator.casefold())
    box = orders.correspondences(connection, {address: {"email": parts.operator, "name": "Operator"}})[address]
    code = Code.OPERATOR
    row = {"correspondence_id": box, "thread_id": None, "code": code, "kind": KIND_OF[code], "key": key, "at": now}
    about: dict[str, Any] = {
        "order_no": "",
        "line_no": "",
        "lacking": [],
        "note": note,
        "say": "",
        "due_at": None,
        "event_id": None,
    }
    journal.owe(connection, [(now, row | about)])


def owe_waiting(
    connection: Connection, waiting: Iterable[tuple[StoredEvent, SellerRow, str]], moments: Moments[str]
) -> None:
    """Tell a seller's default owner of events that still wait after an hour (R6); freed ones drop out by themselves."""
    rows = []
    addressed = [
        (event, seller, reason, (seller.id, "owner", str(seller.profile["default_owner"]["email"]).casefold()))
        for event, seller, reason in waiting
        if (seller.profile.get("default_owner") or {}).get("email")
    ]
    owners = {address: seller.profile["default_owner"] for _, seller, _, address in addressed}
    boxes = orders.correspondences(connection, owners)
    for event, seller, reason, address in addressed:
        box = boxes[address]
        working = calendars_of(seller.profile, {}).working
        now = moments.of(event.seller, event.order)
        row = {
            "correspondence_id": box,
            "thread_id": None,
            "code": Code.WAITING_EVENT,
            "kind": KIND_OF[Code.WAITING_EVENT],
            "key": f"R6/{event.event.source}/{event.event.id}",
            "at": working.on_or_after(now + rhythm_of(seller.profile).waiting_events_told_after),
            "order_no": event.order or "",
            "line_no": event.line or "",
            "lacking": [f"event {event.event.id} ({event.event.type}) waits: {reason}"],
            "note": "",
            "say": "",
            "due_at": None,
            "event_id": event.id,
        }
        rows.append((now, row))
    journal.owe(connection, rows)
