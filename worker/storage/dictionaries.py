"""Dictionaries of what mails have in common, kept for as long as there is a database (ADR 0084).

They are never changed nor deleted: without its dictionary a kept mail could not be read any more.
"""

import hashlib
from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, Engine, text
from zstandard import train_dictionary

from worker.storage.direct import run
from worker.storage.engine import with_sessions_by_keys
from worker.storage.packing import LEVEL, Packer, dictionary_of, unpacked

SIZE: Final = 32_768
"""Bytes; twice as many pack no better."""
FIRST_NUMBER: Final = 32_768
NUMBERS: Final = 2**31 - FIRST_NUMBER
"""The numbers that nobody registers (RFC 8878, 5.1)."""
PACKER: Final = "packer"
PLAINLY: Final = Packer()
_KNOWN: Final[dict[int, bytes]] = {}
"""By number; what was first kept under a number stays."""

FIND = text("select id, content from packing_dictionary where id = any(:ids)")
KEEP = text("insert into packing_dictionary (id, content) values (:id, :content) on conflict (id) do nothing")


def pack_like(engine: Engine, specimens: Sequence[bytes]) -> None:
    """Have an engine's sessions pack mails by a dictionary of what these have in common; it is kept before that.

    The same specimens have the same number, so that all processes of a release share one dictionary.
    """
    number = _number_of(specimens)
    with engine.begin() as connection:
        found = _read(connection, {number})
        if not found:
            trained = train_dictionary(SIZE, list(specimens), dict_id=number, level=LEVEL)
            run(connection, KEEP, {"id": number, "content": trained.as_bytes()})
            found = _read(connection, {number})
    packer = Packer(found[number])
    for one in with_sessions_by_keys(engine):
        one.update_execution_options(**{PACKER: packer})


def packer_of(connection: Connection) -> Packer:
    """Give what packs the mails that a session writes."""
    packer: Packer = connection.get_execution_options().get(PACKER, PLAINLY)
    return packer


def unpacked_all(connection: Connection, kept: Sequence[bytes]) -> list[bytes]:
    """Give the exact bytes of what was kept, by whatever dictionary it was packed."""
    numbers = [dictionary_of(one) for one in kept]
    unknown = {number for number in numbers if number and number not in _KNOWN}
    if unknown:
        _KNOWN.update(_read(connection, unknown))
    return [unpacked(one, _KNOWN.get(number)) for one, number in zip(kept, numbers, strict=True)]


def _read(connection: Connection, numbers: set[int]) -> dict[int, bytes]:
    return {row.id: row.content for row in run(connection, FIND, {"ids": sorted(numbers)})}


def _number_of(specimens: Sequence[bytes]) -> int:
    digest = hashlib.blake2b(b"\0".join(specimens), digest_size=8).digest()
    return FIRST_NUMBER + int.from_bytes(digest, "big") % NUMBERS
