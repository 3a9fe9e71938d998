"""A correspondence that cannot be read or planned is parked and shown, not looped."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, Final, NamedTuple

import structlog
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from schedules.decisions import Action
from worker.storage import journal, mails, orders
from worker.storage.planning import claim_due, load
from worker.usecases.claimed import Claimed
from worker.usecases.journaling import thread_decision
from worker.usecases.owing import tell_operator
from worker.usecases.parts import Parts
from worker.usecases.work import BATCH, LEASE

log = structlog.get_logger()
WHO: Final = text(
    "select c.id, c.seller_id, c.address_key, s.slug as seller, s.profile, t.id as thread_id, t.order_no, t.facts_rev,"
    " t.told_rev from correspondence c join seller s on s.id = c.seller_id"
    " left join thread t on t.correspondence_id = c.id where c.id = any(:ids) order by c.id, t.order_no"
)
PARK: Final = text("update correspondence set parked = :reason, wake_at = null, taken_until = null where id = :id")
UNPARK: Final = text("update correspondence set parked = null where id = any(:ids) returning id")


class Stuck(NamedTuple):
    """A correspondence that cannot go on, why, and when that was found."""

    id: int
    reason: str
    at: datetime


def park(connection: Connection, parts: Parts, stuck: Sequence[Stuck]) -> None:
    """Set correspondences aside, write why, and tell the operator; an event about them does not wake them."""
    orders.lock(connection, [one.id for one in stuck])
    decisions, found = [], {one.id: one for one in stuck}
    for id_, rows in groupby(connection.execute(WHO, {"ids": list(found)}), key=attrgetter("id")):
        of_threads, (_, reason, at) = list(rows), found[id_]
        connection.execute(PARK, {"id": id_, "reason": reason})
        first, threads = of_threads[0], [row for row in of_threads if row.thread_id]
        note = f"{_named(first.seller, threads)} are parked: {reason}. `backorder unpark` lets them go on."
        tell_operator(connection, parts, first.seller_id, f"parked/{id_}/{at.isoformat()}", note, at)
        said = {"action": Action.PARKED, "rule": "R28", "why": reason}
        decisions += [thread_decision(row, at) | said for row in threads]
    journal.write_decisions(connection, decisions)


def _named(seller: str, threads: Sequence[Any]) -> str:
    if not threads:
        return f"Lists for somebody of {seller}"
    return f"Orders {', '.join(row.order_no for row in threads)} of {seller}"


def park_unreadable(parts: Parts, audience: str) -> int:
    """Park what is due and cannot be read, so that the others are planned; give how many that are.

    Each is read alone. Nothing is claimed for it.
    """
    stuck = []
    with parts.engine.connect() as connection:
        now = parts.clock(connection)
        for id_ in claim_due(connection, audience, now, BATCH, LEASE):
            try:
                with connection.begin_nested():
                    load(connection, {id_: now})
            except OperationalError:
                raise
            except Exception as fault:  # whatever it is, it is this correspondence's alone
                log.exception("correspondence_not_read", correspondence=id_)
                stuck.append(Stuck(id_, f"reading failed: {type(fault).__name__}", now))
        connection.rollback()
    if stuck:
        with parts.engine.begin() as connection:
            park(connection, parts, stuck)
    return len(stuck)


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
