"""A person accepts or dismisses a proposal; an accepted one goes to the seller's systems by webhook (R43)."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from schedules.lessons import AGAIN_WITHIN
from worker.storage import console, people, proposals, webhooks
from worker.usecases.planning_review import Offered

DECISIONS: Final[Mapping[str, str]] = {"accept": "accepted", "dismiss": "dismissed"}


def decide(connection: Connection, offered: Offered, how: str, by: str, now: datetime) -> bool:
    """Keep a decision, with a name, and owe the calls of an accepted one; False if somebody has decided before."""
    (seller_id,) = console.ids_of(connection, [offered.seller]) or (None,)
    row = {
        "seller_id": seller_id,
        "kind": offered.kind,
        "subject": offered.subject,
        "because": offered.because,
        "standing": DECISIONS[how],
        "by": by,
        "at": now,
        "numbers": dict(offered.numbers),
    }
    number = proposals.decide(connection, row, now - AGAIN_WITHIN)
    if number is None:
        return False
    detail = {"proposal": number, "kind": offered.kind, "about": offered.subject}
    act = {"at": now, "who": by, "what": f"proposal.{DECISIONS[how]}", "seller": offered.seller, "detail": detail}
    people.note_act(connection, act)
    if how == "accept":
        body = json.dumps(_payload(offered, by, number, now), ensure_ascii=False)
        call = {"seller_id": seller_id, "key": f"proposal/{number}", "body": body, "at": now, "event_id": None}
        webhooks.call(connection, [call])
    return True


def _payload(offered: Offered, by: str, number: int, now: datetime) -> dict[str, object]:
    """Give what Standard Webhooks expects: a type, a timestamp, data."""
    what, _, about = offered.subject.partition("/")
    data = {"seller": offered.seller, "id": number, "proposal": offered.kind, what: about, "because": offered.because}
    data |= {"numbers": dict(offered.numbers), "by": by}
    return {"type": "proposal.accepted", "timestamp": now.isoformat(), "data": data}
