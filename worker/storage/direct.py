"""Statements of the hot path, handed to PostgreSQL's client library as they are.

What SQLAlchemy does around a textual statement, and then a cursor of the driver, cost several times what sending it and
reading its rows does; connection, transaction and kinds of fault stay theirs.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import psycopg
from sqlalchemy import Connection, Engine, TextClause, event
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError

from worker.storage.straight import Answer, Straight, Written

DIALECT: Final = postgresql.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
"""What texts and types are written for: the way that PostgreSQL itself reads them."""
STRAIGHT: Final = "straight"
UNDOING: Final = "ROLLBACK TO"


def run(connection: Connection, statement: TextClause, values: Mapping[str, Any]) -> list[Any]:
    """Execute one statement in the connection's transaction; give its rows, none if it returns none.

    Values are text, numbers, decimals, moments, days, bytes, lists of those without bytes, or `Rows`. Faults are those
    of `Connection.execute`; of the values their texts hold what PostgreSQL quotes. A connection that the server ended
    is given up, and with it those of its pool.
    """
    return _asked(connection, statement, values).rows()


def later(connection: Connection, statement: TextClause, values: Mapping[str, Any]) -> "Later":
    """Have a statement executed before whatever comes next in the connection's transaction, its end included.

    It goes to the server together with that, which saves waiting for it; a fault of it is raised there. A savepoint is
    undone only by what fails within it: ask for rows before its end. Where each statement commits by itself, it is
    executed at once.
    """
    asked = _asked(connection, statement, values)
    if _straight(connection).commits_each:
        asked.rows()
    return asked


class Later:
    """What a statement gives, once it was executed."""

    def __init__(self, connection: Connection, answer: Answer) -> None:
        self._connection = connection
        self._answer = answer

    def rows(self) -> list[Any]:
        """Give its rows; it is sent now if it was not yet."""
        if self._answer.rows is None:
            _send(self._connection)
        rows: list[Any] | None = self._answer.rows
        assert rows is not None
        return rows


def send_in_time(engine: Engine) -> None:
    """Have statements that wait sent before anything else is executed by an engine's connections, and with a commit."""
    event.listen(engine, "before_cursor_execute", _before)
    event.listen(engine, "commit", _commit)
    event.listen(engine, "rollback", _forget)


def _asked(connection: Connection, statement: TextClause, values: Mapping[str, Any]) -> Later:
    try:
        return Later(connection, _straight(connection).ask(_written(statement), values))
    except psycopg.Error as fault:
        raise _fault(connection, str(statement), fault) from fault


def _fault(connection: Connection, statement: str, fault: psycopg.Error) -> Exception:
    found: Exception = DBAPIError.instance(
        statement, None, fault, psycopg.Error, hide_parameters=True, dialect=connection.dialect
    )
    return found


def _straight(connection: Connection) -> Straight:
    if not connection.in_transaction():
        connection.begin()
    pooled = connection.connection
    straight: Straight | None = pooled.info.get(STRAIGHT)
    if straight is None:
        straight = pooled.info[STRAIGHT] = Straight(pooled.driver_connection)
    return straight


def _send(connection: Connection, *, commit: bool = False) -> None:
    straight = _straight(connection)
    try:
        straight.send(commit=commit)
    except psycopg.Error as fault:
        if straight.closed:
            connection.invalidate(fault)
            connection.engine.dispose()
        raise _fault(connection, straight.sent.decode(), fault) from fault


def _waiting(connection: Connection) -> Straight | None:
    """Give the connection's statements that wait, if it has any."""
    if connection.invalidated or connection.closed:
        return None
    straight: Straight | None = connection.connection.info.get(STRAIGHT)
    return straight if straight is not None and straight.waits else None


def _before(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
    if _waiting(connection) is None:
        return
    if statement.startswith(UNDOING):
        _forget(connection)
    else:
        _send(connection)


def _commit(connection: Connection) -> None:
    straight = _waiting(connection)
    if straight is None:
        return
    try:
        _send(connection, commit=True)
    except DBAPIError:
        straight.roll_back()  # SQLAlchemy takes a transaction whose commit failed for ended
        raise


def _forget(connection: Connection) -> None:
    straight = _waiting(connection)
    if straight is not None:
        straight.forget()


@lru_cache(maxsize=512)
def _written(statement: TextClause) -> Written:
    compiled = statement.compile(dialect=DIALECT)
    return Written(str(compiled).encode(), tuple(compiled.positiontup or ()))
