"""Mails as they begin: with their exact bytes and the threads they speak to (R36), waiting or in a process's hands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, text

from worker.storage.dictionaries import packer_of
from worker.storage.direct import Later, later
from worker.storage.packing import joined
from worker.storage.rowtypes import Rows
from worker.storage.schema_given import MAIL, SECTION

WAITING: Final[Mapping[str, Any]] = {
    "state": "pending",
    "instance_id": None,
    "claim_no": 0,
    "attempts": 0,
    "first_try_at": None,
}
"""A mail that somebody takes later."""
TOGETHER: Final = 20
"""So many mails at most are packed as one: whoever reads one of them unpacks all."""
ADD: Final = text(
    "with pack as (insert into mail_pack (packed) values (:packed) returning id),"
    f" new as (insert into mail ({MAIL.names()}, pack_id, place)"
    f"  select {MAIL.names()}, (select id from pack), n from {MAIL.listed('rows')} order by n"
    "  returning id, place, state, first_try_at, instance_id),"
    " tries as (insert into attempt (mail_id, number, started_at, instance_id)"
    "  select id, 1, first_try_at, instance_id from new where state = 'sending'),"
    " spoken_to as (insert into mail_thread (mail_id, thread_id, facts_rev, told_rev, section)"
    "  select m.id, r.thread_id, r.facts_rev, r.told_rev, r.section from "
    f"{SECTION.listed('threads')} join new m on m.place = r.mail order by r.n)"
    " select id from new order by place"
)


def in_hands(instance: int, now: datetime) -> dict[str, Any]:
    """Give the columns of a mail that a process takes as it is written: claimed, its first try counted (R44)."""
    return {
        "send_at": None,
        "state": "sending",
        "instance_id": instance,
        "claim_no": 1,
        "attempts": 1,
        "first_try_at": now,
    }


@dataclass(frozen=True, slots=True)
class NewMail:
    """A mail to write: its row, its exact bytes, what it was made from as JSON, the threads it speaks to."""

    row: dict[str, Any]
    content: bytes
    statement: bytes
    threads: Sequence[dict[str, Any]]


class Numbers:
    """The ids of mails that are written before whatever comes next."""

    def __init__(self, written: Sequence[Later] = ()) -> None:
        self._written = written

    def ids(self) -> list[int]:
        """Give them in the order of the mails."""
        return [row.id for some in self._written for row in some.rows()]


def add_all(connection: Connection, new: Sequence[NewMail]) -> Numbers:
    """Write mails, one statement for each pack of them."""
    packs = [new[first : first + TOGETHER] for first in range(0, len(new), TOGETHER)]
    return Numbers([_added(connection, pack) for pack in packs])


def _added(connection: Connection, new: Sequence[NewMail]) -> Later:
    pieces = [piece for one in new for piece in (one.content, one.statement)]
    values = {
        "rows": Rows(MAIL, [one.row if "state" in one.row else {**WAITING, **one.row} for one in new]),
        "packed": packer_of(connection).pack(joined(pieces)),
        "threads": Rows(SECTION, [{"mail": number, **row} for number, one in enumerate(new, 1) for row in one.threads]),
    }
    return later(connection, ADD, values)


def add(connection: Connection, new: NewMail) -> int:
    """Write one mail; give its id."""
    return add_all(connection, [new]).ids()[0]
