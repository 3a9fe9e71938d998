"""Sending hours count at the moment of sending: a retry that comes at night waits for the morning (R24, R46)."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from schedules.decisions import Action
from schedules.kinds import PromisedAs
from worker.places import calendars_of
from worker.storage import journal, mails
from worker.usecases.claimed import Claimed
from worker.usecases.journaling import thread_decision


def postpone_to_hours(connection: Connection, claimed: list[Claimed]) -> list[Claimed]:
    """Put back what would leave outside the buyer's sending hours, but for promised moments; give the rest."""
    later = {one.row.id: opening for one in claimed for opening in [opening_of(one)] if opening > one.at}
    if not later:
        return claimed
    mails.postpone(connection, [{"id": mail_id, "send_at": at} for mail_id, at in later.items()])
    held = [one for one in claimed if one.row.id in later]
    why = "outside the buyer's sending hours"
    journal.write_decisions(
        connection,
        [
            thread_decision(thread, one.at)
            | {"action": Action.DEFERRED, "rule": "R24", "kind": one.row.kind, "why": why, "until": later[one.row.id]}
            | {"message_id": one.row.message_id}
            for one in held
            for thread in one.threads
        ],
    )
    return [one for one in claimed if one.row.id not in later]


def opening_of(one: Claimed) -> datetime:
    """Give the moment from which a claimed mail may leave: its own, if that is in hours or promised."""
    now = one.at
    if one.row.audience != "buyer" or not one.threads:
        return now
    if one.row.promised and any(_promised_moment(thread) or _in_time(thread, now) for thread in one.threads):
        return now
    first = one.threads[0]
    return calendars_of(first.profile, first.contact).sending.on_or_after(now)


def _promised_moment(thread: Any) -> bool:
    checkpoint = (thread.told or {}).get("checkpoint") or {}
    return bool(checkpoint.get("promised_as") == PromisedAs.MOMENT)


def _in_time(thread: Any, now: datetime) -> bool:
    """A promised day that became a day off after it was promised is kept all the same (R16)."""
    return thread.kept_until is not None and now <= thread.kept_until
