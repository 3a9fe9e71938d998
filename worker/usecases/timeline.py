"""An order's story: what arrived, what left, and what was decided not to leave, as sentences in order of time (R28)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.parser import BytesHeaderParser
from email.policy import default
from typing import Any

from sqlalchemy import Connection

from worker.storage import journal, reports
from worker.storage.packs import kept_of
from worker.updates.sentences import event_said


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the story; `what` is `event`, `mail` (to the buyer), `owner` or `decision`."""

    at: datetime
    what: str
    rule: str = ""
    text: str
    mail_id: int | None = None


def timeline(connection: Connection, row: Any) -> list[Entry]:
    """Tell the story of a thread, as `reports.find_order` found it."""
    subjects = _subjects(connection, row.id)
    told = [*_events(connection, row), *_decisions(connection, row, subjects)]
    return sorted(told, key=lambda entry: (entry.at, entry.what != "event"))


def _events(connection: Connection, row: Any) -> Iterator[Entry]:
    for event in reports.events_of(connection, row.seller, row.order, row.id, row.opened_at):
        late = " (it happened earlier)" if event.time < event.seen_at else ""
        held = f"; waits: {event.reason}" if event.standing == "waiting" else ""
        yield Entry(at=event.seen_at, what="event", text=f"{event_said(event.type, event.data)}{late}{held}")


def _decisions(connection: Connection, row: Any, subjects: dict[str, tuple[int, str]]) -> Iterator[Entry]:
    for one in journal.decisions_of(connection, row.seller, row.order):
        mail_id, subject = subjects.get(one.message_id or "", (None, ""))
        if one.action in {"sent", "merged"}:
            text = f"{one.kind}: “{subject}”, because {one.why}" if subject else f"{one.kind}: {one.why}"
            yield Entry(at=one.at, what="mail", rule=one.rule, text=text, mail_id=mail_id)
        elif one.action in {"reminded", "escalated"}:
            yield Entry(at=one.at, what="owner", rule=one.rule, text=f"{one.kind} to {one.contact}: {one.why}")
        else:
            yield Entry(at=one.at, what="decision", rule=one.rule, text=f"{one.action.replace('_', ' ')}: {one.why}")


def _subjects(connection: Connection, thread_id: int) -> dict[str, tuple[int, str]]:
    """Read the subjects of a thread's mails from the bytes as sent (R36)."""
    rows = {one["id"]: one["message_id"] for one in reports.mails_of(connection, thread_id)}
    parser = BytesHeaderParser(policy=default)
    found = kept_of(connection, list(rows)) if rows else {}
    return {rows[key]: (key, str(parser.parsebytes(kept.content)["Subject"])) for key, kept in found.items()}
