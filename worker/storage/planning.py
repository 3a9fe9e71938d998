"""What a planning batch reads: due correspondences with all their threads, one query per table."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from schedules.cadence import NextCheckpoint
from schedules.correspondence import Correspondence, PastUpdate, Team, Thread, Told
from schedules.events import Person
from schedules.facts import LineFacts
from schedules.kinds import PromisedAs, SetBy
from schedules.promises import Promise
from schedules.window import Window
from worker.storage.codec import decode
from worker.storage.registers import order_facts

PER_SELLER_AND_ROUND = 100
"""R48: at most this many of one seller in a batch."""

CLAIM_DUE = text(
    "with candidates as ("
    " select id, seller_id, wake_at from correspondence where wake_at <= :now and audience = :audience"
    " and parked is null order by wake_at limit :reach),"
    " fair as (select id, wake_at, row_number() over (partition by seller_id order by wake_at) as place"
    "  from candidates),"
    " taken as (select c.id from correspondence c join fair f on f.id = c.id"
    " where f.place <= :per_seller and c.wake_at <= :now order by f.wake_at limit :most for update of c skip locked)"
    " update correspondence c set wake_at = :lease_until from taken where c.id = taken.id"
    " returning c.id"
)


def claim_due(connection: Connection, audience: str, now: datetime, most: int, lease: timedelta) -> list[int]:
    """Take due correspondences, oldest first, by moving their alarm to the end of a short lease.

    Whoever dies while planning leaves an alarm that rings again by itself; an event that comes meanwhile rings it
    at once.
    """
    values = {
        "now": now,
        "audience": audience,
        "reach": most * 5,
        "per_seller": PER_SELLER_AND_ROUND,
        "most": most,
        "lease_until": now + lease,
    }
    return list(connection.execute(CLAIM_DUE, values).scalars())


@dataclass(slots=True)
class LoadedThread:
    """What the planner does not need but writing its plan does."""

    id: int
    facts_rev: int
    told_rev: int
    order: str
    root_message_id: str | None
    last_message_id: str | None
    last_verdict: list[Any] | None
    replacements: int


@dataclass(slots=True)
class Loaded:
    """A correspondence as planned from, with its revision to compare before writing."""

    id: int
    rev: int
    seller_id: int
    slug: str
    profile: dict[str, Any]
    contact: dict[str, Any]
    address_key: str
    correspondence: Correspondence
    threads: dict[int, LoadedThread]


CORRESPONDENCES = text(
    "select c.id, c.rev, c.seller_id, c.contact, c.address_key, c.preference, c.last_update_at, s.slug, s.profile"
    " from correspondence c join seller s on s.id = c.seller_id where c.id = any(:ids)"
)
THREADS = text("select * from thread where correspondence_id = any(:ids) order by order_no")
LINES = text("select thread_id, facts from line where thread_id = any(:ids)")
LIVE = text(
    "select mt.thread_id from mail_thread mt join mail m on m.id = mt.mail_id"
    " where mt.live and m.state in ('pending', 'sending', 'unknown') and mt.thread_id = any(:ids)"
)
HISTORY = text(
    "select mt.thread_id, m.accepted_at, mt.section from mail_thread mt join mail m on m.id = mt.mail_id"
    " where mt.thread_id = any(:ids) and m.accepted_at > :since"
)


def load(connection: Connection, ids: Sequence[int], now: datetime) -> list[Loaded]:
    """Read correspondences with threads, lines, open promises, mails under way and those of the last week."""
    heads = list(connection.execute(CORRESPONDENCES, {"ids": list(ids)}))
    rows = list(connection.execute(THREADS, {"ids": list(ids)}))
    thread_ids = [row.id for row in rows]
    lines = _grouped(connection.execute(LINES, {"ids": thread_ids}))
    promises = open_promises(connection, thread_ids)
    live = set(connection.execute(LIVE, {"ids": thread_ids}).scalars())
    since = now - timedelta(days=8)
    history = _grouped(connection.execute(HISTORY, {"ids": thread_ids, "since": since}))
    of_head = defaultdict(list)
    for row in rows:
        of_head[row.correspondence_id].append(
            (row, _thread(row, lines[row.id], promises.get(row.id), history[row.id], in_flight=row.id in live))
        )
    return [_loaded(head, of_head[head.id]) for head in heads]


def team_of(profile: dict[str, Any]) -> Team:
    """Read who answers for a seller's orders."""
    return Team(
        default_owner=decode(Person, profile.get("default_owner") or {}),
        escalation=decode(Person, profile.get("escalation") or {}),
    )


def _grouped(rows: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.thread_id].append(row)
    return found


def _loaded(head: Any, threads: list[tuple[Any, Thread]]) -> Loaded:
    return Loaded(
        id=head.id,
        rev=head.rev,
        seller_id=head.seller_id,
        slug=head.slug,
        profile=head.profile,
        contact=head.contact,
        address_key=head.address_key,
        correspondence=Correspondence(
            address=str(head.contact.get("email") or ""),
            team=team_of(head.profile),
            threads=tuple(thread for _, thread in threads),
            preference=head.preference,
            last_update_at=head.last_update_at,
        ),
        threads={row.id: _kept(row) for row, _ in threads},
    )


def _kept(row: Any) -> LoadedThread:
    return LoadedThread(
        id=row.id,
        facts_rev=row.facts_rev,
        told_rev=row.told_rev,
        order=row.order_no,
        root_message_id=row.root_message_id,
        last_message_id=row.last_message_id,
        last_verdict=row.last_verdict,
        replacements=row.replacements,
    )


def _thread(row: Any, lines: list[Any], promise: Any, history: list[Any], *, in_flight: bool) -> Thread:
    facts = order_facts(row.order_no, row.order_facts, tuple(decode(LineFacts, line.facts) for line in lines))
    return Thread(
        thread_id=row.id,
        facts=facts,
        told=decode(Told, row.told) if row.told else None,
        promise=promise_of(promise) if promise else None,
        window=Window(row.window_first_at, row.window_ends_at) if row.window_ends_at else None,
        opened_at=row.opened_at,
        company=row.company,
        history=tuple(PastUpdate(one.accepted_at, free=_is_free(one.section)) for one in history),
        in_flight=in_flight,
        replacing=row.replacements > 0,
        quiet_updates=row.quiet_updates,
        holding_notes=row.holding_notes,
        handed_over=row.handed_over,
        arrived_since_told=row.facts_rev > row.told_facts_rev,
    )


def _is_free(section: dict[str, Any]) -> bool:
    return not section["promised"] and section["weight"] != "decisive"


def promise_of(row: Any) -> Promise:
    """Read a promise from its row."""
    checkpoint = NextCheckpoint(
        due_at=row.due_at,
        promised_as=PromisedAs(row.promised_as),
        set_by=SetBy(row.set_by),
        line=row.line_no,
        shipping_step=row.shipping_step,
    )
    return Promise(made_at=row.made_at, checkpoint=checkpoint, kept_until=row.kept_until)


OPEN_PROMISES = text("select * from promise where outcome = 'open' and thread_id = any(:ids)")


def open_promises(connection: Connection, thread_ids: Sequence[int]) -> dict[int, Any]:
    """Read the open promises of threads."""
    return {row.thread_id: row for row in connection.execute(OPEN_PROMISES, {"ids": list(thread_ids)})}
