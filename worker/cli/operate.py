"""`up`, `migrate`, `doctor`: run everything on one machine, bring the schema up, see whether all is well."""

import signal
import smtplib
import time
from datetime import timedelta
from typing import Annotated, Any

import typer
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from worker.cli.answer import FINDING, as_json, console, opened, table
from worker.cli.sources import sources_row
from worker.processes import running
from worker.storage import instances, reports
from worker.storage.migrate import migrate as bring_up
from worker.storage.migrate import newest, present
from worker.wiring import House, mail_reachable, open_catcher

TICK_IS_LATE = timedelta(seconds=30)
ALARM_IS_LATE = timedelta(minutes=2)
CLOCK_IS_OFF = timedelta(seconds=5)


def migrate() -> None:
    """Bring the database's tables to this version."""
    with opened(migrated=False) as house:
        console.print(f"tables at version {bring_up(house.engine)}")


def up(
    seconds: Annotated[float | None, typer.Option(help="stop by itself after this long")] = None,
    processes: Annotated[int, typer.Option(help="worker processes")] = 2,
) -> None:
    """Run worker, beat and web, and whatever servers the settings do not name, until Ctrl-C."""
    with opened() as house:
        catcher = open_catcher(house.settings.state) if house.settings.mail is None else None
        try:
            with running(house, processes, catcher.folder if catcher else None) as alive:
                where = f"; mails lie in {catcher.folder}" if catcher else ""
                console.print(
                    f"worker, beat and web run; pages at {house.settings.public_url}{where}; Ctrl-C stops", markup=False
                )
                _until_stopped(alive, seconds)
        finally:
            if catcher:
                catcher.close()


def _until_stopped(alive: Any, seconds: float | None) -> None:
    """Wait for Ctrl-C, for a termination, for the time to pass, or for a process to end."""
    stopped = False

    def stop(*_: object) -> None:
        nonlocal stopped
        stopped = True

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, stop)
    end = time.monotonic() + seconds if seconds is not None else None
    while not stopped and (end is None or time.monotonic() < end):
        ended = alive()
        if ended:
            console.print(f"{ended} has ended; stopping", style="red")
            raise typer.Exit(FINDING)
        time.sleep(0.2)


def doctor(json: Annotated[bool, typer.Option("--json", help="as JSON")] = False) -> None:
    """Check settings, database, broker, mail, clock, beat's last tick and the oldest overdue wake-up."""
    with opened(migrated=False) as house:
        rows = [_schema(house), _broker(house), _mail(house)]
        if rows[0]["ok"]:
            rows += _work(house)
    if json:
        as_json(rows)
    else:
        table(
            [{**row, "ok": "ok" if row["ok"] else "NOT OK"} for row in rows], {"check": "", "ok": "", "found": ""}, ""
        )
    if not all(row["ok"] for row in rows):
        raise typer.Exit(FINDING)


def _row(check: str, found: str, *, ok: bool) -> dict[str, Any]:
    return {"check": check, "ok": ok, "found": found}


def _schema(house: House) -> dict[str, Any]:
    try:
        version = present(house.engine)
    except SQLAlchemyError as fault:
        return _row("database", f"does not answer ({type(fault).__name__})", ok=False)
    if version != newest():
        return _row(
            "database", f"tables at {version or 'no version'}, wanted {newest()}: run `backorder migrate`", ok=False
        )
    return _row("database", f"answers, tables at {version}", ok=True)


def _broker(house: House) -> dict[str, Any]:
    if not house.broker_url.startswith(("redis://", "rediss://")):
        return _row("broker", "not checked: only Redis is", ok=True)
    try:
        with Redis.from_url(house.broker_url, socket_connect_timeout=3, socket_timeout=3) as client:
            client.ping()
    except RedisError as fault:
        return _row("broker", f"does not answer ({type(fault).__name__}); ticks wait for it, no row is lost", ok=False)
    return _row("broker", "answers", ok=True)


def _mail(house: House) -> dict[str, Any]:
    try:
        return _row("mail", mail_reachable(house.settings), ok=True)
    except (OSError, smtplib.SMTPException) as fault:
        return _row("mail", f"does not answer ({type(fault).__name__}); mails are kept and tried again", ok=False)


def _work(house: House) -> list[dict[str, Any]]:
    with house.engine.connect() as connection:
        now = house.parts.clock(connection)
        ticked = instances.ticks(connection).get("plan")
        health = reports.health(connection)
    off = abs(now.timestamp() - time.time())
    late = now - health.oldest_alarm if health.oldest_alarm else timedelta()
    stuck = now - health.oldest_mail if health.oldest_mail else timedelta()
    behind = now - health.oldest_item if health.oldest_item else timedelta()
    return [
        _row("clock", f"{off:.1f} s between this machine and the database", ok=off <= CLOCK_IS_OFF.total_seconds()),
        _row(
            "beat",
            f"last tick {now - ticked} ago" if ticked else "has never ticked: is a worker and a beat running?",
            ok=ticked is not None and now - ticked <= TICK_IS_LATE,
        ),
        _row(
            "wake-ups", f"oldest overdue by {late}" if late > timedelta() else "none overdue", ok=late <= ALARM_IS_LATE
        ),
        _row(
            "mails", f"oldest overdue by {stuck}" if stuck > timedelta() else "none overdue", ok=stuck <= ALARM_IS_LATE
        ),
        _row(
            "items", f"oldest overdue by {behind}" if behind > timedelta() else "none waits", ok=behind <= ALARM_IS_LATE
        ),
        _row(
            "parked",
            f"{health.parked} correspondences, {health.parked_mails} mails, {health.parked_items} events of items"
            " (`backorder unpark` lets them go on)",
            ok=not health.parked + health.parked_mails + health.parked_items,
        ),
        sources_row(house),
        _row("waiting events", f"{health.waiting} (`backorder events` says why)", ok=True),
    ]
