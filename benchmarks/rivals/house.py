"""The servers all contestants share - embedded, durable - and databases made as copies of one that was prepared."""

from functools import lru_cache
from pathlib import Path
from typing import Final

from sqlalchemy import create_engine, text

from worker.local.servers import Servers, local_servers

ROOT: Final = Path(__file__).resolve().parents[2]
STATE: Final = ROOT / ".local" / "bench"


@lru_cache(maxsize=1)
def servers() -> Servers:
    """Give PostgreSQL with fsync and synchronous_commit on, and Valkey."""
    return local_servers(STATE, durable=True)


def empty(name: str) -> str:
    """Make an empty database; give its address."""
    return _made(name, "template1")


def copy_of(template: str, name: str) -> str:
    """Make a database with all that another one holds; nobody may be connected to that."""
    return _made(name, f"bench_{template}")


def drop(name: str) -> None:
    """Forget a database."""
    _admin([f"drop database if exists bench_{name} with (force)"])


def _made(name: str, template: str) -> str:
    drop(name)
    _admin([f"create database bench_{name} template {template} strategy file_copy", "checkpoint"])
    return address(name)


def address(name: str) -> str:
    """Give a database's address."""
    return servers().database_url.replace("/backorder?", f"/bench_{name}?")


def _admin(statements: list[str]) -> None:
    admin = create_engine(servers().database_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    admin.dispose()


def broker(number: int) -> str:
    """Give a Valkey database of one's own, emptied."""
    import redis  # noqa: PLC0415 - only here

    url = servers().broker_url.removesuffix("/0") + f"/{number}"
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url
