"""What falls due next, over all orders, and what will happen then if nothing changes (R28)."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from schedules.coming import Coming, coming
from worker.storage import reports
from worker.storage.planning import Loaded, load
from worker.usecases.explain import scene_for
from worker.usecases.parts import Parts


def coming_up(connection: Connection, parts: Parts, until: datetime, most: int) -> list[dict[str, Any]]:
    """Read the alarms up to a moment, soonest first, each with what it rings for; all contacts in one read."""
    rows = reports.due(connection, until, most)
    now = parts.clock(connection)
    buyers = [row["id"] for row in rows if row["audience"] == "buyer"]
    loaded = {one.id: one for one in load(connection, dict.fromkeys(buyers, now))} if buyers else {}
    found = []
    for row in rows:
        first = _first(parts, loaded[row["id"]], now) if row["id"] in loaded else None
        more = {"what": first.what if first else None, "rule": first.rule if first else "R13"}
        found.append({name: row[name] for name in row if name != "id"} | more | {"code": first.code if first else ""})
    return found


def _first(parts: Parts, loaded: Loaded, now: datetime) -> Coming | None:
    """Give what happens first to any of a contact's orders."""
    steps = [
        step
        for thread in loaded.correspondence.threads
        for step in coming(scene_for(parts, loaded, thread.thread_id, now))[:1]
    ]
    return min(steps, key=lambda step: step.at, default=None)
