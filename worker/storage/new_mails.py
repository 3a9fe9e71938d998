"""Mails as they begin: with their exact bytes and the threads they speak to (R36), waiting or in a process's hands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Any, Final

from sqlalchemy import Connection, text

from worker.storage.dictionaries import packer_of
from worker.storage.direct import Later, later
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
ADD: Final = text(
    f"with new as (insert into mail ({MAIL.names()}) select {MAIL.names()}"
    f" from {MAIL.listed('rows')} order by n returning id, state, first_try_at, instance_id),"
    " numbered as (select id, row_number() over (order by id) as n from new),"
    " bytes as (insert into mail_bytes (mail_id, zipped, statement)"
    "  select m.id, substring(cast(:kept as bytea) from b.start for b.size),"
    "  substring(cast(:kept as bytea) from b.start + b.size for b.said)"
    "  from unnest(cast(:starts as int[]), cast(:sizes as int[]), cast(:said as int[])) with ordinality"
    "   as b (start, size, said, n) join numbered m using (n)),"
    " tries as (insert into attempt (mail_id, number, started_at, instance_id)"
    "  select id, 1, first_try_at, instance_id from new where state = 'sending'),"
    " spoken_to as (insert into mail_thread (mail_id, thread_id, facts_rev, told_rev, section)"
    "  select m.id, r.thread_id, r.facts_rev, r.told_rev, r.section from "
    f"{SECTION.listed('threads')} join numbered m on m.n = r.mail order by r.n)"
    " select id from new order by id"
)
"""Numbers a sorted insert in its order: so bytes and threads find their mails."""


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

    def __init__(self, written: Later | None = None) -> None:
        self._written = written

    def ids(self) -> list[int]:
        """Give them in the order of the mails."""
        return [row.id for row in self._written.rows()] if self._written else []


def add_all(connection: Connection, new: Sequence[NewMail]) -> Numbers:
    """Write mails in one statement."""
    if not new:
        return Numbers()
    packer = packer_of(connection)
    zipped = [packer.pack(one.content) for one in new]
    said = [packer.pack(one.statement) for one in new]
    sizes = [len(one) + len(other) for one, other in zip(zipped, said, strict=True)]
    values = {
        "rows": Rows(MAIL, [one.row if "state" in one.row else {**WAITING, **one.row} for one in new]),
        "kept": b"".join(piece for pair in zip(zipped, said, strict=True) for piece in pair),
        "starts": list(accumulate(sizes[:-1], initial=1)),
        "sizes": [len(one) for one in zipped],
        "said": [len(one) for one in said],
        "threads": Rows(SECTION, [{"mail": number, **row} for number, one in enumerate(new, 1) for row in one.threads]),
    }
    return Numbers(later(connection, ADD, values))


def add(connection: Connection, new: NewMail) -> int:
    """Write one mail; give its id."""
    return add_all(connection, [new]).ids()[0]
