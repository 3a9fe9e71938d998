"""Cancel what nobody answered for, where the seller's preset says so: as an event, like anything else (R39)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from schedules.silence import Lapse
from worker.intake.reading import read_value
from worker.usecases.moments import Moments
from worker.usecases.parts import Parts
from worker.usecases.record_events import record_each

SOURCE: Final = "backorder-updates/silence"
BY: Final = "no answer in time"


def cancel_unanswered(parts: Parts, lapsed: Sequence[tuple[str, Lapse, datetime]]) -> None:
    """Record the cancellations in a transaction of their own; planned twice, they are recorded once."""
    if not lapsed:
        return
    events = [
        read_value(_event(seller, one, line, now), received_at=now) for seller, one, now in lapsed for line in one.lines
    ]
    moments = Moments(max(now for _, _, now in lapsed), {(seller, one.order): now for seller, one, now in lapsed})
    with parts.engine.begin() as connection:
        record_each(connection, parts, events, moments)


def _event(seller: str, lapse: Lapse, line: str, now: datetime) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"{seller}/{lapse.order}/{line}/{lapse.at.isoformat()}"[-200:],
        "source": SOURCE,
        "type": "line.cancelled",
        "time": now.isoformat(),
        "data": {"seller": seller, "order": lapse.order, "line": line, "by": BY},
    }
