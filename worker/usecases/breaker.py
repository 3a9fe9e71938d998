"""The circuit breaker: mail far above a seller's busiest hour stops and asks the operator (R49)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import Connection, text

from schedules.moments import hour_of
from schedules.rhythm import Rhythm
from worker.presets import rhythm_of
from worker.storage.direct import run
from worker.usecases.owing import tell_operator
from worker.usecases.parts import Parts

log = structlog.get_logger()
REMEMBERED: Final = timedelta(days=28)
KNOWN_AFTER: Final = timedelta(days=7)
ONE_HOUR: Final = timedelta(hours=1)
TO_RELEASE: Final = "To let it go: `backorder release SELLER`, or a `seller.resumed` event."

HOURS = text(
    "select s.id, s.slug, s.stopped_at, given.hour, min(h.hour) as first,"
    " json_build_object('policy', s.profile -> 'policy', 'policy_version', s.profile -> 'policy_version',"
    "  'figures', s.profile -> 'figures') as profile,"
    " (select json_agg(json_build_array(p.seller_id, p.order_no, p.sku, p.by)) from pause p"
    "  where p.active and p.seller_id = s.id) as pauses,"
    " max(h.mails) filter (where h.hour < given.hour) as busiest,"
    " coalesce(max(h.mails) filter (where h.hour = given.hour"
    "  and (s.released_at is null or s.released_at < h.hour)), 0) as sent"
    " from unnest(cast(:sellers as bigint[]), cast(:hours as timestamptz[]), cast(:since as timestamptz[]))"
    "  as given(seller_id, hour, since) join seller s on s.id = given.seller_id"
    " left join mail_hour h on h.seller_id = s.id and h.hour > given.since group by s.id, given.hour"
)
"""Of a seller's configuration what says his rhythm: all of it takes longer to read than all else about him."""
STOP = text("update seller set stopped_at = :at where id = any(:ids) and stopped_at is null returning id, slug")
HOLD = text(
    "update mail set stopped = true where seller_id = any(:ids) and not promised and audience = 'buyer'"
    " and state in ('pending', 'unknown')"
)
RELEASE = text("update seller set stopped_at = null, released_at = :at where id = :id and stopped_at is not null")
SEND_AGAIN = text("update mail set stopped = false where seller_id = :id and stopped")


def most_per_hour(first: datetime | None, busiest: int | None, now: datetime, rhythm: Rhythm) -> int:
    """Give how many mails a seller may send in an hour: five times the busiest of 28 days, or a set limit while new."""
    if first is None or first > now - KNOWN_AFTER:
        return rhythm.mails_per_hour_at_first
    return max((busiest or 0) * rhythm.times_the_busiest_hour, rhythm.mails_per_hour_at_least)


@dataclass(frozen=True, slots=True)
class Standing:
    """How sellers stand in the hour of a moment."""

    rows: Sequence[Any]
    now: datetime

    def over(self, wanted: Mapping[int, int]) -> dict[int, str]:
        """Give those, with their names, who are stopped or would pass their limit with so many mails more."""
        return {
            row.id: row.slug
            for row in self.rows
            if row.stopped_at or (row.id in wanted and _passes(row, wanted[row.id], self.now))
        }

    def pauses(self) -> list[tuple[int, str, str, str]]:
        """Give what is paused at any of them: seller, order, item, by whom."""
        return [pause for row in self.rows for pause in row.pauses or ()]


def standing_of(connection: Connection, sellers: Iterable[int], now: datetime) -> Standing:
    """Read how sellers stand."""
    ids = sorted(set(sellers))
    values = {"sellers": ids, "hours": [hour_of(now)] * len(ids), "since": [now - REMEMBERED] * len(ids)}
    return Standing(run(connection, HOURS, values), now)


def _passes(row: Any, more: int, now: datetime) -> bool:
    return bool(row.sent + more > most_per_hour(row.first, row.busiest, now, rhythm_of(row.profile)))


def over_the_limit(connection: Connection, parts: Parts, mails: Sequence[Any], now: datetime) -> set[int]:
    """Stop the sellers whose claimed mails would pass their limit; give the mails that are not to leave."""
    to_buyers = [mail for mail in mails if mail.audience == "buyer"]
    if not to_buyers:
        return set()
    wanted = Counter(mail.seller_id for mail in to_buyers)
    stopped = standing_of(connection, wanted, now).over(wanted)
    if not stopped:
        return set()
    connection.execute(HOLD, {"ids": list(stopped)})
    for row in connection.execute(STOP, {"ids": list(stopped), "at": now}):
        log.warning("seller_stopped", seller=row.slug, why="mail far above its busiest hour; promised updates go on")
        note = f"Mail of {row.slug} is far above its busiest hour and waits. Promised updates go on. {TO_RELEASE}"
        tell_operator(connection, parts, row.id, f"R49/{row.slug}/{now.isoformat()}", note, now)
    return {mail.id for mail in to_buyers if mail.seller_id in stopped and not mail.promised}


def might_stop(connection: Connection, tried: Sequence[tuple[int, datetime, bool]]) -> bool:
    """Tell whether sending these (seller, hour, accepted) might have stopped a seller, in whatever order they left."""
    refused = Counter((seller, hour) for seller, hour, accepted in tried if not accepted)
    pairs = sorted({(seller, hour) for seller, hour, _ in tried})
    hours = [hour for _, hour in pairs]
    values = {"sellers": [one for one, _ in pairs], "hours": hours, "since": [hour - REMEMBERED for hour in hours]}
    return any(row.sent + refused[row.id, row.hour] > _least(row) for row in run(connection, HOURS, values))


def _least(row: Any) -> int:
    """Give the lower of what the seller may send at the beginning and at the end of an hour."""
    rhythm = rhythm_of(row.profile)
    return min(most_per_hour(row.first, row.busiest, at, rhythm) for at in (row.hour, row.hour + ONE_HOUR))


def release(connection: Connection, seller_id: int, now: datetime) -> bool:
    """Let a stopped seller's mails go; tell whether it was stopped."""
    freed = connection.execute(RELEASE, {"id": seller_id, "at": now}).rowcount > 0
    if freed:
        connection.execute(SEND_AGAIN, {"id": seller_id})
    return freed
