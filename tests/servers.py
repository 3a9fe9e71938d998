"""Real servers for tests: embedded, not durable, one database per test process."""

import os
from functools import lru_cache
from pathlib import Path

from sqlalchemy import create_engine, text

from worker.local.servers import Servers, local_servers
from worker.storage.engine import make_engine
from worker.storage.migrate import migrate

STATE = Path(__file__).resolve().parents[1] / ".local" / "test"


@lru_cache(maxsize=1)
def test_servers() -> Servers:
    return local_servers(STATE, durable=False)


def fresh_database(name: str) -> str:
    """Make an empty database with today's tables; give its address."""
    url = empty_database(name)
    engine = make_engine(url)
    migrate(engine)
    engine.dispose()
    return url


def empty_database(name: str) -> str:
    """Make a database without tables; give its address."""
    servers = test_servers()
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    database = f"test_{worker}_{name}"
    admin = create_engine(servers.database_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"drop database if exists {database} with (force)"))
        connection.execute(text(f"create database {database}"))
    admin.dispose()
    return servers.database_url.replace("/backorder?", f"/{database}?")


test_servers.__test__ = False  # type: ignore[attr-defined]
