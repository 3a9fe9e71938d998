"""What a planning batch reads: due correspondences with all their threads, one query per table."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, text

from schedules.acceptance import is_free
from schedules.cadence import NextCheckpoint
from schedules.correspondence import Absence, Correspondence, PastUpdate, Team, Thread, Told
from schedules.events import Person
from schedules.facts import LineFacts
from schedules.kinds import PromisedAs, SetBy
from schedules.promises import Promise
from schedules.rhythm import Rhythm
from schedules.window import Window
from worker.presets import rhythm_of
from worker.storage import sellers
from worker.storage.codec import decode, member_of
from worker.storage.direct import Later, later, run
from worker.storage.registers import order_facts

BEGINNING: Final = datetime.min.replace(tzinfo=UTC)
PROMISED_AS: Final = member_of(PromisedAs)
SET_BY: Final = member_of(SetBy)
LONG_AGO = timedelta(minutes=15)
REMEMBERED = timedelta(days=8)
PER_SELLER_AND_ROUND = 100
"""R48: at most this many of one seller in a batch."""

CLAIM_DUE = text(
    "with candidates as ("
    " select id, seller_id, wake_at from correspondence where wake_at >= :since and wake_at <= :now"
    " and (taken_until is null or taken_until <= :now)"
    " and audience = :audience and parked is null order by wake_at limit :reach),"
    " overdue as (select c.id, c.seller_id, coalesce(case when c.wake_at < :long_ago then"
    "   (select min(p.due_at) from thread t join promise p on p.thread_id = t.id and p.outcome = 'open'"
    "   where t.correspondence_id = c.id and p.due_at <= :now) end, c.wake_at) as wake_at from candidates c),"
    " fair as (select id, wake_at, row_number() over (partition by seller_id order by wake_at) as place"
    "  from overdue),"
    " taken as (select c.id, f.wake_at from correspondence c join fair f on f.id = c.id"
    " where f.place <= :per_seller and c.wake_at <= :now and (c.taken_until is null or c.taken_until <= :now)"
    " order by f.wake_at limit :most"
    " for no key update of c skip locked)"
    " update correspondence c set taken_until = :lease_until from taken where c.id = taken.id"
    " returning c.id, taken.wake_at as rang_at"
)


def claim_due(
    connection: Connection, audience: str, now: datetime, most: int, lease: timedelta, since: datetime = BEGINNING
) -> dict[int, datetime]:
    """Take due correspondences, oldest first, for a short lease; give the moment of each one's alarm.

    Only alarms from `since` on are looked for.

    What rang long ago (something was away) comes in the order of its promises, not of whatever rang before them.
    Their alarms stay as they are until what follows is written: whoever dies while planning leaves them ringing. What
    comes meanwhile ends the lease.
    """
    values = {
        "now": now,
        "since": since,
        "audience": audience,
        "reach": most * 5,
        "per_seller": PER_SELLER_AND_ROUND,
        "most": most,
        "lease_until": now + lease,
        "long_ago": now - LONG_AGO,
    }
    rows = sorted(run(connection, CLAIM_DUE, values), key=lambda row: (row.rang_at, row.id))
    return {row.id: row.rang_at for row in rows}


NEXT_RING = text(
    "select (select min(wake_at) from correspondence where wake_at > :now and wake_at < :until"
    "  and audience = :audience and parked is null) as at,"
    " (select id from correspondence where wake_at >= :since and wake_at <= :now and taken_until > :now"
    "  and audience = :audience and parked is null order by wake_at limit 1) is not null as taken"
)


def next_ring(
    connection: Connection, audience: str, since: datetime, now: datetime, until: datetime
) -> tuple[datetime | None, bool]:
    """Give the first alarm after `now` and before `until`, and whether one from `since` on rings that somebody took."""
    values = {"audience": audience, "since": since, "now": now, "until": until}
    (row,) = run(connection, NEXT_RING, values)
    return row.at, row.taken


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
    at: datetime
    """The moment as of which it was read, and for which it is planned."""
    rev: int
    seller_id: int
    slug: str
    profile: dict[str, Any]
    contact: dict[str, Any]
    address_key: str
    correspondence: Correspondence
    threads: dict[int, LoadedThread]
    stopped: bool = False
    taken_until: datetime | None = None
    """The end of the lease under which it was read."""

    @property
    def rhythm(self) -> Rhythm:
        """Give the rhythm that the seller has chosen."""
        return rhythm_of(self.profile)


CORRESPONDENCES = text(
    "select id, rev, seller_id, contact, address_key, preference, last_update_at, unreachable, taken_until"
    " from correspondence where id = any(:ids)"
)
SELLERS = text("select id, slug, profile, away, stopped_at from seller where id = any(:ids)")
THREADS = text(
    "select t.*, (select json_agg(l.facts) from line l where l.thread_id = t.id) as lines,"
    " coalesce(past.under_way, false) as in_flight, past.history"
    " from unnest(cast(:ids as bigint[]), cast(:since as timestamptz[])) as given(correspondence_id, since)"
    " join thread t using (correspondence_id) cross join lateral ("
    "  select bool_or(mt.live and m.state in ('pending', 'sending', 'unknown')) as under_way,"
    "  json_agg(json_build_array(m.accepted_at, mt.section -> 'promised', mt.section -> 'weight'))"
    "   filter (where m.accepted_at > given.since) as history"
    "  from mail_thread mt join mail m on m.id = mt.mail_id where mt.thread_id = t.id) past order by t.order_no"
)


def load(connection: Connection, moments: Mapping[int, datetime]) -> list[Loaded]:
    """Read correspondences, each as of its moment: threads, lines, open promises, mails of the last week and under way.

    In their given order; for a batch of a running process the moments are all the same.
    """
    ids = list(moments)
    asked = later(connection, CORRESPONDENCES, {"ids": ids})
    rows = run(connection, THREADS, {"ids": ids, "since": [at - REMEMBERED for at in moments.values()]})
    heads = asked.rows()
    of_sellers = sorted({head.seller_id for head in heads})
    their = later(connection, SELLERS, {"ids": of_sellers})
    open_ones = open_promises(connection, [row.id for row in rows])
    paused = Paused(sellers.pauses(connection, of_sellers))
    promises = {row.thread_id: row for row in open_ones.rows()}
    known = {row.id: (row, team_of(row.profile, row.away)) for row in their.rows()}
    of_head = defaultdict(list)
    for row in rows:
        of_head[row.correspondence_id].append((row, _thread(row, promises.get(row.id), paused)))
    place = {id_: number for number, id_ in enumerate(ids)}
    in_order = sorted(heads, key=lambda head: place[head.id])
    return [_loaded(head, *known[head.seller_id], of_head[head.id], moments[head.id]) for head in in_order]


class Paused:
    """What is paused, and by whom: whole sellers, orders, items."""

    def __init__(self, pauses: Sequence[tuple[int, str, str, str]]) -> None:
        self._by = {(seller, order, sku): by for seller, order, sku, by in pauses}

    def by(self, seller_id: int, order: str, lines: Sequence[LineFacts]) -> str:
        """Tell who paused an order, its seller, or the item of one of its open lines; empty if nobody did."""
        if not self._by:
            return ""
        keys = [("", ""), (order, ""), *(("", line.sku) for line in lines if not line.settled)]
        return next((self._by[seller_id, *key] for key in keys if (seller_id, *key) in self._by), "")


def team_of(profile: dict[str, Any], away: Sequence[dict[str, Any]] = ()) -> Team:
    """Read who answers for a seller's orders, and who stands in for whom."""
    return Team(
        default_owner=decode(Person, profile.get("default_owner") or {}),
        escalation=decode(Person, profile.get("escalation") or {}),
        zone=str(profile.get("timezone") or "UTC"),
        absences=tuple(decode(Absence, one | {"since": one["from"]}) for one in away),
    )


