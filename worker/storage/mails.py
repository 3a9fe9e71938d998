"""Mails: written pending with their bytes, claimed in groups, fenced, settled (R36, R44, R46)."""

import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, text

from worker.storage.schema_mail import attempt, mail, mail_bytes, mail_thread


def add(connection: Connection, row: dict[str, Any], content: bytes, threads: Sequence[dict[str, Any]]) -> int:
    """Write one pending mail with its exact bytes and the threads it speaks to."""
    mail_id: int = connection.execute(insert(mail).returning(mail.c.id), row).scalar_one()
    connection.execute(insert(mail_bytes), {"mail_id": mail_id, "zipped": zlib.compress(content, 6)})
    if threads:
        connection.execute(insert(mail_thread), [{"mail_id": mail_id, **one} for one in threads])
    return mail_id


CLAIM = text(
    "with due as (select id from mail where send_at <= :now and not stopped order by send_at, id limit :most"
    "  for update skip locked)"
    " update mail m set state = 'sending', send_at = null, instance_id = :instance, claim_no = claim_no + 1,"
    " attempts = attempts + 1, first_try_at = coalesce(first_try_at, :now)"
    " from due where m.id = due.id"
    " returning m.id, m.correspondence_id, m.seller_id, m.audience, m.kind, m.message_id, m.sender, m.recipient,"
    " m.claim_no, m.attempts, m.unknowns, m.first_try_at, m.stale_at, m.created_at, m.checklist,"
    " m.promised, m.shadow"
)


def claim(connection: Connection, instance: int, now: datetime, most: int) -> list[Any]:
    """Take due mails for one process: one commit group."""
    rows = list(connection.execute(CLAIM, {"now": now, "instance": instance, "most": most}))
    return sorted(rows, key=lambda row: (row.created_at, row.id))


BYTES = text("select mail_id, zipped from mail_bytes where mail_id = any(:ids)")


def contents(connection: Connection, ids: Sequence[int]) -> dict[int, bytes]:
    """Read the exact bytes of mails."""
    return {row.mail_id: zlib.decompress(row.zipped) for row in connection.execute(BYTES, {"ids": list(ids)})}


THREADS_OF_MAILS = text(
    "select mt.mail_id, mt.thread_id, mt.facts_rev, mt.told_rev, mt.section, mt.live, t.facts_rev as facts_rev_now,"
    " t.told_rev as told_rev_now, t.told, t.order_no, t.opened_at, t.order_facts, t.replacements, t.root_message_id,"
    " t.quiet_updates, t.holding_notes, t.handed_over, t.company, s.slug as seller, s.profile,"
    " c.contact, c.address_key, t.leaving, c.unreachable,"
    " (select p.kept_until from promise p where p.thread_id = t.id and p.outcome = 'open') as kept_until,"
    " exists (select from pause p where p.seller_id = t.seller_id and p.active) as paused"
    " from mail_thread mt join thread t on t.id = mt.thread_id join seller s on s.id = t.seller_id"
    " join correspondence c on c.id = t.correspondence_id where mt.mail_id = any(:ids) order by mt.mail_id, t.order_no"
)


def threads_of(connection: Connection, ids: Sequence[int]) -> list[Any]:
    """Read the threads that mails speak to, as planned and as they stand."""
    return list(connection.execute(THREADS_OF_MAILS, {"ids": list(ids)}))


HOLD_BACK = text(
    "update mail set state = case when unknowns > 0 then 'unknown' else 'pending' end, send_at = :now, stopped = true,"
    " instance_id = null, attempts = attempts - 1 where id = any(:ids) and state = 'sending'"
)


def hold_back(connection: Connection, ids: Sequence[int], now: datetime) -> None:
    """Put claimed mails of a stopped seller back; they stay until somebody lets them go (R49)."""
    if ids:
        connection.execute(HOLD_BACK, {"ids": list(ids), "now": now})


POSTPONE = text(
    "update mail set state = case when unknowns > 0 then 'unknown' else 'pending' end, send_at = :send_at,"
    " instance_id = null, attempts = attempts - 1 where id = :id and state = 'sending'"
)


def postpone(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Put claimed mails back until a later moment, as if they had not been tried."""
    if rows:
        connection.execute(POSTPONE, rows)


def start_attempts(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Note attempts before the work, so that whatever dies has been counted."""
    if rows:
        connection.execute(insert(attempt), rows)


END_ATTEMPT = text(
    "update attempt set ended_at = :at, outcome = :outcome, passed_dot = :passed_dot, reply = :reply"
    " where mail_id = :mail_id and number = :number"
)


def end_attempts(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Note how attempts ended."""
    if rows:
        connection.execute(END_ATTEMPT, rows)


SETTLE = text(
    "update mail set state = :state, send_at = :send_at, accepted_at = :accepted_at, instance_id = null,"
    " unknowns = :unknowns where id = :mail_id and state = 'sending' and instance_id = :instance"
    " and claim_no = :claim_no"
    " returning id"
)


def settle(connection: Connection, row: dict[str, Any]) -> bool:
    """Write the end of one claim; False if the fence says that somebody else took it over."""
    return connection.execute(SETTLE, row).first() is not None


END_LIVE = text("update mail_thread set live = false where mail_id = any(:ids)")


def end_live(connection: Connection, ids: Sequence[int]) -> None:
    """Free the threads of ended mails for the next update."""
    if ids:
        connection.execute(END_LIVE, {"ids": list(ids)})


ORPHANS = text(
    "select m.id, m.claim_no, m.attempts, m.unknowns, m.first_try_at, a.passed_dot from mail m"
    " join instance i on i.id = m.instance_id left join attempt a on a.mail_id = m.id and a.number = m.attempts"
    " where m.state = 'sending' and i.heartbeat_at < :silent_since for update of m skip locked"
)


def orphans(connection: Connection, silent_since: datetime) -> list[Any]:
    """Lock the claims of instances that have been silent since a moment."""
    return list(connection.execute(ORPHANS, {"silent_since": silent_since}))


RELEASE = text(
    "update mail set state = :state, send_at = :send_at, instance_id = null, claim_no = claim_no + 1,"
    " unknowns = :unknowns where id = :mail_id and state = 'sending'"
)


def release(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Give claims of dead instances back."""
    if rows:
        connection.execute(RELEASE, rows)


HELD = text("select count(*) from mail where id = any(:ids) and state = 'sending' and instance_id = :instance")


def held(connection: Connection, instance: int, ids: Sequence[int]) -> int:
    """Count the mails that a process still holds."""
    found: int = connection.execute(HELD, {"ids": list(ids), "instance": instance}).scalar_one()
    return found
