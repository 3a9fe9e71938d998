"""Embedded servers: shared, reused, and gone when nobody needs them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.waiting import wait_until
from worker.local.places import BELONGS_TO, forget
from worker.local.servers import local_servers

HOLDER = """
import sys, time
from pathlib import Path
from worker.local.servers import local_servers
servers = local_servers(Path(sys.argv[1]), durable=False)
print(servers.database_url, flush=True)
time.sleep(600)
"""


def processes_of(folder: Path) -> list[int]:
    """Processes that have the folder, or the servers' data for it, in their command line."""
    from worker.local.places import places

    where = places(folder)
    wanted = {str(where.state), str(where.data)}
    found = []
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
        except OSError:
            continue
        if wanted & set(line.decode(errors="replace").split("\0")):
            found.append(int(entry.name))
    return found


@pytest.mark.slow
def test_servers_are_shared_and_nothing_stays_after_a_killed_user(tmp_path):
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    first, second = (subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2))
    assert first.stdout is not None
    assert second.stdout is not None
    assert first.stdout.readline() == second.stdout.readline()

    for process in (first, second):
        process.kill()
        process.wait()

    wait_until(lambda: processes_of(tmp_path) == [], 20)


@pytest.mark.slow
def test_a_killed_supervisor_takes_its_servers_along_and_others_start_anew(tmp_path):
    import json

    with local_servers(tmp_path, durable=False):
        supervisor = json.loads((tmp_path / "servers.json").read_text())["pid"]
        os.kill(supervisor, signal.SIGKILL)
        wait_until(lambda: supervisor not in processes_of(tmp_path), 20)
        with local_servers(tmp_path, durable=False) as again:
            host = again.database_url.partition("host=")[2]
            with psycopg.connect(f"host={host} user=postgres dbname=backorder") as connection:
                assert connection.execute("select 1").fetchone() == (1,)
    wait_until(lambda: processes_of(tmp_path) == [], 20)


def test_what_was_kept_for_a_folder_is_forgotten_with_it_and_nothing_else(tmp_path):
    shelf = tmp_path / "shelf"
    for name, state in {"a": tmp_path / "gone" / "state", "b": tmp_path / "stays"}.items():
        (shelf / name / "postgresql").mkdir(parents=True)
        (shelf / name / BELONGS_TO).write_text(str(state))
    (shelf / "programs").mkdir()

    assert forget(tmp_path / "gone", shelf) == [tmp_path / "gone" / "state"]
    assert sorted(path.name for path in shelf.iterdir()) == ["b", "programs"]
