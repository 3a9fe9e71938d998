"""django-post_office, the plain Celery app, redbeat and Celery's ETA: each run in the benchmark's own venv."""

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import psycopg

from benchmarks.rivals import house, venv
from worker.processes import stop

TABLE: Final = (
    "create table if not exists update_due (id bigint primary key, order_no text not null, po text not null,"
    " recipient text not null, ordered int not null, ready int not null, due_at timestamptz not null,"
    " state text not null default 'due', sent_at timestamptz);"
    "create index if not exists update_due_at on update_due (due_at) where state = 'due'"
)
FILL: Final = (
    "insert into update_due (id, order_no, po, recipient, ordered, ready, due_at)"
    " select n, 'S-' || n, '4500017733', 'p' || n || '@muster.example.com', 120, 80, now() + interval '6 seconds'"
    " from generate_series(1, %s) n"
)
SPAN: Final = "select extract(epoch from max(sent_at) - min(due_at)) from update_due where state = 'sent'"
GIVES_UP_AFTER: Final = 120.0


def prepare() -> None:
    """Make the peers' databases and tables."""
    house.empty("plain")
    house.empty("post")
    with _database("plain") as connection:
        connection.execute(TABLE)
    venv.run("post.py", "migrate", env=_post_environment(Path(), 25))


def plain(mails: int, mail_port: int, templates: Path) -> dict[str, Any]:
    """Give mails per second of two worker processes and a beat, from the due moment on."""
    with _database("plain") as connection:
        connection.execute("truncate update_due")
        connection.execute(FILL, (mails,))
    env = os.environ | {
        "PLAIN_BROKER": house.broker(5),
        "PLAIN_DATABASE": house.address("plain").replace("postgresql+psycopg", "postgresql"),
        "PLAIN_MAIL_PORT": str(mail_port),
        "PLAIN_TEMPLATES": str(templates),
        "PLAIN_SCHEDULE": str(templates / "schedule"),
    }
    celery = [str(venv.PYTHON), "-m", "celery", "-A", "plain"]
    commands = ([*celery, "worker", "-c", "2", "--loglevel=ERROR"], [*celery, "beat", "--loglevel=ERROR"])
    with (house.STATE / "peers.log").open("ab") as log:
        running = [
            subprocess.Popen(command, env=env, cwd=venv.APPS, stdout=log, stderr=log, start_new_session=True)
            for command in commands
        ]
        try:
            _wait_until_sent(mails)
        finally:
            for process in running:
                stop(process)
    with _database("plain") as connection:
        return {"per_second": round(mails / float(connection.execute(SPAN).fetchone()[0]))}  # type: ignore[index]


def _wait_until_sent(mails: int) -> None:
    end = time.monotonic() + GIVES_UP_AFTER
    with _database("plain") as connection:
        while connection.execute("select count(*) from update_due where state = 'sent'").fetchone() != (mails,):
            assert time.monotonic() < end, "the plain app did not end"
            time.sleep(0.2)


def post_office(what: str, mails: int, mail_port: int, templates: Path) -> dict[str, Any]:
    """Give mails per second, enqueued and sent: `default`, or `best` (bulk, rendered before, two processes)."""
    seconds = float(venv.run("post.py", what, str(mails), env=_post_environment(templates, mail_port)))
    return {"per_second": round(mails / seconds)}


def _post_environment(templates: Path, mail_port: int) -> dict[str, str]:
    sockets = parse_qs(urlsplit(house.servers().database_url).query)["host"][0]
    return os.environ | {
        "POST_DATABASE": "bench_post",
        "POST_SOCKETS": sockets,
        "POST_MAIL_PORT": str(mail_port),
        "POST_TEMPLATES": str(templates),
    }


def beats(count: int) -> dict[str, Any]:
    """Give what it costs to add so many future moments, and to tick while they wait."""
    found: dict[str, Any] = json.loads(
        venv.run("beats.py", str(count), env=os.environ | {"BEATS_BROKER": house.broker(6)})
    )
    return found


def _database(name: str) -> "psycopg.Connection[Any]":
    return psycopg.connect(house.address(name).replace("postgresql+psycopg", "postgresql"), autocommit=True)
