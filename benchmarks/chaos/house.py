"""The servers and processes of a chaos run: started, broken and started again by their own numbers."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import psycopg
import redis

from worker.local.places import Places, places
from worker.local.supervisor import (
    broker_url,
    free_port,
    make_database,
    postgres_answers,
    start_postgres,
    start_valkey,
    stop,
    url,
    valkey_answers,
    wait_until,
)
from worker.processes import beat_command, worker_command

TOO_LONG = 60.0


class House:
    """PostgreSQL, Valkey, workers and beats of one run."""

    def __init__(self, folder: Path, smtp_port: int, workers: int, processes: int) -> None:
        self.folder = folder
        self.where: Places = places(folder / "state")
        self.valkey_port = free_port()
        self.smtp_port = smtp_port
        self.processes = processes
        self.postgres = start_postgres(self.where, durable=True)
        self.valkey = start_valkey(self.where, self.valkey_port)
        self._postgres_up()
        make_database(self.where)
        self.sql("alter system set fsync = off")  # processes are killed here, not machines
        self.sql("select pg_reload_conf()")
        self.log = (folder / "processes.log").open("ab")
        self.workers: list[subprocess.Popen[bytes]] = []
        self.beats: list[subprocess.Popen[bytes]] = []
        self.wanted = workers
        self.killed = 0

    @property
    def url(self) -> str:
        return url(self.where)

    def start(self) -> None:
        while len(self.workers) < self.wanted:
            self.workers.append(self._started(worker_command(self.processes)))
        while len(self.beats) < 2:
            self.beats.append(self._started(beat_command()))

    def close(self) -> None:
        for process in (*self.beats, *self.workers):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        stop(self.valkey, signal.SIGKILL)
        stop(self.postgres, signal.SIGQUIT)
        shutil.rmtree(self.where.data, ignore_errors=True)
        self.log.close()

    def sql(self, query: str, *values: object) -> list[tuple]:
        """Ask the database; raises psycopg.OperationalError while it is down."""
        with psycopg.connect(
            f"host={self.where.sockets} user=postgres dbname=backorder", autocommit=True
        ) as connection:
            found = connection.execute(query, values or None)
            return found.fetchall() if found.description else []

    def children(self) -> list[int]:
        """Give the processes of the pools: the ones that hold mails."""
        parents = {process.pid for process in self.workers}
        found = []
        for entry in Path("/proc").iterdir():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split() if entry.name.isdigit() else []
            except OSError:
                continue
            if fields and int(fields[1]) in parents and fields[0] != "Z":
                found.append(int(entry.name))
        return sorted(found)

    def kill_child(self, pid: int) -> str:
        os.kill(pid, signal.SIGKILL)
        self.killed += 1
        return name_of(pid)

    def kill_worker(self, place: int) -> list[str]:
        """Kill a whole worker, its pool included, and start another."""
        worker = self.workers.pop(place)
        names = [name_of(pid) for pid in self._children_of(worker.pid)]
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
        self.killed += max(1, len(names))
        self.start()
        return names

    def kill_beat(self, place: int) -> None:
        beat = self.beats.pop(place)
        os.killpg(beat.pid, signal.SIGKILL)
        beat.wait()
        self.start()

    def freeze(self, pid: int) -> None:
        os.kill(pid, signal.SIGSTOP)
        self.killed += 1  # its lease passes, so others take over what it holds

    def thaw(self, pid: int) -> None:
        """Let it go on, if nothing has killed it meanwhile."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    def wipe_valkey(self) -> None:
        with redis.Redis(port=self.valkey_port) as client:
            client.flushall()

    def valkey_down(self, seconds: float) -> None:
        stop(self.valkey, signal.SIGKILL)
        time.sleep(seconds)
        self.valkey = start_valkey(self.where, self.valkey_port)
        wait_until(lambda: valkey_answers(self.valkey_port), self.valkey, "Valkey", self.folder)

    def postgres_down(self, seconds: float) -> None:
        """Stop PostgreSQL at once, as by a crash: it recovers from its log when it starts."""
        stop(self.postgres, signal.SIGQUIT)
        time.sleep(seconds)
        self.postgres = start_postgres(self.where, durable=True)
        self._postgres_up()

    def _postgres_up(self) -> None:
        wait_until(lambda: postgres_answers(self.where), self.postgres, "PostgreSQL", self.where.state)

    def _children_of(self, parent: int) -> list[int]:
        path = Path(f"/proc/{parent}/task/{parent}/children")
        return [int(pid) for pid in path.read_text().split()]

    def _started(self, command: list[str]) -> "subprocess.Popen[bytes]":
        environment = {
            **os.environ,
            "BACKORDER_DATABASE_URL": self.url,
            "BACKORDER_BROKER_URL": broker_url(self.valkey_port),
            "BACKORDER_MAIL_URL": f"smtp://127.0.0.1:{self.smtp_port}?connections=4",
            "BACKORDER_SECRET_KEY": "only-for-chaos-0123456789",
            "BACKORDER_LOG": "json",
            "PYTHONWARNINGS": "ignore",
        }
        return subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, start_new_session=True
        )


def name_of(pid: int) -> str:
    """Give the name under which a process registers."""
    return f"{socket.gethostname()}:{pid}"
