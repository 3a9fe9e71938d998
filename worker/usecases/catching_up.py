"""After an outage everything overdue leaves once, the oldest promise first, and not all in one second (R17)."""

from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import Connection

from worker.storage import mails, pace

log = structlog.get_logger()
OVERDUE_AFTER: Final = timedelta(minutes=15)


def call_back(connection: Connection, now: datetime) -> None:
    """The mail server is back: mails that waited only for it need not sit out their pauses."""
    waiting = mails.away(connection)
    if waiting:
        mails.call_back(connection, dict(zip(waiting, pace.slots(connection, len(waiting), now), strict=True)))
        log.info("mails_called_back", mails=len(waiting))


def spread_overdue(connection: Connection, rows: list[tuple[datetime, dict[str, Any]]]) -> None:
    """Give mails whose alarm rang long ago (workers or database were away) moments one behind the other."""
    in_turn = sorted(rows, key=lambda pair: pair[0])
    late = [row for rang_at, row in in_turn if row["created_at"] - rang_at > OVERDUE_AFTER]
    if late:
        now = max(row["created_at"] for row in late)
        for row, at in zip(late, pace.slots(connection, len(late), now), strict=True):
            row["send_at"] = max(now, at)
