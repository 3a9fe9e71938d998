"""What an accepted mail does to its threads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

TELL = text(
    "update thread set told = cast(:told as jsonb), told_rev = told_rev + 1, told_facts_rev = :facts_rev,"
    " window_first_at = case when facts_rev = :facts_rev then null else window_first_at end,"
    " window_ends_at = case when facts_rev = :facts_rev then null else window_ends_at end,"
    " root_message_id = coalesce(root_message_id, :message_id), last_message_id = :message_id,"
    " quiet_updates = :quiet_updates, holding_notes = :holding_notes, handed_over = :handed_over, replacements = 0,"
    " reminded_for = coalesce(:reminded_for, reminded_for),"
    " last_verdict = null where id = :thread_id"
)


def tell(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write what threads were told; a window of changes that the mail did not hold stays."""
    if rows:
        connection.execute(TELL, rows)


HEARD = text("update correspondence set last_update_at = :at, wake_at = :at, rev = rev + 1 where id = :id")


def heard(connection: Connection, correspondence_ids: Sequence[int], at: datetime) -> None:
    """Note that contacts got an update, and plan them again."""
    if correspondence_ids:
        connection.execute(HEARD, [{"id": one, "at": at} for one in sorted(set(correspondence_ids))])


REPLACED = text("update thread set replacements = replacements + 1 where id = any(:ids)")


def count_replacements(connection: Connection, ids: Sequence[int]) -> None:
    """Note that a mail to these threads was no longer true at its try (R46)."""
    if ids:
        connection.execute(REPLACED, {"ids": list(ids)})


ALARM = text("update correspondence set wake_at = :wake_at, rev = rev + 1 where id = :id")


def set_alarms(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Set the next alarm of planned correspondences; they must be locked and unchanged."""
    if rows:
        connection.execute(ALARM, rows)


UNCHANGED = text(
    "select id from correspondence where id = any(:ids) and rev = any(:revs)"
    " and (id, rev) in (select * from unnest(cast(:ids as bigint[]), cast(:revs as bigint[])))"
    " order by id for no key update skip locked"
)


def lock_unchanged(connection: Connection, revisions: dict[int, int]) -> set[int]:
    """Lock the correspondences that nobody wrote since they were read; the others are planned again."""
    values = {"ids": list(revisions), "revs": list(revisions.values())}
    return set(connection.execute(UNCHANGED, values).scalars())


@dataclass(frozen=True, slots=True)
class NextAlarms:
    """The soonest alarm of each kind; None where nothing waits."""

    buyers: datetime | None
    owners: datetime | None
    mails: datetime | None

    @property
    def soonest(self) -> datetime | None:
        return min((at for at in (self.buyers, self.owners, self.mails) if at), default=None)


NEXT_ALARMS = text(
    "select (select min(wake_at) from correspondence"
    "   where wake_at is not null and parked is null and audience = 'buyer') as buyers,"
    " (select min(wake_at) from correspondence"
    "   where wake_at is not null and parked is null and audience = 'owner') as owners,"
    " (select min(send_at) from mail where send_at is not null and not stopped and parked is null) as mails"
)


def next_alarms(connection: Connection) -> NextAlarms:
    """Give the soonest alarms of all: what a stepping clock goes to next."""
    row = connection.execute(NEXT_ALARMS).one()
    return NextAlarms(row.buyers, row.owners, row.mails)
