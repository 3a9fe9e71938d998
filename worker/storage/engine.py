"""Connections to PostgreSQL, and the database's clock."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final
from weakref import WeakKeyDictionary

import orjson
import psycopg
from psycopg.adapt import Loader
from sqlalchemy import Connection, Engine, create_engine, event, text

from worker.storage.direct import run, send_in_time


class JsonLoader(Loader):
    """Reads JSON from a result without a call of Python's in between."""

    load = staticmethod(orjson.loads)  # type: ignore[assignment]


for kind in ("json", "jsonb"):
    psycopg.adapters.register_loader(kind, JsonLoader)

LOCKS_FOR_SECONDS: Final = 25
"""A process that freezes in the middle of a transaction loses it, and with it the locks that others wait for."""
BY_KEYS: Final = {
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_seqscan": "off",
    "plan_cache_mode": "force_generic_plan",
}
"""PostgreSQL takes any list for a hundred rows, and would sooner read a whole table than look so many up."""
ALWAYS_BY_KEYS: Final = "always_by_keys"
_FOR_BATCHES: Final[WeakKeyDictionary[Engine, Engine]] = WeakKeyDictionary()
"""The engine beside each engine whose sessions always look rows up by their keys."""
Clock = Callable[[Connection], datetime]
"""Gives the moment of a transaction's work; asked once per batch, and by nothing else."""


def make_engine(
    url: str, *, schema: str | None = None, pool_size: int = 5, durable: bool = True, alone: bool = False
) -> Engine:
    """Make an engine whose sessions speak UTC; `schema` puts everything into one schema of the database.

    `alone` is for a replay, whose schema nobody else sees and which is thrown away: statements commit one by one.
    """
    engine = _engine(url, schema, pool_size, durable=durable, alone=alone, by_keys=alone)
    if not alone:
        beside = _engine(url, schema, pool_size, durable=durable, alone=False, by_keys=True)
        event.listen(engine, "engine_disposed", lambda _: beside.dispose())
        _FOR_BATCHES[engine] = beside
    return engine


def _engine(url: str, schema: str | None, pool_size: int, *, durable: bool, alone: bool, by_keys: bool) -> Engine:
    options = ["-c timezone=UTC", "-c jit=off", f"-c idle_in_transaction_session_timeout={LOCKS_FOR_SECONDS}s"]
    if schema:
        options.append(f"-c search_path={schema}")
    if by_keys:
        options += [f"-c {name}={value}" for name, value in BY_KEYS.items()]
    if not durable:
        options.append("-c synchronous_commit=off")
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=5,
        pool_pre_ping=False,
        pool_recycle=1800,
        hide_parameters=True,
        isolation_level="AUTOCOMMIT" if alone else "READ COMMITTED",
        execution_options={ALWAYS_BY_KEYS: by_keys},
        connect_args={
            "options": " ".join(options),
            "connect_timeout": 10,
            "application_name": "backorder",
            "prepare_threshold": None,  # statements are kept by `direct`; the driver would throw its own away with them
        },
    )
    send_in_time(engine)
    return engine


def with_sessions_by_keys(engine: Engine) -> tuple[Engine, ...]:
    """Give an engine and the one beside it."""
    beside = _FOR_BATCHES.get(engine)
    return (engine,) if beside is None else (engine, beside)


FIND_BY_KEYS: Final = text(
    "select set_config(name, value, true) from (values "
    + ", ".join(f"('{name}', '{value}')" for name, value in BY_KEYS.items())
    + ") as setting (name, value)"
)


@contextmanager
def by_keys(engine: Engine) -> Iterator[Connection]:
    """Begin a transaction over a batch whose keys are given, on a session that is for nothing else."""
    with _FOR_BATCHES.get(engine, engine).begin() as connection:
        yield connection


class SessionByKeys:
    """A session as `by_keys` begins them, kept from one transaction to the next until one of them fails."""

    def __init__(self, engine: Engine) -> None:
        self._engine = _FOR_BATCHES.get(engine, engine)
        self._kept: Connection | None = None

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Begin a transaction."""
        if self._kept is None:
            self._kept = self._engine.connect()
        try:
            with self._kept.begin():
                yield self._kept
        except BaseException:
            self.let_go()
            raise

    def let_go(self) -> None:
        """Give the session back."""
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.close()


def find_by_keys(connection: Connection) -> None:
    """Have rows looked up by their keys from here to the end of the transaction, with plans that are made once.

    For batches of some hundred keys; what reads a good part of a table is faster without.
    """
    if not connection.get_execution_options().get(ALWAYS_BY_KEYS):
        run(connection, FIND_BY_KEYS, {})


class Within:
    """Stands in for an engine: all transactions are parts of one, on one connection, that somebody else ends."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Go on in the one transaction."""
        yield self._connection

    connect = begin


NOW: Final = text("select backorder_now() as now")


def database_clock(connection: Connection) -> datetime:
    """Ask PostgreSQL for the time: one clock for every machine."""
    moment: datetime = run(connection, NOW, {})[0].now
    return moment
