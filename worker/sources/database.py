"""A database of any dialect that SQLAlchemy speaks: one read-only query, streamed."""

import sqlite3
import time
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Connection, Engine, NullPool, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from worker.intake.reasons import meant
from worker.sources.definition import Source, SqlPart
from worker.sources.faults import ReadError, RowFault
from worker.sources.reading import Bounds, Raw

CHUNK: Final = 2_000
CONNECTS_WITHIN: Final = 10
LONGEST_SAID: Final = 300
STEPS_BETWEEN_LOOKS: Final = 20_000
READ_ONLY: Final = {
    "postgresql": ("set transaction read only", "set local statement_timeout = {ms}", "set local lock_timeout = {ms}"),
    "mysql": ("set session transaction read only", "set session max_execution_time = {ms}"),
    "mariadb": ("set session transaction read only", "set session max_statement_time = {s}"),
    "oracle": ("set transaction read only",),
    "sqlite": ("pragma query_only = on",),
}


def read_database(source: Source, part: SqlPart, bounds: Bounds) -> Iterator[Raw | RowFault]:
    """Run the query and give its rows; every failure is a ReadError without secrets."""
    engine = _engine(part.url, bounds)
    try:
        with engine.connect() as connection:
            _protect(connection, bounds)
            yield from _rows(source, connection, part.query, bounds)
            connection.rollback()
    except DBAPIError as fault:
        bounds.check_time()
        raise ReadError(_said(fault), "the last accepted read stands; it is tried again") from None
    except SQLAlchemyError as fault:
        raise ReadError(type(fault).__name__, "the last accepted read stands; it is tried again") from None
    finally:
        engine.dispose()


def _engine(given: str, bounds: Bounds) -> Engine:
    try:
        url = make_url(given)
        if url.get_backend_name() == "postgresql" and url.drivername == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        engine = create_engine(
            _read_only_file(url), poolclass=NullPool, hide_parameters=True, connect_args=_arguments(url, bounds)
        )
    except (ArgumentError, NoSuchModuleError, ImportError):
        raise ReadError("a database address whose dialect is not known here", "see sql.url") from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda raw, _: _watch(raw, bounds))
    return engine


def _read_only_file(url: URL) -> URL:
    """Open a SQLite file so that it can neither be made nor written."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database.startswith("file:"):
        return url
    return url.set(database=f"file:{url.database}").update_query_dict({"mode": "ro", "uri": "true"})


def _arguments(url: URL, bounds: Bounds) -> dict[str, Any]:
    match url.get_backend_name():
        case "postgresql":
            return {
                "connect_timeout": CONNECTS_WITHIN,
                "tcp_user_timeout": int(bounds.seconds * 1000),
                "application_name": "backorder-source",
            }
        case "mysql" | "mariadb":
            return {"connect_timeout": CONNECTS_WITHIN, "read_timeout": int(bounds.seconds)}
        case "sqlite":
            return {"timeout": min(CONNECTS_WITHIN, bounds.seconds)}
        case _:
            return {}


def _watch(raw: Any, bounds: Bounds) -> None:
    """Let SQLite give up by itself when the time is over."""
    if isinstance(raw, sqlite3.Connection):
        ends = time.monotonic() + bounds.left
        raw.set_progress_handler(lambda: time.monotonic() > ends, STEPS_BETWEEN_LOOKS)


def _protect(connection: Connection, bounds: Bounds) -> None:
    for statement in READ_ONLY.get(connection.dialect.name, ()):
        left = max(bounds.left, 0.001)
        connection.exec_driver_sql(statement.format(ms=int(left * 1000) or 1, s=left))


def _rows(source: Source, connection: Connection, query: str, bounds: Bounds) -> Iterator[Raw | RowFault]:
    found = connection.execution_options(stream_results=True, max_row_buffer=CHUNK).execute(
        text(query.replace(":", r"\:"))
    )
    names = list(found.keys())
    places = [_place(column, names) for column in source.columns]
    straight = places == list(range(len(names)))
    number = 0
    while chunk := found.fetchmany(CHUNK):
        bounds.add_rows(len(chunk))
        for row in chunk:
            number += 1
            yield number, tuple(row) if straight else tuple([row[place] for place in places])


def _place(column: str, names: list[str]) -> int:
    if column in names:
        return names.index(column)
    hint = meant(column, names)
    found = f"no column `{column}` in the query's result ({', '.join(names)})"
    raise ReadError(found, f"mend the query or [columns]{hint and ': '}{hint}")


def _said(fault: DBAPIError) -> str:
    """Give the driver's first line, which names tables, columns and users, but no password."""
    lines = [line.strip() for line in str(fault.orig).splitlines() if line.strip()]
    words = "".join(char for char in lines[0] if char.isprintable()) if lines else type(fault.orig).__name__
    return words if len(words) <= LONGEST_SAID else f"{words[:LONGEST_SAID]}…"
