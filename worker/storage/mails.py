"""Mails: claimed in groups, fenced, settled (R44, R46)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, text

from worker.storage.direct import run
from worker.storage.rowtypes import Rows
from worker.storage.schema_given import END
from worker.storage.sets import as_recordset, records

SELLERS_AT_A_TURN: Final = 8
REACH: Final = 100
HEAD: Final = 25
SHARE: Final = 5
CLAIMED: Final = (
    " update mail m set state = 'sending', send_at = null, instance_id = :instance, claim_no = claim_no + 1,"
    " attempts = attempts + 1, first_try_at = coalesce(first_try_at, {now})"
    " from due where m.id = due.id"
    " returning m.id, m.correspondence_id, m.seller_id, m.audience, m.kind, m.message_id, m.sender, m.recipient,"
    " m.claim_no, m.attempts, m.unknowns, m.first_try_at, m.stale_at, m.created_at, m.checklist,"
    " m.promised, m.shadow, due.send_at as due_at"
)
CLAIM = text(
    "with recursive turn (seller_id, number) as ("
    " (select seller_id, 1 from mail where state in ('pending', 'unknown') and not stopped and parked is null"
    "   and seller_id > :after order by seller_id limit 1)"
    " union all select (select m.seller_id from mail m where m.state in ('pending', 'unknown') and not m.stopped"
    "   and m.parked is null and m.seller_id > t.seller_id order by m.seller_id limit 1), t.number + 1"
    f"  from turn t where t.seller_id is not null and t.number < {SELLERS_AT_A_TURN}),"
    " oldest as (select id, seller_id, send_at from mail where send_at <= :now and not stopped and parked is null"
    f"  order by send_at, id limit {REACH}),"
    " heads as (select h.id, h.seller_id, h.send_at from turn t cross join lateral ("
    "  select id, seller_id, send_at from mail where seller_id = t.seller_id and state in ('pending', 'unknown')"
    f"   and send_at <= :now and not stopped and parked is null order by send_at, id limit {HEAD}) h"
    "  where t.seller_id is not null),"
    " ranked as (select id, send_at, row_number() over (partition by seller_id order by send_at, id) as place"
    "  from (select * from oldest union select * from heads) c),"
    " due as (select m.id, m.send_at from unnest(array("
    f"   select id from ranked order by (place - 1) / {SHARE}, send_at, id limit {REACH}"
    "  )) with ordinality as c (id, turn)"
    "  join mail m on m.id = c.id where m.send_at <= :now and not m.stopped and m.parked is null"
    "  order by c.turn limit :most for update of m skip locked)" + CLAIMED.format(now=":now")
)
"""Its bounds are part of its text, so that PostgreSQL plans it once and not anew for each group."""


def claim(connection: Connection, instance: int, now: datetime, most: int, after: int) -> tuple[list[Any], int]:
    """Take due mails for one process, oldest first; give them, and the seller after whom the next turn begins.

    The oldest of all compete with the oldest of a few sellers each turn, and nobody gets more than a handful while
    another one waits, so that a seller with a hundred thousand due mails holds up nobody (R48).
    """
    values = {
        "now": now,
        "instance": instance,
        "most": most,
        "after": after,
    }
    rows = sorted(run(connection, CLAIM, values), key=lambda row: (row.due_at, row.id))
    later = sorted({row.seller_id for row in rows if row.seller_id > after})
    return rows, (later[-1] if later else 0)


ANY_DUE = text(
    "select (select id from mail where send_at <= :now and not stopped and parked is null order by send_at limit 1)"
    " is not null as any"
)
"""Not with `exists`: PostgreSQL may answer that by reading mails in any order."""


THREADS_OF_MAILS = text(
    "select mt.mail_id, mt.thread_id, mt.facts_rev, mt.told_rev, mt.section, t.facts_rev as facts_rev_now,"
    " t.told_rev as told_rev_now, t.told, t.order_no, t.replacements,"
    " t.quiet_updates, t.holding_notes, t.handed_over, s.slug as seller, s.profile,"
    " c.contact, c.address_key, t.leaving, c.unreachable,"
    " (select p.kept_until from promise p where p.thread_id = t.id and p.outcome = 'open') as kept_until,"
    " exists (select from pause p where p.seller_id = t.seller_id and p.active) as paused"
    " from mail_thread mt join thread t on t.id = mt.thread_id join seller s on s.id = t.seller_id"
    " join correspondence c on c.id = t.correspondence_id where mt.mail_id = any(:ids) order by mt.mail_id, t.order_no"
)


def threads_of(connection: Connection, ids: Sequence[int]) -> list[Any]:
    """Read the threads that mails speak to, as planned and as they stand."""
    return run(connection, THREADS_OF_MAILS, {"ids": list(ids)})


HOLD_BACK = text(
    "update mail set state = case when unknowns > 0 then 'unknown' else 'pending' end, send_at = :now, stopped = true,"
    " instance_id = null, attempts = attempts - 1 where id = any(:ids) and state = 'sending'"
)


def hold_back(connection: Connection, ids: Sequence[int], now: datetime) -> None:
    """Put claimed mails of a stopped seller back; they stay until somebody lets them go (R49)."""
    if ids:
        run(connection, HOLD_BACK, {"ids": list(ids), "now": now})


POSTPONE = text(
    "update mail set state = case when unknowns > 0 then 'unknown' else 'pending' end, send_at = :send_at,"
    " instance_id = null, attempts = attempts - 1 where id = :id and state = 'sending'"
)


def postpone(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Put claimed mails back until a later moment, as if they had not been tried."""
    if rows:
        connection.execute(POSTPONE, rows)


