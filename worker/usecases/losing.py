"""A claim that was lost goes back, counted; a mail that is lost again and again is parked (R44)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from worker.storage import mails
from worker.usecases.claimed import Claimed
from worker.usecases.parking import park_mails
from worker.usecases.parts import Parts

MOST_LOSSES: Final = 5


def lose(connection: Connection, parts: Parts, rows: Sequence[Any], why: str, now: datetime) -> None:
    """Give claimed mails back for another try, the same bytes; what was lost five times is set aside and shown."""
    losses = mails.release(connection, [row.id for row in rows], now)
    poison = [Claimed(row=row, threads=[], at=now) for row in rows if losses.get(row.id, 0) >= MOST_LOSSES]
    park_mails(connection, parts, [(one, f"{why}, {MOST_LOSSES} times") for one in poison], now)
