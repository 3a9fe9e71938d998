"""An order as the console tells it: state, what comes next and why, and everything that happened (R28)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from schedules.events import Person
from worker.storage import journal, people, reports, story
from worker.usecases.by_link import OrderView, view
from worker.usecases.parts import Parts
from worker.usecases.reviewing import ReviewPage, page_of

MOST_EVENTS: Final = 200
MOST_DECISIONS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One entry of the timeline."""

    at: datetime
    what: str
    """`event`, `decision` or `act`."""
    title: str
    words: str
    rule: str = ""
    until: datetime | None = None
    mail_id: int | None = None
    body: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStory:
    """Everything the page shows."""

    page: ReviewPage
    timeline: tuple[Happened, ...]
    promises: tuple[Mapping[str, Any], ...]
    mails: tuple[Mapping[str, Any], ...]
    paused_by: str


def order_story(
    connection: Connection, parts: Parts, seller: str, order: str, who: str, now: datetime
) -> OrderStory | None:
    """Tell the story of an order; None if nobody knows it."""
    found = reports.find_order(connection, order, seller)
    if not found:
        return None
    views = [view(connection, parts, row.correspondence_id, row.id, now) for row in found]
    living = next((one for one in views if not one.scene.thread.leaving), views[0])
    page = page_of(connection, living, Person(name=who), now, trusted=True)
    mails = [mail for row in found for mail in reports.mails_of(connection, row.id)]
    return OrderStory(
        page=page,
        timeline=_timeline(connection, living, mails),
        promises=tuple(promise for row in found for promise in reversed(reports.promises_of(connection, row.id))),
        mails=tuple(sorted(mails, key=lambda mail: -mail["id"])),
        paused_by=story.paused_by(connection, seller, order),
    )


def _timeline(connection: Connection, living: OrderView, mails: list[dict[str, Any]]) -> tuple[Happened, ...]:
    seller, order = living.loaded.slug, living.scene.facts.order
    by_message = {mail["message_id"]: mail["id"] for mail in mails}
    events = [_event(row) for row in story.events_of(connection, seller, order, MOST_EVENTS)]
    decisions = journal.decisions_of(connection, seller, order)[-MOST_DECISIONS:]
    found = [*events, *(_decision(row, by_message) for row in decisions)]
    found += [_act(row) for row in people.acts_on(connection, seller, order)]
    return tuple(sorted(found, key=lambda one: one.at, reverse=True))


def _event(row: Any) -> Happened:
    line = f"line {row.line_no}, " if row.line_no else ""
    waits = f"; waits: {row.reason}" if row.standing == "waiting" else "; dropped" if row.standing == "dropped" else ""
    return Happened(
        at=row.seen_at, what="event", title=row.type, words=f"{line}from {row.source}{waits}", body=str(row.body)
    )


def _decision(row: Any, by_message: dict[str, int]) -> Happened:
    kind = f" {row.kind}" if row.kind else ""
    return Happened(
        at=row.at,
        what="decision",
        title=f"{row.action.replace('_', ' ')}{kind}",
        words=row.why,
        rule=row.rule,
        until=row.until,
        mail_id=by_message.get(row.message_id or ""),
    )


def _act(row: Mapping[str, Any]) -> Happened:
    reason = row["detail"].get("reason")
    words = f"by {row['who']}" + (f": {reason}" if reason else "")
    return Happened(at=row["at"], what="act", title=row["what"], words=words)
