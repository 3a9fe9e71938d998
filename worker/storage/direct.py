"""Statements of the hot path, handed to PostgreSQL's client library as they are.

What SQLAlchemy does around a textual statement, and then a cursor of the driver, cost several times what sending it and
reading its rows does; connection, transaction and kinds of fault stay theirs.
"""

from collections import namedtuple
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any, Final

import psycopg
from psycopg import generators
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, TransactionStatus
from sqlalchemy import Connection, TextClause
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError

DIALECT: Final = postgresql.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
"""What texts and types are written for: the way that PostgreSQL itself reads them."""
STRAIGHT: Final = "straight"
KEPT_FROM: Final = 3
"""So often a connection runs a statement before PostgreSQL is asked to keep it."""
MOST_KEPT: Final = 400
BINARY: Final = 1
AS_TEXT: Final = 0
QUOTED: Final = str.maketrans({"\\": "\\\\", '"': '\\"'})


def run(connection: Connection, statement: TextClause, values: Mapping[str, Any]) -> list[Any]:
    """Execute one statement in the connection's transaction; give its rows, none if it returns none.

    Values are text, numbers, decimals, moments, days, bytes, or lists of those without bytes. Faults are those of
    `Connection.execute`; of the values their texts hold what PostgreSQL quotes. A connection that the server ended is
    given up, and with it those of its pool.
    """
    if not connection.in_transaction():
        connection.begin()
    pooled = connection.connection
    driver: Any = pooled.driver_connection
    straight = pooled.info.get(STRAIGHT)
    if straight is None:
        straight = pooled.info[STRAIGHT] = Straight(driver)
    try:
        rows: list[Any] = straight.run(_written(statement), values)
    except psycopg.Error as fault:
        if driver.closed:
            connection.invalidate(fault)
            connection.engine.dispose()
        raise DBAPIError.instance(
            str(statement), None, fault, psycopg.Error, hide_parameters=True, dialect=connection.dialect
        ) from fault
    return rows


@dataclass(frozen=True, slots=True)
class Written:
    """A statement as PostgreSQL reads it, and the names of its values in their order."""

    command: bytes
    names: tuple[str, ...]


@lru_cache(maxsize=512)
def _written(statement: TextClause) -> Written:
    compiled = statement.compile(dialect=DIALECT)
    return Written(str(compiled).encode(), tuple(compiled.positiontup or ()))


@dataclass(slots=True)
class _Known:
    """What a connection knows of a statement: how often it ran, under which name it is kept, what makes its rows."""

    times: int = 0
    name: bytes = b""
    row: Any = None


class Straight:
    """One connection of the driver, asked without a cursor."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver
        self._server = driver.pgconn
        self._loaded = Transformer(driver)
        self._known: dict[bytes, _Known] = {}
        self._kept = 0

    def run(self, written: Written, values: Mapping[str, Any]) -> list[Any]:
        """Execute a statement; psycopg.Error if PostgreSQL refuses it or is gone."""
        given = [_as_given(values[name]) for name in written.names]
        formats = [BINARY if type(one) is bytes else AS_TEXT for one in given]
        params = [one.encode() if type(one) is str else one for one in given]
        if self._server.transaction_status == TransactionStatus.IDLE and not self._driver.autocommit:
            self._begin()
        known = self._known.setdefault(written.command, _Known())
        known.times += 1
        if not known.name and known.times >= KEPT_FROM and self._kept < MOST_KEPT:
            self._keep(written, known)
        if known.name:
            self._server.send_query_prepared(known.name, params, formats)
        else:
            self._server.send_query_params(written.command, params, None, formats)
        result = self._answer()
        return self._rows(result, known) if result.nfields else []

    def _begin(self) -> None:
        """Begin a transaction as the driver would."""
        level = self._driver.isolation_level
        of_level = f" ISOLATION LEVEL {level.name.replace('_', ' ')}" if level is not None else ""
        self._server.send_query(f"BEGIN{of_level}".encode())
        self._answer()

    def _keep(self, written: Written, known: _Known) -> None:
        self._kept += 1
        name = f"straight_{self._kept}".encode()
        self._server.send_prepare(name, written.command)
        self._answer()
        known.name = name

    def _answer(self) -> Any:
        result = self._driver.wait(generators.execute(self._server))[-1]
        if result.status == ExecStatus.FATAL_ERROR:
            raise error_from_result(result, encoding="utf-8")
        return result

    def _rows(self, result: Any, known: _Known) -> list[Any]:
        if known.row is None:
            known.row = _row_of(tuple(result.fname(place).decode() for place in range(result.nfields)))
        self._loaded.set_pgresult(result)
        rows: list[Any] = self._loaded.load_rows(0, result.ntuples, known.row)
        self._loaded.set_pgresult(None)
        return rows


@lru_cache(maxsize=512)
def _row_of(names: tuple[str, ...]) -> Any:
    """Give what makes a named row of a tuple."""
    return partial(tuple.__new__, namedtuple("Row", names))  # noqa: PYI024 - its names are known to nobody before


def _as_given(value: Any) -> Any:
    """Write a value as PostgreSQL reads it: text, bytes as they are, or None."""
    kind = type(value)
    if value is None or kind is bytes:
        return value
    if kind is str:
        if "\0" in value:
            raise psycopg.DataError("found a zero character in a text; allowed: all others")
        return value
    if kind is bool:
        return "t" if value else "f"
    if isinstance(value, list | tuple):
        return _listed(value)
    if isinstance(value, str):
        return _as_given(str(value))
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, int | float | Decimal):
        return str(value)
    raise TypeError(f"found {kind.__name__}; allowed: text, numbers, decimals, moments, days, bytes, lists of those")


def _listed(values: Sequence[Any]) -> str:
    """Write a list as PostgreSQL reads it."""
    if set(map(type, values)) == {int}:
        return f"{{{','.join(map(str, values))}}}"
    return f"{{{','.join(_element(value) for value in values)}}}"


def _element(value: Any) -> str:
    if value is None:
        return "null"
    said: str = _as_given(value)
    return f'"{said.translate(QUOTED)}"' if isinstance(value, str) else said
