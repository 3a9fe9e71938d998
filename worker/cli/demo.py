"""`demo`: thirty days in a time-lapse, then live."""

import logging
import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import SimpleQueue
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import text

from worker.cli.answer import FINDING, console
from worker.cli.demo_story import tell_month
from worker.cli.web import add_demo_user
from worker.delivery.catcher import free_port, mailbox
from worker.delivery.transport import Ended, MayGo, Outgoing
from worker.local.servers import local_servers
from worker.logs import set_up_logging
from worker.processes import running
from worker.replay.run import Stepper
from worker.replay.stream import demo_feed
from worker.replay.world import World
from worker.settings import load_settings
from worker.storage import instances
from worker.storage.engine import database_clock, make_engine
from worker.storage.migrate import migrate
from worker.updates.outcomes import Outcome
from worker.wiring import House, house, open_catcher, parts_for, transport_of

DAYS = 30
LIVE_MAILS = 3
GIVES_UP_AFTER_SECONDS = 120
FIRST_PORT = 8000


def demo(
    wait: Annotated[
        bool, typer.Option(help="stay until Ctrl-C; --no-wait ends once the first live mails are out")
    ] = True,
) -> None:
    """Run two sellers and 60 orders through 30 days, then let real workers take over."""
    settings = load_settings()
    if settings.database_url is not None:
        console.print("the demo uses servers of its own; BACKORDER_DATABASE_URL is not used", style="yellow")
    state = settings.state / "demo"
    with local_servers(state) as servers:
        own = load_settings(
            {
                "BACKORDER_DATABASE_URL": servers.database_url,
                "BACKORDER_BROKER_URL": servers.broker_url,
                "BACKORDER_SECRET_KEY": settings.secret_key,
                "BACKORDER_LOG": settings.log,
                "BACKORDER_PUBLIC_URL": f"http://127.0.0.1:{free_port((FIRST_PORT, 0))}",
            },
            state,
        )
        with house(own) as home:
            _empty(home)
            shutil.rmtree(mailbox(state), ignore_errors=True)
            catcher = open_catcher(state)
            try:
                _time_lapse(home)
                ended = _live(home, catcher.folder, wait=wait)
            finally:
                catcher.close()
    if not ended:
        raise typer.Exit(FINDING)


def _empty(home: House) -> None:
    """Begin every demo with empty tables."""
    with home.engine.begin() as connection:
        connection.execute(text("drop schema public cascade"))
        connection.execute(text("create schema public"))
    migrate(home.engine)


def _time_lapse(home: House) -> None:
    """Step through the stream's days; mails go to the catcher over real SMTP."""
    now = datetime.now(UTC).replace(microsecond=0)
    feed = demo_feed(now, DAYS)
    world = _Posting(home, now - timedelta(days=DAYS))
    set_up_logging(home.settings.log, logging.ERROR)
    engine = make_engine(home.database_url, pool_size=2, durable=False)
    parts = replace(parts_for(engine, lambda _: world.now, home.settings.host), links=home.parts.links)
    began = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("30 days", total=DAYS * 24 * 3600)

        def step(at: datetime) -> None:
            done = (at - (now - timedelta(days=DAYS))).total_seconds()
            bar.update(task, completed=done, description=at.strftime("%a %d %b %H:%M"))

        stepper = Stepper(parts, world, step)
        with engine.begin() as connection:
            stepper.sender.instance = instances.register(connection, "time-lapse", world.now)
        stepper.run(feed, now)
    world.close()
    engine.dispose()
    set_up_logging(home.settings.log)
    tell_month(home.engine, len(feed.arrivals), now - timedelta(days=DAYS), now)
    took = time.monotonic() - began
    console.print(f"\nthe time-lapse took {took:.1f} s and ended at {now:%Y-%m-%d %H:%M} UTC", markup=False)


class _Posting(World):
    """The time-lapse's way out: virtual time, a real mail server."""

    def __init__(self, home: House, start: datetime) -> None:
        super().__init__(folder=Path(), now=start)
        self._transport = transport_of(home.settings)
        self.close = self._transport.close  # type: ignore[method-assign]

    def submit(self, mails: Sequence[Outgoing], may_go: MayGo, ended: Ended) -> None:
        """Wait for every mail: virtual time stands still while they are on their way."""
        outcomes: SimpleQueue[tuple[int, Outcome]] = SimpleQueue()
        self._transport.submit(mails, may_go, lambda mail_id, outcome: outcomes.put((mail_id, outcome)))
        for _ in mails:
            ended(*outcomes.get())


def _live(home: House, folder: Path, *, wait: bool) -> bool:
    """Let worker and beat take over; tell of each mail as it arrives. False if nothing came."""
    known = {path.name for path in folder.glob("*.eml")}
    with home.engine.connect() as connection:
        now = database_clock(connection)
    console.print(f"\nnow live: worker and beat go on with the same rows ({now:%H:%M:%S} UTC)", markup=False)
    password = add_demo_user(home)
    console.print(f"mails lie in {folder}", markup=False)
    came = 0
    began = time.monotonic()
    with running(home, processes=2, mailbox=folder) as alive:
        console.print(f"console: {home.settings.public_url}/ (name demo, password {password})", markup=False)
        console.print(f"mailbox: {home.settings.public_url}/mailbox", markup=False)
        try:
            while wait or came < LIVE_MAILS:
                for path in sorted(folder.glob("*.eml")):
                    if path.name not in known:
                        known.add(path.name)
                        came += 1
                        console.print(f"  {time.monotonic() - began:5.1f} s  {_subject(path)}", markup=False)
                if alive() or (not wait and time.monotonic() - began > GIVES_UP_AFTER_SECONDS):
                    console.print("no live mail came in time; `make demo` again, or look at the log above", style="red")
                    return False
                time.sleep(0.2)
        except KeyboardInterrupt:
            console.print("stopping")
    return True


def _subject(path: Path) -> str:
    from email import message_from_bytes  # noqa: PLC0415 - only for people's eyes
    from email.policy import default  # noqa: PLC0415

    mail = message_from_bytes(path.read_bytes(), policy=default)
    return f"{mail['X-Backorder-Kind']}: {mail['Subject']}"
