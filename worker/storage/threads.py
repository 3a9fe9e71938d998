"""What an accepted mail does to its threads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, text

from worker.storage.direct import Later, later, run
from worker.storage.mails import ANY_DUE
from worker.storage.planning import Loaded
from worker.storage.rowtypes import Rows
from worker.storage.schema_given import TELLING
from worker.storage.skus import GOES_ON

TELL_OF: Final = (
    "update thread t set told = cast(r.told as json), told_rev = told_rev + 1, told_facts_rev = r.facts_rev,"
    " window_first_at = case when t.facts_rev = r.facts_rev then null else window_first_at end,"
    " window_ends_at = case when t.facts_rev = r.facts_rev then null else window_ends_at end,"
    " root_message_id = coalesce(root_message_id, r.message_id), last_message_id = r.message_id,"
    " quiet_updates = r.quiet_updates, holding_notes = r.holding_notes, handed_over = r.handed_over, replacements = 0,"
    " reminded_for = coalesce(r.reminded_for, t.reminded_for), last_verdict = r.last_verdict"
    f" from {TELLING.listed('told')} where t.id = r.thread_id"
)
"""Writes the rows `:told`."""
TELL = text(TELL_OF)


def tell(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write what threads were told; a window of changes that the mail did not hold stays."""
    if rows:
        run(connection, TELL, {"told": Rows(TELLING, rows)})


HEAR_OF: Final = (
    "update correspondence c set last_update_at = e.at, wake_at = e.wake_at, taken_until = null, rev = rev + 1"
    " from unnest(cast(:heard as bigint[]), cast(:heard_at as timestamptz[]), cast(:alarms as timestamptz[]))"
    " as e (id, at, wake_at) where c.id = e.id"
)
"""Writes the contacts `:heard`, at `:heard_at`, to be planned next at `:alarms`."""
HEARD = text(HEAR_OF)


def heard(connection: Connection, moments: Mapping[int, datetime]) -> None:
    """Note when contacts got an update, by correspondence, and plan them again."""
    if moments:
        at = list(moments.values())
        run(connection, HEARD, {"heard": list(moments), "heard_at": at, "alarms": at})


REPLACED = text("update thread set replacements = replacements + 1 where id = any(:ids)")


def count_replacements(connection: Connection, ids: Sequence[int]) -> None:
    """Note that a mail to these threads was no longer true at its try (R46)."""
    if ids:
        run(connection, REPLACED, {"ids": list(ids)})


ALARMS = text(
    "update correspondence c set wake_at = e.wake_at, taken_until = null, rev = rev + 1"
    " from unnest(cast(:ids as bigint[]), cast(:moments as timestamptz[])) as e (id, wake_at) where c.id = e.id"
)


def set_alarms(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Set the next alarm of planned correspondences; they must be locked and unchanged."""
    if rows:
        values = {"ids": [row["id"] for row in rows], "moments": [row["wake_at"] for row in rows]}
        later(connection, ALARMS, values)


AS_READ: Final = (
    "select id from correspondence where id = any(:ids) and rev = any(:revs)"
    " and (id, rev, coalesce(taken_until, 'infinity')) in (select id, rev, coalesce(taken_until, 'infinity')"
    "  from unnest(cast(:ids as bigint[]), cast(:revs as bigint[]), cast(:leases as timestamptz[]))"
    "   as e (id, rev, taken_until))"
)
STILL = text(AS_READ)
UNCHANGED = text(f"{AS_READ} order by id for no key update skip locked")


@dataclass(frozen=True, slots=True)
class Locked:
    """Correspondences by their ids: those that are locked now, and those that somebody else holds for the moment."""

    free: set[int]
    held: set[int]


def lock_unchanged(connection: Connection, known: Sequence[Loaded]) -> Locked:
    """Lock correspondences that nobody wrote or took since they were read; what is neither is planned again."""
    free = {row.id for row in run(connection, UNCHANGED, _as_read(known))}
    return Locked(free, held_of(connection, [one for one in known if one.id not in free]))


def held_of(connection: Connection, refused: Sequence[Loaded]) -> set[int]:
    """Of correspondences that could not be locked give those that stand as they were read: somebody just holds them."""
    return {row.id for row in run(connection, STILL, _as_read(refused))} if refused else set()


def _as_read(known: Sequence[Loaded]) -> dict[str, Any]:
    return {
        "ids": [one.id for one in known],
        "revs": [one.rev for one in known],
        "leases": [one.taken_until for one in known],
    }


UNCHANGED_AND_DUE = text(
    f"with free as ({UNCHANGED.text}) select coalesce((select array_agg(id) from free), '{{}}') as free,"
    f" ({ANY_DUE.text}) as mails_wait"
)


def lock_unchanged_and_look(connection: Connection, known: Sequence[Loaded], now: datetime) -> Later:
    """Do what `lock_unchanged` does, before whatever comes next.

    Its row gives the `free` ones, and whether `mails_wait` that are due and that nobody has claimed.
    """
    return later(connection, UNCHANGED_AND_DUE, _as_read(known) | {"now": now})


@dataclass(frozen=True, slots=True)
class NextAlarms:
    """The soonest alarm of each kind; None where nothing waits."""

    buyers: datetime | None
    owners: datetime | None
    mails: datetime | None
    items: bool
    """Whether an item's event waits for its lines, which needs no alarm."""

    @property
    def soonest(self) -> datetime | None:
        return min((at for at in (self.buyers, self.owners, self.mails) if at), default=None)


NEXT_ALARMS = text(
    "select (select min(wake_at) from correspondence"
    "   where wake_at is not null and parked is null and audience = 'buyer') as buyers,"
    " (select min(wake_at) from correspondence"
    "   where wake_at is not null and parked is null and audience = 'owner') as owners,"
    " (select min(send_at) from mail where send_at is not null and not stopped and parked is null) as mails,"
    f" exists (select from sku_job j where {GOES_ON}) as items"
)


def next_alarms(connection: Connection) -> NextAlarms:
    """Give the soonest alarms of all: what a stepping clock goes to next."""
    row = run(connection, NEXT_ALARMS, {})[0]
    return NextAlarms(row.buyers, row.owners, row.mails, row.items)
