"""What people decided on proposals (R43)."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, text

DECIDE: Final = text(
    "insert into proposal(seller_id, kind, subject, because, standing, by, day, at, numbers)"
    " select :seller_id, :kind, :subject, :because, :standing, :by, :day, :at, cast(:numbers as jsonb)"
    " where not exists (select from proposal p where p.seller_id = :seller_id and p.kind = :kind"
    "  and p.subject = :subject and p.at > :since)"
    " on conflict (seller_id, kind, subject, day) do nothing returning id"
)


def decide(connection: Connection, row: dict[str, Any], since: datetime) -> int | None:
    """Keep a decision on a proposal; None if somebody decided on the same since then."""
    values = row | {"numbers": json.dumps(row["numbers"]), "since": since, "day": _day(row["at"])}
    found: int | None = connection.execute(DECIDE, values).scalar_one_or_none()
    return found


def _day(at: datetime) -> date:
    return at.date()


DECIDED: Final = text(
    "select p.id, s.slug as seller, p.seller_id, p.kind, p.subject, p.because, p.standing, p.by, p.at,"
    " (select count(*) from webhook_call c join webhook_target w on w.id = c.target_id"
    "  where w.seller_id = p.seller_id and c.key = 'proposal/' || p.id) as calls,"
    " (select count(*) from webhook_call c join webhook_target w on w.id = c.target_id"
    "  where w.seller_id = p.seller_id and c.key = 'proposal/' || p.id and c.state = 'sent') as heard"
    " from proposal p join seller s on s.id = p.seller_id where p.at > :since"
    " and (cast(:sellers as bigint[]) is null or p.seller_id = any(:sellers)) order by p.at desc, p.id desc limit 200"
)


def decided(connection: Connection, sellers: Sequence[int] | None, since: datetime) -> list[Any]:
    """Read what was decided since a moment, the latest first, with how many systems were told and have heard it."""
    values = {"sellers": None if sellers is None else list(sellers), "since": since}
    return list(connection.execute(DECIDED, values))


TO_REVIEW: Final = text(
    "select id, slug, profile from seller where reviewed_week is distinct from :week order by id limit 1"
    " for no key update skip locked"
)
REVIEWED: Final = text("update seller set reviewed_week = :week where id = :id")


def seller_to_review(connection: Connection, week: str) -> Any:
    """Take a seller whose planning review of this week was not sent; None when there is none."""
    return connection.execute(TO_REVIEW, {"week": week}).first()


def note_review(connection: Connection, seller_id: int, week: str) -> None:
    """Note that a seller's planning review of this week was made."""
    connection.execute(REVIEWED, {"id": seller_id, "week": week})
