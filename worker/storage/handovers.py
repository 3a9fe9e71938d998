"""An order passes to another contact: a thread of his own, the lines with it, the old promise closed (R50, R17)."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, null, text
from sqlalchemy.dialects.postgresql import insert as upsert

from worker.storage.schema import thread

LINES = text("update line set thread_id = :new where thread_id = :old")
LEAVE = text(
    "update thread set leaving = true, facts_rev = facts_rev + 1, window_first_at = null, window_ends_at = null,"
    " last_verdict = null where id = :old"
)
CLOSE = text(
    "update promise set outcome = 'closed', settled_at = :at where thread_id = :old and outcome = 'open'"
    " and due_at > :at"
)


def move(connection: Connection, old: int, values: dict[str, Any]) -> int:
    """Move an order's lines into its thread with another contact; give that thread's id.

    A contact who had the order before gets his thread back, told nothing: he starts with the full state.
    """
    row = {name: value for name, value in values.items() if name != "thread_id"}
    again = row | {"leaving": False, "told": null(), "told_rev": thread.c.told_rev + 1, "last_verdict": null()}
    made = upsert(thread).values(row)
    made = made.on_conflict_do_update(index_elements=["seller_id", "order_no", "correspondence_id"], set_=again)
    new: int = connection.execute(made.returning(thread.c.id)).scalar_one()
    at: datetime = values["opened_at"]
    connection.execute(LINES, {"new": new, "old": old})
    connection.execute(LEAVE, {"old": old})
    connection.execute(CLOSE, {"old": old, "at": at})
    return new
