"""Explain an order: what is true, what was told, what waits for what, what was decided and why (R28)."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from schedules.coming import coming
from schedules.planner import look
from schedules.scene import Scene, scene_of
from worker.places import calendars_of
from worker.storage import journal, reports
from worker.storage.codec import encode
from worker.storage.planning import Loaded, load
from worker.usecases.parts import Parts, wording_for
from worker.usecases.timeline import timeline


def explain(connection: Connection, parts: Parts, order: str, seller: str | None) -> list[dict[str, Any]]:
    """Give everything about the threads of an order number, ready for JSON; empty if nobody knows it."""
    now = parts.clock(connection)
    found = []
    for row in reports.find_order(connection, order, seller):
        loaded = load(connection, {row.correspondence_id: now})[0]
        scene = scene_for(parts, loaded, row.id, now)
        found.append(
            {
                "seller": row.seller,
                "order": order,
                "contact": loaded.address_key,
                "facts": encode(scene.facts),
                "told": encode(scene.thread.told),
                "left_to_tell": [encode(change) | {"weight": change.row.weight} for change in scene.changes],
                "missing": {line: [str(lack) for lack in lacks] for line, lacks in scene.lacks.items()},
                "unconfirmed_lines": sorted(scene.unconfirmed),
                "next": next_of(scene),
                "coming": [encode(one) for one in coming(scene)],
                "story": [encode(one) for one in timeline(connection, row)],
                "zone": scene.where.seller_zone,
                "promises": encode(reports.promises_of(connection, row.id)),
                "decisions": [
                    {name: encode(value) for name, value in one._mapping.items()}  # noqa: SLF001 - SQLAlchemy's public name
                    for one in journal.decisions_of(connection, row.seller, order)
                ],
                "mails": encode(reports.mails_of(connection, row.id)),
            }
        )
    return found


def scene_for(parts: Parts, loaded: Loaded, thread_id: int, now: datetime) -> Scene:
    """Give the scene of one thread of a loaded correspondence."""
    thread = next(one for one in loaded.correspondence.threads if one.thread_id == thread_id)
    where = calendars_of(loaded.profile, loaded.contact)
    wording = wording_for(parts, loaded.correspondence)
    return scene_of(thread, loaded.correspondence, where, loaded.rhythm, wording, now)


def next_of(scene: Scene) -> dict[str, Any]:
    """Say what happens next if nothing changes."""
    looked = look(scene)
    if scene.thread.in_flight:
        return {"action": "sending", "why": "an update is on its way"}
    if looked.ready and looked.occasion:
        return {"action": "send", "at": encode(scene.now), "rule": looked.occasion.rule, "why": "an update is due now"}
    if looked.verdict is None:
        return {"action": "nothing", "why": "nothing is delayed"}
    return {
        "action": looked.verdict.action,
        "rule": looked.verdict.rule,
        "why": looked.verdict.why,
        "until": encode(looked.verdict.until),
    }
