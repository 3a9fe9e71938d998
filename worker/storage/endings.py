"""What the ends of a group of mails change, table by table, in one statement: each waits for the database once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, text

from worker.storage.direct import later
from worker.storage.journal import SETTLE_OF
from worker.storage.rowtypes import Rows, RowType
from worker.storage.schema_given import ATTEMPT, DECISION, PROMISE, SETTLING, TELLING
from worker.storage.threads import HEAR_OF, TELL_OF

ATTEMPTS_OF: Final = (
    "update attempt a set ended_at = r.at, outcome = r.outcome, passed_dot = r.passed_dot, phase = r.phase,"
    f" reply = r.reply from {ATTEMPT.listed('attempts')} where a.mail_id = r.mail_id and a.number = r.number"
)
MADE_OF: Final = (
    f"insert into promise ({PROMISE.names()}) select {PROMISE.names()}"
    f" from {PROMISE.listed('made')} where (select count(*) from settled) >= 0 order by n"
)
"""Counts what was settled, so that it is settled before: a thread has at most one open promise."""
WRITE: Final = text(
    f"with attempts as ({ATTEMPTS_OF}), told as ({TELL_OF}), settled as ({SETTLE_OF}), made as ({MADE_OF}),"
    f" heard as ({HEAR_OF}) insert into decision ({DECISION.names()}) select {DECISION.names()}"
    f" from {DECISION.listed('decisions')} order by n"
)
KINDS: Final[dict[str, RowType]] = {
    "attempts": ATTEMPT,
    "told": TELLING,
    "settled": SETTLING,
    "made": PROMISE,
    "decisions": DECISION,
}


@dataclass(slots=True)
class Endings:
    """Rows to write: attempts that ended, what threads were told, promises that ended and new ones, decisions."""

    attempts: Sequence[dict[str, Any]]
    told: list[dict[str, Any]] = field(default_factory=list)
    settled: list[dict[str, Any]] = field(default_factory=list)
    made: list[dict[str, Any]] = field(default_factory=list)
    decisions: list[dict[str, Any]] = field(default_factory=list)
    heard: dict[int, datetime] = field(default_factory=dict)
    """When contacts got an update; they are planned again then, if not at another alarm."""
    alarms: dict[int, datetime | None] = field(default_factory=dict)
    """Their next alarms, where those are known already."""


def write(connection: Connection, endings: Endings) -> None:
    """Write what ended mails mean."""
    rows = {
        "attempts": endings.attempts,
        "told": endings.told,
        "settled": endings.settled,
        "made": endings.made,
        "decisions": endings.decisions,
    }
    values = {name: Rows(KINDS[name], given) for name, given in rows.items()}
    alarms = [endings.alarms.get(one, at) for one, at in endings.heard.items()]
    heard = {"heard": list(endings.heard), "heard_at": list(endings.heard.values()), "alarms": alarms}
    later(connection, WRITE, values | heard)
