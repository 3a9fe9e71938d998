"""What mail some events would cause: they are recorded, looked at, and taken back, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from worker.links import without_tokens
from worker.usecases.parts import Parts
from worker.usecases.posting import Act, Said, post, refusals
from worker.usecases.preview import preview


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """The mail that would follow, if any; or why the events would be refused."""

    at: datetime | None = None
    subject: str = ""
    text: str = ""
    refusals: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def would_send(connection: Connection, parts: Parts, act: Act, said: Sequence[Said], now: datetime) -> Foreseen:
    """Give the update of an order that would go out next if these events were recorded; nothing stays of them."""
    attempt = connection.begin_nested()
    try:
        refused = refusals(post(connection, parts, act, said, now))
        if refused:
            return Foreseen(refusals=tuple(refused))
        found = preview(connection, parts, act.order, act.seller, None)
    finally:
        attempt.rollback()
    if not found:
        return Foreseen()
    one = found[0]
    return Foreseen(at=one.at, subject=one.subject, text=without_tokens(one.text), missing=one.missing)