def _loaded(head: Any, seller: Any, team: Team, threads: list[tuple[Any, Thread]], at: datetime) -> Loaded:
    return Loaded(
        id=head.id,
        at=at,
        rev=head.rev,
        seller_id=head.seller_id,
        slug=seller.slug,
        profile=seller.profile,
        contact=head.contact,
        address_key=head.address_key,
        correspondence=Correspondence(
            address=str(head.contact.get("email") or ""),
            team=team,
            threads=tuple(thread for _, thread in threads),
            preference=head.preference,
            unreachable=not head.contact.get("email") or head.unreachable is not None,
            last_update_at=head.last_update_at,
        ),
        threads={row.id: _kept(row) for row, _ in threads},
        stopped=seller.stopped_at is not None,
        taken_until=head.taken_until,
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


def _thread(row: Any, promise: Any, paused: Paused) -> Thread:
    lines = tuple(decode(LineFacts, facts) for facts in row.lines or ())
    return Thread(
        thread_id=row.id,
        facts=order_facts(row.order_no, row.order_facts, lines),
        told=decode(Told, row.told) if row.told else None,
        promise=promise_of(promise) if promise else None,
        window=Window(row.window_first_at, row.window_ends_at) if row.window_ends_at else None,
        opened_at=row.opened_at,
        company=row.company,
        history=tuple(
            PastUpdate(datetime.fromisoformat(at), free=is_free(weight, promised=bool(promised)))
            for at, promised, weight in row.history or ()
        ),
        in_flight=row.in_flight,
        replacing=row.replacements > 0,
        quiet_updates=row.quiet_updates,
        holding_notes=row.holding_notes,
        handed_over=row.handed_over,
        arrived_since_told=row.facts_rev > row.told_facts_rev,
        paused_by=paused.by(row.seller_id, row.order_no, lines),
        leaving=row.leaving,
        reminded_for=datetime.fromisoformat(row.reminded_for) if row.reminded_for else None,
    )


def promise_of(row: Any) -> Promise:
    """Read a promise from its row."""
    checkpoint = NextCheckpoint(
        due_at=row.due_at,
        promised_as=PROMISED_AS(row.promised_as),
        set_by=SET_BY(row.set_by),
        line=row.line_no,
        shipping_step=row.shipping_step,
    )
    return Promise(made_at=row.made_at, checkpoint=checkpoint, kept_until=row.kept_until)


OPEN_PROMISES = text(
    "select thread_id, made_at, due_at, promised_as, set_by, line_no, shipping_step, kept_until from promise"
    " where outcome = 'open' and thread_id = any(:ids)"
)


def open_promises(connection: Connection, thread_ids: Sequence[int]) -> Later:
    """Read the open promises of threads, before whatever comes next; `promise_of` reads its rows."""
    return later(connection, OPEN_PROMISES, {"ids": list(thread_ids)})
