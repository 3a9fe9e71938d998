"""Statements of the hot path, handed to the driver as they are.

What SQLAlchemy does around a textual statement costs three times what the driver does; connection, transaction and
kinds of fault stay its own.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from types import NoneType
from typing import Any, Final

import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy import Connection, TextClause
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError

DIALECT: Final = postgresql.dialect(paramstyle="pyformat")  # type: ignore[no-untyped-call]
"""What texts and types are written for."""
NOT_A_LIST: Final[frozenset[type]] = frozenset()
CURSOR: Final = "cursor"
FEW: Final = 1_000
"""A cursor keeps its last result; one that read more is not kept for the connection's next statement."""


def run(connection: Connection, statement: TextClause, values: Mapping[str, Any]) -> list[Any]:
    """Execute one statement in the connection's transaction; give its rows, none if it returns none.

    Faults are those of `Connection.execute`; of the values their texts hold what PostgreSQL quotes. A connection that
    the server ended is given up, and with it those of its pool.
    """
    if not connection.in_transaction():
        connection.begin()
    pooled = connection.connection
    cursor = pooled.info.pop(CURSOR, None) or _cursor(pooled.driver_connection)
    try:
        cursor.execute(_written(statement), {name: _in_short(value) for name, value in values.items()})
        rows = cursor.fetchall() if cursor.pgresult.nfields else []
    except psycopg.Error as fault:
        if cursor.connection.closed:
            connection.invalidate(fault)
            connection.engine.dispose()
        raise DBAPIError.instance(
            _written(statement), None, fault, psycopg.Error, hide_parameters=True, dialect=connection.dialect
        ) from fault
    if len(rows) <= FEW:
        pooled.info[CURSOR] = cursor
    return rows


def _in_short(value: Any) -> Any:
    """Write a list of whole numbers or of moments as PostgreSQL reads it; the driver looks at each of them twice."""
    kinds = set(map(type, value)) if type(value) is list else NOT_A_LIST
    if kinds == {int}:
        return f"{{{','.join(map(str, value))}}}"
    if kinds and kinds <= {datetime, NoneType}:
        moments = ("null" if one is None else one.isoformat() for one in value)
        return f"{{{','.join(moments)}}}"
    return value


def _cursor(driver: Any) -> Any:
    return driver.cursor(row_factory=namedtuple_row)


@lru_cache(maxsize=512)
def _written(statement: TextClause) -> str:
    return str(statement.compile(dialect=DIALECT))
