"""Processes of this machine: a name that no other process ever had, and whether the one that had a name is dead.

`host:pid@home.start`: home is the boot of the kernel and the process namespace, start is when the process began, in
clock ticks (proc(5)). A number that was given out again, or a container of the same host name, is told apart. Where
the kernel does not tell (no `/proc`), nobody is ever called dead.
"""

import hashlib
import os
import socket
from functools import lru_cache
from pathlib import Path

PROC = Path("/proc")
STATE, THREADS, START = 0, 17, 19
"""Places in `/proc/pid/stat` behind the command's name: fields 3, 20 and 22."""
ENDED = frozenset({"Z", "X"})


def own_name() -> str:
    """Give this process's name."""
    return name_of(os.getpid())


def name_of(pid: int) -> str:
    """Give the name of a process of this machine."""
    fields = _fields(pid)
    mark = f"@{_home()}.{fields[START]}" if fields and _home() else ""
    return f"{socket.gethostname()}:{pid}{mark}"


def is_dead(name: str) -> bool:
    """Tell whether the process of this name is surely dead; False for one of another machine or namespace."""
    place, _, mark = name.rpartition("@")
    home, _, start = mark.rpartition(".")
    if not place or not home or home != _home():
        return False
    pid = int(place.rpartition(":")[2])
    fields = _fields(pid)
    if fields is None:
        return not _is_known(pid)
    return fields[START] != start or (fields[STATE] in ENDED and fields[THREADS] in {"0", "1"})


def _is_known(pid: int) -> bool:
    """Ask the kernel itself: `/proc` may be told to hide the processes of other users."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@lru_cache(maxsize=1)
def _home() -> str:
    try:
        boot = (PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()
        namespace = (PROC / "self/ns/pid").readlink()
    except OSError:
        return ""
    return hashlib.blake2b(f"{boot}/{namespace}".encode(), digest_size=6).hexdigest()


def _fields(pid: int) -> list[str] | None:
    """Give what the kernel says of a process; None if there is none."""
    try:
        said = (PROC / str(pid) / "stat").read_text("ascii", "replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return said.rpartition(")")[2].split()
