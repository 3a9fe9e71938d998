"""Connections to PostgreSQL, and the database's clock."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

import orjson
import psycopg
from psycopg.types.json import set_json_loads
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

set_json_loads(orjson.loads)
LOCKS_FOR_SECONDS: Final = 25
"""A process that freezes in the middle of a transaction loses it, and with it the locks that others wait for."""
Clock = Callable[[Connection], datetime]
"""Gives the moment of a transaction's work; asked once per batch, and by nothing else."""


def make_engine(
    url: str, *, schema: str | None = None, pool_size: int = 5, durable: bool = True, alone: bool = False
) -> Engine:
    """Make an engine whose sessions speak UTC; `schema` puts everything into one schema of the database.

    `alone` is for a replay, whose schema nobody else sees and which is thrown away: statements commit one by one.
    """
    options = ["-c timezone=UTC", "-c jit=off", f"-c idle_in_transaction_session_timeout={LOCKS_FOR_SECONDS}s"]
    if schema:
        options.append(f"-c search_path={schema}")
    if not durable:
        options.append("-c synchronous_commit=off")
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=5,
        pool_pre_ping=False,
        pool_recycle=1800,
        hide_parameters=True,
        isolation_level="AUTOCOMMIT" if alone else "READ COMMITTED",
        connect_args={"options": " ".join(options), "connect_timeout": 10, "application_name": "backorder"},
    )


@contextmanager
def pipelined(connection: Connection) -> Iterator[None]:
    """Send the writes of the block without waiting for each: none of them may be asked for rows or counts.

    A fault comes at the end of the block, as of any statement.
    """
    driver = connection.connection.driver_connection
    try:
        with driver.pipeline():  # type: ignore[union-attr] # it is psycopg's
            yield
    except psycopg.Error as fault:
        kind = OperationalError if isinstance(fault, psycopg.OperationalError) else DBAPIError
        raise kind("pipelined writes", None, fault) from fault


def database_clock(connection: Connection) -> datetime:
    """Ask PostgreSQL for the time: one clock for every machine."""
    return connection.execute(text("select backorder_now()")).scalar_one()  # type: ignore[no-any-return]
