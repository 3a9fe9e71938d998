"""Mails as they begin: pending, with their exact bytes and the threads they speak to (R36)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from worker.storage.packing import packed
from worker.storage.schema_mail import mail, mail_thread
from worker.storage.sets import insert_numbered, insert_rows

BYTES_IN = "insert into mail_bytes (mail_id, zipped) select * from unnest(%(ids)b::bigint[], %(zipped)b::bytea[])"


def add_all(
    connection: Connection, drafts: Sequence[tuple[dict[str, Any], bytes, Sequence[dict[str, Any]]]]
) -> list[int]:
    """Write pending mails - row, exact bytes, the threads each speaks to - a statement per table; give their ids."""
    if not drafts:
        return []
    ids = insert_numbered(connection, mail, [row for row, _, _ in drafts])
    zipped = [packed(content) for _, content, _ in drafts]
    connection.exec_driver_sql(BYTES_IN, {"ids": ids, "zipped": zipped})
    numbered = zip(ids, drafts, strict=True)
    insert_rows(
        connection,
        mail_thread,
        [{"mail_id": mail_id, **one} for mail_id, (_, _, threads) in numbered for one in threads],
    )
    return ids


def add(connection: Connection, row: dict[str, Any], content: bytes, threads: Sequence[dict[str, Any]]) -> int:
    """Write one pending mail with its exact bytes and the threads it speaks to."""
    return add_all(connection, [(row, content, threads)])[0]
