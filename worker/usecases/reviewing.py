"""The owner's page: what the buyer was told, what is known now, what is missing, what waits for an answer (R13)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from schedules.cadence import by_cadence
from schedules.completeness import owner_of
from schedules.events import Person
from schedules.facts import LineFacts
from schedules.moments import local_day
from worker.links import Grant, Purpose
from worker.storage import pages
from worker.storage.codec import decode
from worker.updates.statement import LineStatement
from worker.usecases.by_link import OrderView, view_of_order
from worker.usecases.explain import next_of
from worker.usecases.learning import Lesson, lesson_of
from worker.usecases.parts import Parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One delayed line: as told, if it was, and as it is."""

    now: LineStatement
    facts: LineFacts
    told: LineFacts | None
    unconfirmed: bool
    lacks: tuple[str, ...]
    orders_of_item: int
    """How many open orders the item has, this one included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPage:
    """Everything the page shows; `person` is who answers, as far as his link tells."""

    person: Person
    may_answer: bool
    view: OrderView
    rows: tuple[Row, ...]
    told_at: datetime | None
    due_at: datetime | None
    next_review_on: date
    """The day a review without a day of its own would set."""
    next: dict[str, Any]
    offers: tuple[Row, ...]
    """Lines on which the buyer may have answered."""
    requests: tuple[Row, ...]
    """The buyer's choices that wait for the seller's word."""
    closed: bool
    """The case is closed, so that it can be said what it teaches (R41)."""
    lesson: Lesson | None

    @property
    def by(self) -> str:
        return self.person.name or self.person.email


def review_page(connection: Connection, parts: Parts, grant: Grant, now: datetime) -> ReviewPage | None:
    """Give the page of an owner's link; None if the order or the person is gone."""
    reader = pages.addressed(connection, grant.seller, "owner", grant.reader)
    view = view_of_order(connection, parts, grant.seller, grant.order, now)
    if reader is None or view is None:
        return None
    return page_of(connection, view, decode(Person, reader.contact), now)


def page_of(
    connection: Connection, view: OrderView, person: Person, now: datetime, *, trusted: bool = False
) -> ReviewPage:
    """Put the page of an order together for a person; a trusted one may answer whoever answers otherwise."""
    rows = tuple(_rows(connection, view))
    told = view.scene.thread.told
    return ReviewPage(
        person=person,
        may_answer=trusted or _answers(view, person),
        view=view,
        rows=rows,
        told_at=told.accepted_at if told else None,
        due_at=view.scene.checkpoint_at,
        next_review_on=_next_review(view, now),
        next=next_of(view.scene),
        offers=tuple(
            row for row in rows if row.facts.offered and (row.facts.decision_needed or not row.facts.decision)
        ),
        requests=tuple(row for row in rows if row.facts.decision and not row.facts.decision.approved),
        closed=not rows and bool((told and told.closed) or view.scene.facts.settled),
        lesson=lesson_of(connection, view.loaded.seller_id, view.scene.facts.order),
    )


def _rows(connection: Connection, view: OrderView) -> list[Row]:
    told = view.scene.thread.told
    before = {line.line: line for line in told.facts.lines} if told else {}
    said = {line.line: line for line in view.lines}
    delayed = [line for line in view.scene.delayed_lines if line.line in said]
    orders = pages.orders_of_items(connection, view.loaded.slug, [line.sku for line in delayed])
    return [
        Row(
            now=said[line.line],
            facts=line,
            told=before.get(line.line),
            unconfirmed=line.line in view.scene.unconfirmed,
            lacks=tuple(str(lack) for lack in view.scene.lacks.get(line.line, ())),
            orders_of_item=orders.get(line.sku, 1),
        )
        for line in delayed
    ]


def _answers(view: OrderView, person: Person) -> bool:
    """Tell whether a person still answers for the order: its owner, the seller's team, or who stands in."""
    team = view.scene.correspondence.team
    owner = owner_of(view.scene.facts, team.default_owner)
    people = [owner, team.default_owner, team.escalation, *(absence.deputy for absence in team.absences)]
    return person.email.casefold() in {one.email.casefold() for one in people if one.email}


def _next_review(view: OrderView, now: datetime) -> date:
    scene = view.scene
    if not scene.delayed_lines:
        return local_day(now, scene.where.zone)
    after = max(now, scene.checkpoint_at or now)
    return local_day(by_cadence(scene.facts, after, scene.where, scene.rhythm).due_at, scene.where.zone)


def review_link(parts: Parts, seller: str, order: str, address: str, now: datetime) -> str:
    """Give the path of an owner's page of another order."""
    return f"/r/{parts.links.token(Purpose.REVIEW, seller, order, address, now)}"
