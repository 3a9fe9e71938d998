"""Record what people say on pages: events like any others, with their names, and a line in the audit trail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from worker.intake.reading import read_value
from worker.storage import people
from worker.usecases.parts import Parts
from worker.usecases.record_events import Recorded, Verdict, record

Said = tuple[str, dict[str, Any]]
"""The type and data of an event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What somebody did on a page: who, on which page, about which order; `nonce` makes it happen once."""

    source: str
    who: str
    nonce: str
    seller: str
    order: str = ""
    reason: str = ""


def post(connection: Connection, parts: Parts, act: Act, said: Sequence[Said], now: datetime) -> list[Recorded]:
    """Record what was said, in its order; the same act again changes nothing."""
    events = [_event(act, number, kind, data, now) for number, (kind, data) in enumerate(said)]
    recorded = record(connection, parts, [read_value(event, received_at=now) for event in events], now)
    for (kind, _), one in zip(said, recorded, strict=True):
        if one.verdict in {Verdict.ACCEPTED, Verdict.WAITING}:
            detail = {"event": one.id, "source": act.source} | ({"reason": act.reason} if act.reason else {})
            row = {"at": now, "who": act.who, "what": kind, "seller": act.seller, "order_no": act.order}
            people.note_act(connection, row | {"detail": detail})
    return recorded


def _event(act: Act, number: int, kind: str, data: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Give the CloudEvent; what is said together keeps its order by a microsecond each."""
    return {
        "specversion": "1.0",
        "id": f"{act.nonce}-{number}" if number else act.nonce,
        "source": act.source,
        "type": kind,
        "time": (now + timedelta(microseconds=number)).isoformat(),
        "data": data,
    }


def refusals(recorded: Sequence[Recorded]) -> list[str]:
    """Give why something was not recorded; empty if all of it was."""
    return [reason for one in recorded if one.verdict is Verdict.REJECTED for reason in one.reasons]
