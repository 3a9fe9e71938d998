"""Who and what a link is about: the living thread of its order, as its reader may see it (R37, R50)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from schedules.planner import PlannedUpdate
from schedules.scene import Scene
from schedules.sections import draft_of, section_of
from worker.links import Grant, reader_of
from worker.storage import pages
from worker.storage.planning import Loaded, load
from worker.updates.compose import all_lines, with_links
from worker.updates.statement import LineStatement, UpdateStatement
from worker.usecases.drafts import statement_of
from worker.usecases.explain import scene_for
from worker.usecases.parts import Parts, wording_for


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """One order as it stands now: the scene, the statement that a mail would make, and every line."""

    loaded: Loaded
    thread_id: int
    scene: Scene
    statement: UpdateStatement
    lines: tuple[LineStatement, ...]


def view_for_buyer(connection: Connection, parts: Parts, grant: Grant, now: datetime) -> OrderView | None:
    """Give the order of a buyer's link; None once another contact has it, or nobody knows it."""
    for row in pages.threads_of(connection, grant.seller, grant.order):
        if not row.leaving and reader_of(grant.seller, row.address_key) == grant.reader:
            return view(connection, parts, row.correspondence_id, row.id, now)
    return None


def view_of_order(connection: Connection, parts: Parts, seller: str, order: str, now: datetime) -> OrderView | None:
    """Give an order as its living thread has it; None if nobody knows it."""
    for row in pages.threads_of(connection, seller, order):
        if not row.leaving:
            return view(connection, parts, row.correspondence_id, row.id, now)
    return None


def view(connection: Connection, parts: Parts, correspondence_id: int, thread_id: int, now: datetime) -> OrderView:
    """Put together what a page says of one thread."""
    loaded = load(connection, {correspondence_id: now})[0]
    scene = scene_for(parts, loaded, thread_id, now)
    update = PlannedUpdate(sections=(section_of(draft_of(scene, promised=False, rule="R37")),))
    every = all_lines(update, wording_for(parts, loaded.correspondence))
    return OrderView(
        loaded=loaded,
        thread_id=thread_id,
        scene=scene,
        statement=with_links(statement_of(parts, loaded, update, now), {}, ""),
        lines=every[0][1],
    )
