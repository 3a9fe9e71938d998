"""Preview an order's next update: what would go out at a moment, and its checklist. Sends and writes nothing."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from schedules.occasion import next_occasion
from schedules.planner import PlannedUpdate
from schedules.sections import draft_of, section_of
from worker.storage import reports
from worker.storage.planning import load
from worker.updates.checklist import Checked, checked
from worker.usecases.drafts import draft_update, statement_of
from worker.usecases.explain import scene_for
from worker.usecases.parts import Parts


@dataclass(frozen=True, slots=True)
class Preview:
    """One update as it would leave."""

    at: datetime
    subject: str
    text: str
    html: str
    eml: bytes
    checklist: tuple[Checked, ...]
    missing: tuple[str, ...]


def preview(connection: Connection, parts: Parts, order: str, seller: str | None, at: datetime | None) -> list[Preview]:
    """Render what each thread of an order would send at `at`, else at its next occasion."""
    now = parts.clock(connection)
    found = []
    for row in reports.find_order(connection, order, seller):
        loaded = load(connection, {row.correspondence_id: now})[0]
        scene = scene_for(parts, loaded, row.id, at or now)
        occasion = next_occasion(scene)
        if occasion is None:
            continue
        if at is None and occasion.at > now:
            scene = scene_for(parts, loaded, row.id, occasion.at)
            occasion = next_occasion(scene) or occasion
        section = section_of(draft_of(scene, promised=occasion.promised, rule=occasion.rule))
        update = PlannedUpdate(sections=(section,))
        statement = statement_of(parts, loaded, update, scene.now)
        rendered = parts.renderer.render_update(statement)
        draft = draft_update(parts, replace(loaded, at=scene.now), update)
        missing = tuple(str(lack) for lacks in scene.lacks.values() for lack in lacks)
        found.append(
            Preview(
                scene.now,
                rendered.subject,
                rendered.text,
                rendered.html,
                draft.mail.content,
                checked(statement, scene.now),
                missing,
            )
        )
    return found
