"""Events that a source pushes: only its own, only of its seller; good ones land whatever the bad ones are."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from worker.intake.reading import Incoming, Refusal
from worker.intake.reasons import Reason
from worker.usecases.parts import Parts
from worker.usecases.record_events import Recorded, record
from worker.usecases.source_keys import Caller


def push(
    connection: Connection, parts: Parts, caller: Caller, arrivals: Sequence[Incoming | Refusal], now: datetime
) -> list[Recorded]:
    """Record what a caller may say; give a verdict for each event."""
    return record(connection, parts, [_allowed(one, caller) for one in arrivals], now)


def _allowed(one: Incoming | Refusal, caller: Caller) -> Incoming | Refusal:
    if isinstance(one, Refusal):
        return one
    reasons = []
    if one.event.source != caller.source:
        reasons.append(Reason("source", one.event.source, f"{caller.source}, which this key speaks for"))
    if caller.seller is not None and one.seller != caller.seller:
        reasons.append(Reason("data.seller", one.seller, f"{caller.seller}, which this key speaks for"))
    return Refusal(one.event.source, one.event.id, tuple(reasons)) if reasons else one