START_ATTEMPTS = text(
    "insert into attempt (mail_id, number, started_at, instance_id)"
    " select mail_id, number, started_at, instance_id from "
    + records("mail_id bigint, number int, started_at timestamptz, instance_id bigint")
    + " on conflict (mail_id, number) do update set started_at = excluded.started_at,"
    " instance_id = excluded.instance_id, ended_at = null, outcome = null, reply = null"
)


def start_attempts(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Note attempts before the work, so that whatever dies has been counted; one that never started starts anew."""
    if rows:
        run(connection, START_ATTEMPTS, {"rows": as_recordset(rows)})


SETTLE = text(
    "update mail set state = :state, send_at = :send_at, accepted_at = :accepted_at, instance_id = null,"
    " unknowns = :unknowns where id = :mail_id and state = 'sending' and instance_id = :instance"
    " and claim_no = :claim_no"
    " returning id"
)


def settle(connection: Connection, row: dict[str, Any]) -> bool:
    """Write the end of one claim; False if the fence says that somebody else took it over."""
    return connection.execute(SETTLE, row).first() is not None


SETTLE_ALL = text(
    "with settled as (update mail m set state = r.state, send_at = r.send_at, accepted_at = r.accepted_at,"
    " unknowns = r.unknowns, server_away = r.server_away, attempts = r.attempts, instance_id = null"
    f" from {END.listed('rows')}"
    " where m.id = r.id and m.state = 'sending' and m.instance_id = :instance and m.claim_no = r.claim_no"
    " returning m.id, r.send_at, r.said),"
    " freed as (update mail_thread t set live = false from settled s"
    "  where t.mail_id = s.id and s.send_at is null and not s.said)"
    " select id, exists (select from mail where server_away) as server_was_away from settled"
)


@dataclass(frozen=True, slots=True)
class WrittenEnds:
    """What ending a group of claims brought to light."""

    ids: set[int]
    """The mails that the fence let through; the others belong to somebody else by now."""
    server_was_away: bool
    """Some mail waits for nothing but its server."""


def settle_all(connection: Connection, instance: int, rows: Sequence[dict[str, Any]]) -> WrittenEnds:
    """Write the ends of claims and free the threads of mails that ended unsaid, whose correspondences are locked."""
    if not rows:
        return WrittenEnds(set(), server_was_away=False)
    found = run(connection, SETTLE_ALL, {"rows": Rows(END, rows), "instance": instance})
    return WrittenEnds({row.id for row in found}, server_was_away=any(row.server_was_away for row in found))


END_LIVE = text("update mail_thread set live = false where mail_id = any(:ids)")


def end_live(connection: Connection, ids: Sequence[int]) -> None:
    """Free the threads of ended mails for the next update."""
    if ids:
        run(connection, END_LIVE, {"ids": list(ids)})


ORPHANS = text(
    "select m.id, m.correspondence_id, m.seller_id, m.kind, m.message_id, m.unknowns, m.losses from mail m"
    " join instance i on i.id = m.instance_id"
    " where m.state = 'sending' and (i.id = any(:dead) or cast(:silent_since as timestamptz) is not null"
    "  and (i.heartbeat_at < :silent_since or i.heartbeat_at > :ahead_of))"
    " for update of m skip locked"
)


def orphans(
    connection: Connection, dead: Sequence[int], silent_since: datetime | None, ahead_of: datetime
) -> list[Any]:
    """Lock the claims of dead processes and of silent ones: no heartbeat since a moment, or only one still to come."""
    values = {"dead": list(dead), "silent_since": silent_since, "ahead_of": ahead_of}
    return run(connection, ORPHANS, values)


RELEASE = text(
    "update mail set state = case when unknowns > 0 then 'unknown' else 'pending' end, send_at = :now,"
    " instance_id = null, claim_no = claim_no + 1, losses = losses + 1 where id = any(:ids) and state = 'sending'"
    " returning id, losses"
)


def release(connection: Connection, ids: Sequence[int], now: datetime) -> dict[int, int]:
    """Give back claims that were lost; give how often each has been lost by now."""
    if not ids:
        return {}
    return {row.id: row.losses for row in run(connection, RELEASE, {"ids": list(ids), "now": now})}


RETURN_STRAYS = text(
    "update mail set state = case when unknowns > 0 then 'unknown' else 'pending' end, send_at = :now,"
    " instance_id = null, claim_no = claim_no + 1, attempts = attempts - 1"
    " where state = 'sending' and instance_id = :instance and not (id = any(:known)) returning id"
)


def return_strays(connection: Connection, instance: int, known: Sequence[int], now: datetime) -> int:
    """Give back claims that a living process holds in the database and not in its hands; give how many."""
    values = {"instance": instance, "known": list(known), "now": now}
    return len(run(connection, RETURN_STRAYS, values))


PARK = text(
    "update mail set state = case when unknowns > 0 then 'unknown' else 'pending' end, parked = :reason,"
    " send_at = coalesce(send_at, :now), instance_id = null, claim_no = claim_no + 1 where id = :id"
    " and state in ('pending', 'unknown', 'sending')"
)
UNPARK = text("update mail set parked = null, losses = 0, send_at = :now where parked is not null returning id")


def park(connection: Connection, mail_id: int, reason: str, now: datetime) -> None:
    """Set a mail aside: it is neither sent nor lost until somebody lets it go on."""
    run(connection, PARK, {"id": mail_id, "reason": reason, "now": now})


def unpark(connection: Connection, now: datetime) -> int:
    """Let all parked mails go on; give how many there were."""
    return len(run(connection, UNPARK, {"now": now}))


AWAY = text(
    "select m.id, (select min(t.told -> 'checkpoint' ->> 'due_at') from mail_thread mt join thread t"
    "  on t.id = mt.thread_id where mt.mail_id = m.id) as promised_for, m.created_at"
    " from mail m where m.server_away for update of m skip locked"
)
CALL_BACK = text(
    "update mail m set server_away = false, send_at = e.send_at"
    " from unnest(cast(:ids as bigint[]), cast(:moments as timestamptz[])) as e (id, send_at)"
    " where m.id = e.id and m.send_at is not null"
)


def away(connection: Connection) -> list[int]:
    """Lock the mails that wait for nothing but their server, the oldest promise first."""
    rows = connection.execute(AWAY).all()
    return [row.id for row in sorted(rows, key=lambda row: (_overdue_since(row), row.id))]


def _overdue_since(row: Any) -> datetime:
    """Give the moment that was promised, if it lies before the mail; else when the mail was made."""
    made_at: datetime = row.created_at
    return min(datetime.fromisoformat(row.promised_for), made_at) if row.promised_for else made_at


def call_back(connection: Connection, moments: dict[int, datetime]) -> None:
    """Let mails that waited for their server go at these moments."""
    run(connection, CALL_BACK, {"ids": list(moments), "moments": list(moments.values())})
