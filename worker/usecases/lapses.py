"""Cancel what nobody answered for, where the seller's preset says so: as an event, like anything else (R39)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from schedules.silence import Lapse
from worker.intake.reading import read_value
from worker.usecases.parts import Parts
from worker.usecases.record_events import record

SOURCE: Final = "backorder-updates/silence"
BY: Final = "no answer in time"


def cancel_unanswered(parts: Parts, lapsed: Iterable[tuple[str, tuple[Lapse, ...]]], now: datetime) -> None:
    """Record the cancellations in a transaction of their own; planned twice, they are recorded once."""
    events = [_event(seller, one, line, now) for seller, lapses in lapsed for one in lapses for line in one.lines]
    if not events:
        return
    with parts.engine.begin() as connection:
        record(connection, parts, [read_value(event, received_at=now) for event in events], now)


def _event(seller: str, lapse: Lapse, line: str, now: datetime) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"{seller}/{lapse.order}/{line}/{lapse.at.isoformat()}"[-200:],
        "source": SOURCE,
        "type": "line.cancelled",
        "time": now.isoformat(),
        "data": {"seller": seller, "order": lapse.order, "line": line, "by": BY},
    }
