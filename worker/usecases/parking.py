"""A correspondence that cannot be planned is parked and shown, not looped."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import Connection, text

from schedules.decisions import Action
from worker.storage import journal, mails, orders
from worker.storage.planning import Loaded
from worker.usecases.claimed import Claimed
from worker.usecases.journaling import decision_row, thread_decision
from worker.usecases.owing import tell_operator
from worker.usecases.parts import Parts

log = structlog.get_logger()
PARK: Final = text("update correspondence set parked = :reason, wake_at = null where id = :id")
UNPARK: Final = text("update correspondence set parked = null where id = any(:ids) returning id")


def park(connection: Connection, parts: Parts, stuck: Sequence[tuple[Loaded, str]]) -> None:
    """Set correspondences aside, write why, and tell the operator; an event about them does not wake them."""
    orders.lock(connection, [loaded.id for loaded, _ in stuck])
    decisions = []
    for loaded, reason in stuck:
        connection.execute(PARK, {"id": loaded.id, "reason": reason})
        numbers = ", ".join(thread.order for thread in loaded.threads.values())
        note = f"Orders {numbers} of {loaded.slug} are parked: {reason}. `backorder unpark` lets them go on."
        key = f"parked/{loaded.id}/{loaded.at.isoformat()}"
        tell_operator(connection, parts, loaded.seller_id, key, note, loaded.at)
        decisions += [
            decision_row(loaded, thread_id) | {"action": Action.PARKED, "rule": "R28", "why": reason}
            for thread_id in loaded.threads
        ]
    journal.write_decisions(connection, decisions)


def unpark(connection: Connection, ids: Sequence[int], now: datetime) -> int:
    """Let parked correspondences be planned again; give how many were parked."""
    orders.lock(connection, ids)
    freed = list(connection.execute(UNPARK, {"ids": list(ids)}).scalars())
    orders.wake(connection, freed, now)
    return len(freed)


def park_mails(connection: Connection, parts: Parts, stuck: Sequence[tuple[Claimed, str]], now: datetime) -> None:
    """Set mails aside that end no other way, write why, and tell the operator; nothing tries them again by itself."""
    decisions = []
    for one, reason in stuck:
        mails.park(connection, one.row.id, reason, now)
        threads = one.threads or mails.threads_of(connection, [one.row.id])
        said = {"action": Action.PARKED, "rule": "R44", "why": reason, "kind": one.row.kind}
        said["message_id"] = one.row.message_id
        decisions += [thread_decision(thread, now) | said for thread in threads]
        numbers = ", ".join(thread.order_no for thread in threads) or "none"
        note = f"A mail ({one.row.kind}, orders: {numbers}) is parked: {reason}. `backorder unpark` lets it go on."
        log.warning("mail_parked", mail=one.row.id, why=reason)
        tell_operator(connection, parts, one.row.seller_id, f"parked/mail/{one.row.id}/{now.isoformat()}", note, now)
    journal.write_decisions(connection, decisions)
