"""Statements of the hot path, handed to the driver as they are.

What SQLAlchemy does around a textual statement costs three times what the driver does; connection, transaction and
kinds of fault stay its own.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy import Connection, TextClause
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError

DIALECT: Final = postgresql.dialect(paramstyle="pyformat")  # type: ignore[no-untyped-call]
"""What texts and types are written for."""


def run(connection: Connection, statement: TextClause, values: Mapping[str, Any]) -> list[Any]:
    """Execute one statement in the connection's transaction; give its rows, none if it returns none.

    Faults are those of `Connection.execute`; of the values their texts hold what PostgreSQL quotes. A connection that
    the server ended is given up, and with it those of its pool.
    """
    if not connection.in_transaction():
        connection.begin()
    driver: Any = connection.connection.driver_connection
    try:
        cursor = driver.cursor(row_factory=namedtuple_row).execute(_written(statement), values)
        return cursor.fetchall() if cursor.pgresult.nfields else []
    except psycopg.Error as fault:
        if driver.closed:
            connection.invalidate(fault)
            connection.engine.dispose()
        raise DBAPIError.instance(
            _written(statement), None, fault, psycopg.Error, hide_parameters=True, dialect=connection.dialect
        ) from fault


@lru_cache(maxsize=512)
def _written(statement: TextClause) -> str:
    return str(statement.compile(dialect=DIALECT))
