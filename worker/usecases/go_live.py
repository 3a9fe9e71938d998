"""A seller leaves shadow: open threads start untold, unless he says that they count as told (R49)."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from worker.presets import rhythm_of

CLOSE = text(
    "update promise set outcome = 'closed', settled_at = :at where outcome = 'open' and seller_id = :seller_id"
    " and due_at > :at"
)
MISS = text("update promise set outcome = 'missed', settled_at = :at where outcome = 'open' and seller_id = :seller_id")
DROP = text(
    "update mail set state = 'replaced', send_at = null where seller_id = :seller_id and shadow"
    " and state in ('pending', 'unknown')"
)
START_UNTOLD = text(
    "update thread set told = null, told_rev = told_rev + 1, told_facts_rev = 0, opened_at = :at, quiet_updates = 0,"
    " holding_notes = 0, handed_over = false, last_verdict = null, window_first_at = :at, window_ends_at = :settled"
    " where seller_id = :seller_id and not leaving and exists (select from line l where l.thread_id = thread.id"
    " and l.delayed > 0)"
)
WAKE = text(
    "update correspondence set last_update_at = null, wake_at = :at, taken_until = null, rev = rev + 1"
    " where seller_id = :seller_id and audience = 'buyer'"
)
END_LIVE = text(
    "update mail_thread set live = false where mail_id in (select id from mail where seller_id = :seller_id and shadow)"
)


def left_shadow(before: dict[str, Any] | None, after: dict[str, Any]) -> bool:
    """Tell whether a configuration ends the shadow without keeping what was told in it."""
    was = before is not None and before.get("mode") == "shadow"
    return was and after.get("mode") != "shadow" and not after.get("keep_told")


def go_live(connection: Connection, seller_id: int, profile: dict[str, Any], now: datetime) -> None:
    """Forget what was told in shadow: its promises are closed, open orders get a first notice."""
    values = {"seller_id": seller_id, "at": now}
    for statement in (DROP, END_LIVE, CLOSE, MISS, WAKE):
        connection.execute(statement, {name: values[name] for name in _named(statement)})
    connection.execute(START_UNTOLD, values | {"settled": now + rhythm_of(profile).settle})


def _named(statement: Any) -> list[str]:
    return list(statement.compile().params)
