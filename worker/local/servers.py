"""Get embedded servers: started by whoever comes first, shared, gone when the last user has gone."""

import fcntl
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

START_SECONDS: Final = 90.0


@dataclass(slots=True)
class Servers:
    """Addresses of a running pair of servers, held until released."""

    database_url: str
    broker_url: str
    _lock: IO[str]

    def release(self) -> None:
        """Let go; the servers stop when nobody holds them."""
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def local_servers(state: Path, *, durable: bool = True) -> Servers:
    """Give the servers of a state folder, starting them if they do not run; RuntimeError if they do not come up."""
    state.mkdir(parents=True, exist_ok=True)
    lock = (state / "users.lock").open("a")
    fcntl.flock(lock, fcntl.LOCK_SH)
    with (state / "start.lock").open("w") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        known = _announced(state)
        if known is None:
            known = _start(state, durable=durable)
    return Servers(known["database_url"], known["broker_url"], lock)


def _announced(state: Path) -> dict[str, str] | None:
    """Read where the servers are, if their supervisor lives."""
    try:
        known: dict[str, str] = json.loads((state / "servers.json").read_text())
        os.kill(int(known["pid"]), 0)
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return None
    return known if _supervised(state) and not _is_ending(int(known["pid"])) else None


def _is_ending(number: int) -> bool:
    """Tell whether a process was killed and has just let go of its memory, but not of its files yet (Linux)."""
    try:
        return Path(f"/proc/{number}/cmdline").read_bytes() == b""
    except (FileNotFoundError, ProcessLookupError):
        return Path("/proc/self").exists()


def _supervised(state: Path) -> bool:
    try:
        with (state / "supervisor.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _start(state: Path, *, durable: bool) -> dict[str, str]:
    (state / "servers.json").unlink(missing_ok=True)
    command = [sys.executable, "-m", "worker.local.supervisor", str(state)]
    if not durable:
        command.append("--not-durable")
    log = state / "supervisor.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up:
        known = _announced(state)
        if known:
            return known
        if process.poll() is not None:
            break
        time.sleep(0.02)
    tail = log.read_text(errors="replace").strip().splitlines()[-1:] or ["no message"]
    raise RuntimeError(f"the embedded servers did not start ({tail[0]}); see {log}")
