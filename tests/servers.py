"""Real servers for tests: embedded, not durable, one database per test process."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

from sqlalchemy import Connection, Engine, NullPool, create_engine, text

from worker.local.servers import Servers, local_servers
from worker.replay.run import ITS_PROCESS, throw_away_schema
from worker.storage.engine import make_engine
from worker.storage.migrate import SCRIPTS, migrate
from worker.storage.schema import metadata

STATE = Path(__file__).resolve().parents[1] / ".local" / "test"


@lru_cache(maxsize=1)
def test_servers() -> Servers:
    return local_servers(STATE, durable=False)


def fresh_database(name: str) -> str:
    """Make an empty database with today's tables; give its address."""
    return _made(name, _migrated())


def empty_database(name: str) -> str:
    """Make a database without tables; give its address."""
    return _made(name, "template1")


@lru_cache(maxsize=1)
def _migrated() -> str:
    """Give the database that the others are copies of: made once for these migrations, by the first that asks."""
    scripts = b"".join(path.read_bytes() for path in sorted(SCRIPTS.rglob("*.*")) if path.suffix in {".py", ".sql"})
    pattern = f"pattern_{blake2b(scripts, digest_size=8).hexdigest()}"
    with _admin() as connection:
        connection.execute(text("select pg_advisory_lock(hashtext(:name))"), {"name": pattern})
        known = connection.execute(text("select 1 from pg_database where datname = :name"), {"name": pattern})
        if not known.scalar():
            engine = make_engine(_address("being_made"))
            connection.execute(text("drop database if exists being_made with (force)"))
            connection.execute(text("create database being_made"))
            migrate(engine)
            engine.dispose()
            connection.execute(text(f"alter database being_made rename to {pattern}"))
    return pattern


def _made(name: str, pattern: str) -> str:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    database = f"test_{worker}_{name}"
    with _admin() as connection:
        connection.execute(text(f"drop database if exists {database} with (force)"))
        connection.execute(text(f"create database {database} template {pattern}"))
    return _address(database)


@contextmanager
def _admin() -> Iterator[Connection]:
    engine = create_engine(test_servers().database_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


def _address(database: str) -> str:
    return test_servers().database_url.replace("/backorder?", f"/{database}?")


class EmptySchema:
    """The schema of a replay, made once per test process and emptied before each use: making one takes longer."""

    def __init__(self) -> None:
        self._made = ExitStack()
        self._engine: Engine | None = None
        self._lent = False

    @contextmanager
    def lend(self) -> Iterator[Engine]:
        assert not self._lent, "one replay at a time"
        self._lent = True
        try:
            yield self._empty()
        finally:
            self._lent = False

    def drop(self) -> None:
        self._made.close()
        self._engine = None

    def _empty(self) -> Engine:
        if self._engine is None:
            self._engine = self._made.enter_context(throw_away_schema(test_servers().database_url))
            return self._engine
        with self._engine.begin() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.execute(EMPTY, prepare=False)
            connection.execute(ITS_PROCESS)
        return self._engine


RESTART = (
    "select setval(oid::regclass, 1, false) from pg_class"
    " where relkind = 'S' and relnamespace = current_schema()::regnamespace"
)
DELETE = [f"delete from {table.name}" for table in metadata.sorted_tables]
EMPTY = "; ".join(["begin", "set local session_replication_role = replica", *DELETE, RESTART, "commit"])
replay_schema = EmptySchema()
test_servers.__test__ = False  # type: ignore[attr-defined]
