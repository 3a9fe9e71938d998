"""What is kept of mails, read again: exact bytes and what they were made from (R36), packed by groups (ADR 0092)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, text

from worker.storage.dictionaries import unpacked_all
from worker.storage.direct import later
from worker.storage.packing import pieces_of

PLACES: Final = text("select id, pack_id, place from mail where id = any(:ids) and pack_id is not null")
PACKS: Final = text(
    "select id, packed from mail_pack where id = any(array(select pack_id from mail where id = any(:ids)))"
)
SINGLY: Final = text("select mail_id, zipped, statement from mail_bytes where mail_id = any(:ids)")
"""How mails were kept before there were packs."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A mail's exact bytes, and what it was made from as JSON."""

    content: bytes
    statement: bytes


def kept_of(connection: Connection, ids: Sequence[int]) -> dict[int, Kept]:
    """Read what is kept of mails, by their ids; ZstdError, zlib.error or ValueError if one of them was damaged."""
    values = {"ids": list(ids)}
    places, packs, singly = [later(connection, one, values) for one in (PLACES, PACKS, SINGLY)]
    return _in_packs(connection, places.rows(), packs.rows()) | _alone(connection, singly.rows())


def _in_packs(connection: Connection, places: Sequence[Any], packs: Sequence[Any]) -> dict[int, Kept]:
    whole = unpacked_all(connection, [row.packed for row in packs])
    pieces = {row.id: pieces_of(one) for row, one in zip(packs, whole, strict=True)}
    return {row.id: _at(pieces.get(row.pack_id, ()), row.place) for row in places}


def _at(pieces: Sequence[bytes], place: int) -> Kept:
    if not 0 < 2 * place <= len(pieces):
        raise ValueError(f"found a pack of {len(pieces) // 2} mails, which has no place {place}")
    return Kept(pieces[2 * place - 2], pieces[2 * place - 1])


def _alone(connection: Connection, rows: Sequence[Any]) -> dict[int, Kept]:
    contents = unpacked_all(connection, [row.zipped for row in rows])
    statements = unpacked_all(connection, [row.statement for row in rows])
    return {
        row.mail_id: Kept(content, statement)
        for row, content, statement in zip(rows, contents, statements, strict=True)
    }
