"""What a closed case teaches: asked once, in the owner's list, and kept as he answers (R41)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from schedules.kinds import Cause
from schedules.moments import local_day
from schedules.obligations import Code, Obligation, Recipient
from worker.places import calendars_of
from worker.storage import closures, planning
from worker.usecases.claimed import Claimed
from worker.usecases.owing import owe

PROPOSALS: Final[Mapping[str, str]] = {
    "listing": "Change how the item is listed",
    "reorder": "Reorder earlier: raise the stock threshold",
    "planning": "Change production planning",
    "ads": "Advertise the item more slowly",
    "approval": "Look at such orders before they are accepted",
}
"""What a case may teach, in the order of the contract, as a person reads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What was said of a closed case."""

    cause: str
    proposals: tuple[str, ...]
    by: str


def lesson_of(connection: Connection, seller_id: int, order: str) -> Lesson | None:
    """Give what was said of a case; None if nobody has said anything."""
    row = closures.find(connection, seller_id, order)
    return None if row is None else Lesson(cause=row.cause, proposals=tuple(row.proposals), by=row.by)


def ask_of_closed(connection: Connection, sent: Sequence[Claimed]) -> None:
    """Ask the owners of cases that a mail has just closed, on the morning of their next business day."""
    closed = [
        (one.row.correspondence_id, one.at, thread.order_no, _note(thread.section))
        for one in sent
        for thread in one.threads
        if thread.section["closing"] and not thread.leaving
    ]
    if closed:
        moments = {box: at for box, at, _, _ in closed}
        closures.forget_questions(connection, [(box, order) for box, _, order, _ in closed])
        loaded = {one.id: one for one in planning.load(connection, moments)}
        owe(connection, ((loaded[box], asked(loaded[box], order, note)) for box, _, order, note in closed))


def asked(loaded: planning.Loaded, order: str, note: str) -> Obligation:
    """Give the question about one case; its key makes it one, however often the case is reopened."""
    where = calendars_of(loaded.profile, loaded.contact)
    at = where.working.opening(where.seller.plus(local_day(loaded.at, where.seller_zone), 1))
    return Obligation(
        code=Code.CLOSURE_REVIEW, recipient=Recipient.OWNER, order=order, key=f"R41/{order}", at=at, note=note
    )


def _note(section: Mapping[str, Any]) -> str:
    causes = dict.fromkeys(str(line["cause"]).replace("_", " ") for line in section["facts"]["lines"])
    return f"Cause as it was told: {', '.join(causes)}."


def lesson_from(form: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Read what was filled in: cause and proposals of the event, and faults by field."""
    cause = form.get("cause", "").strip()
    if cause not in set(Cause):
        return {}, {"cause": "Please choose the cause as it turned out."}
    return {"cause": cause, "proposals": [name for name in PROPOSALS if form.get(f"proposal_{name}")]}, {}


def named(proposals: Iterable[str]) -> list[str]:
    """Give proposals as a person reads them."""
    return [PROPOSALS[one] for one in proposals if one in PROPOSALS]
