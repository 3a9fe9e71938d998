"""Each seller's planning review goes to his people once a week, on the first working morning (R42)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from schedules.obligations import KIND_OF, Code
from worker.places import calendars_of
from worker.storage import journal, orders, proposals
from worker.usecases.parts import Parts
from worker.usecases.planning_review import Review, review

WEEKS: Final = 8
MOST_LISTED: Final = 5


def send_reviews(parts: Parts) -> int:
    """Owe the review of one seller who has none of this week yet; 0 when all have theirs."""
    with parts.engine.begin() as connection:
        now = parts.clock(connection)
        week = f"{now:%G-W%V}"
        one = proposals.seller_to_review(connection, week)
        if one is None:
            return 0
        proposals.note_review(connection, one.id, week)
        made = review(connection, [one.slug], WEEKS, now)
        if made.in_all.backorders or made.proposals:
            _owe(connection, one, made, f"R42/{week}", now)
    return 1


def _owe(connection: Connection, one: Any, made: Review, key: str, now: datetime) -> None:
    person = one.profile.get("default_owner") or {}
    if not person.get("email"):
        return
    address = (one.id, "owner", str(person["email"]).casefold())
    box = orders.correspondences(connection, {address: person})[address]
    row: dict[str, Any] = {
        "correspondence_id": box,
        "thread_id": None,
        "code": Code.PLANNING_REVIEW,
        "kind": KIND_OF[Code.PLANNING_REVIEW],
        "key": key,
        "at": calendars_of(one.profile, {}).working.on_or_after(now),
        "order_no": "",
        "line_no": "",
        "lacking": list(_said(made)),
        "note": _in_all(made),
        "say": "",
        "due_at": None,
        "event_id": None,
    }
    journal.owe(connection, [(now, row)])


def _in_all(made: Review) -> str:
    all_ = made.in_all
    what = "backorder" if all_.backorders == 1 else "backorders"
    short = f"{all_.backorders} {what} in {made.weeks} weeks, {all_.open} still open"
    ended = ", ".join(f"{count} {name}" for name, count in sorted(made.promises.items()))
    return f"{short}, {all_.days_delayed} days delayed on average. Promises that ended: {ended or 'none'}."


def _said(made: Review) -> Iterator[str]:
    """Say what stands out: causes, items that came again, proposals with their numbers."""
    causes = ", ".join(f"{one.backorders} {one.name.replace('_', ' ')}" for one in made.causes[:MOST_LISTED])
    if causes:
        yield f"By cause: {causes}."
    for one in [item for item in made.items if item.surprises][:MOST_LISTED]:
        times = "once" if one.surprises == 1 else f"{one.surprises} times"
        yield f"{one.name} was short again {times} within 60 days."
    for offered in made.proposals[:MOST_LISTED]:
        yield f"Proposed for {offered.about}: {offered.kind}, because {offered.because}."
