"""Celery tasks: each makes one call and returns nothing. Only `record_events` carries data."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

import structlog
from billiard.process import current_process
from celery.signals import worker_init, worker_process_init, worker_process_shutdown
from kombu.exceptions import OperationalError
from sqlalchemy.exc import OperationalError as OperationalFault

from worker import affinity
from worker.app import MAIL_STARTS_FOR_SECONDS, app
from worker.chores.call_webhooks import call_webhooks
from worker.chores.read_bounces import read_bounces
from worker.chores.recover_claims import recover_claims
from worker.chores.send_reviews import send_reviews
from worker.chores.sweep_items import sweep_items
from worker.chores.tidy_instances import tidy_instances
from worker.intake.reading import read_value
from worker.process import end_this_process, this_process
from worker.settings import load_settings
from worker.storage import instances
from worker.usecases.in_one_go import LOOKS_AHEAD, InOneGo
from worker.usecases.plan_owners import plan_owners
from worker.usecases.poll_source import poll_named
from worker.usecases.record_events import record
from worker.usecases.send_due import send_on
from worker.usecases.settling import collect
from worker.usecases.skus import work_on_skus
from worker.usecases.watch_sources import due_sources
from worker.wiring import bounce_mailbox_of, renderer

log = structlog.get_logger()
EXPIRES_AFTER_SECONDS: Final = 60
PLANS_FOR_SECONDS: Final = 2.0
"""Short, so that mails that are ready do not wait until everything is planned."""


@worker_init.connect
def _warm(**_: object) -> None:
    """Compile the templates once, before the processes of the pool are forked: they share them."""
    renderer().warm()


@worker_process_init.connect
def _keep_to_core(**_: object) -> None:
    """Keep a process of a pool to a core, if the settings say so; one that replaces it takes its place."""
    place = getattr(current_process(), "index", None)
    if place is not None and load_settings().cpu_affinity == affinity.AUTO:
        log.info("kept_to_core", core=affinity.keep_to_core(place))


@worker_process_shutdown.connect
def _end(**_: object) -> None:
    end_this_process()


@app.task(name="backorder.plan")
def plan(*, ahead: bool = False, until: str | None = None, helping: bool = False) -> None:
    """Plan what is due, and send it; one that is crowded asks once for another process's help.

    A tick of beat also looks `ahead`: what rings before the next one, `until` then, is planned at its moment.
    """
    process = this_process()
    with process.parts.engine.begin() as connection:
        now = process.parts.clock(connection)
        instances.tick(connection, "plan", now)
    road = InOneGo(process.parts, process.sender)
    step = road.step if helping else _with_help(road.step, lambda _: road.crowded, lambda: nudge(plan, helping=True))
    _until_done(step, lambda: PLANS_FOR_SECONDS if road.mails_wait else MAIL_STARTS_FOR_SECONDS, mail, plan)
    with _database_may_be_away():
        road.end()
    next_tick = datetime.fromisoformat(until) if until else now + LOOKS_AHEAD
    if ahead and road.next_ring and road.next_ring.at < next_tick:
        nudge(plan, ahead=True, until=next_tick.isoformat(), after=road.next_ring.seconds)


def _with_help(step: Callable[[], int], crowded: Callable[[int], bool], ask: Callable[[], None]) -> Callable[[], int]:
    """Give a step that asks for help the first time more is found than one process takes."""
    asked = False

    def helped() -> int:
        nonlocal asked
        done = step()
        if not asked and crowded(done):
            asked = True
            ask()
        return done

    return helped


@app.task(name="backorder.skus")
def skus() -> None:
    """Deal received stock, and carry what is said of items to their lines; many slices ask for one more process."""
    parts = this_process().parts
    step = _with_help(lambda: work_on_skus(parts), lambda slices: slices > 1, lambda: nudge(skus))
    _until_done(step, lambda: PLANS_FOR_SECONDS, plan)


@app.task(name="backorder.owners")
def owners() -> None:
    """Put together the lists that owners are due."""
    parts = this_process().parts
    _until_done(lambda: plan_owners(parts), lambda: PLANS_FOR_SECONDS, mail)


@app.task(name="backorder.mail")
def mail() -> None:
    """Send what is due."""
    process = this_process()
    _until_done(lambda: send_on(process.parts, process.sender), lambda: MAIL_STARTS_FOR_SECONDS, plan)
    with _database_may_be_away():
        collect(process.parts, process.sender)


@app.task(name="backorder.webhooks")
def webhooks() -> None:
    """Call the webhooks that are due."""
    process = this_process()
    while call_webhooks(process.parts, process.hooks, process.key):
        pass


@app.task(name="backorder.recover")
def recover() -> None:
    """Give back the claims of dead and of silent processes."""
    process = this_process()
    released = recover_claims(process.parts, steady=process.watch.steady)
    if released:
        log.warning("claims_recovered", mails=released)
        nudge(mail)


@app.task(name="backorder.bounces")
def bounces() -> None:
    """Read what came back, if a mailbox is set."""
    process = this_process()
    server = bounce_mailbox_of(process.settings)
    if server is not None and read_bounces(process.parts, server):
        nudge(plan)


@app.task(name="backorder.tidy")
def tidy() -> None:
    """Forget processes that have gone, and that lines waited which have got all."""
    parts = this_process().parts
    tidy_instances(parts)
    while sweep_items(parts):
        pass


@app.task(name="backorder.reviews")
def reviews() -> None:
    """Send each seller his planning review of the week, once."""
    while send_reviews(this_process().parts):
        pass


@app.task(name="backorder.sources")
def sources() -> None:
    """Ask for a read of every source that is due."""
    process = this_process()
    for name in due_sources(process.parts, process.sources):
        nudge(poll_source, name)


@app.task(name="backorder.poll_source")
def poll_source(name: str) -> None:
    """Read one source, by the name of its file, and record what differs."""
    process = this_process()
    polled = poll_named(process.parts, process.sources, name)
    if polled is not None and polled.recorded:
        nudge(skus)
        nudge(plan)


@app.task(name="backorder.record_events")
def record_events(events: list[Any]) -> None:
    """Record a list of CloudEvents; verdicts are read with `backorder events --source S`."""
    parts = this_process().parts
    with parts.engine.begin() as connection:
        now = parts.clock(connection)
        record(connection, parts, [read_value(event, received_at=now) for event in events], now)
    nudge(skus)
    nudge(plan)


def _until_done(step: Callable[[], int], seconds: Callable[[], float], *then: Any) -> None:
    """Repeat a step while it finds work and its time lasts; nudge whoever goes on with what it left."""
    began = time.monotonic()
    worked = False
    with _database_may_be_away():
        while step():
            worked = True
            if time.monotonic() - began > seconds():
                break
    if worked:
        for task in then:
            nudge(task)


@contextmanager
def _database_may_be_away() -> Iterator[None]:
    """End what needs the database where that does not answer; no row is lost, and the next tick tries again."""
    try:
        yield
    except OperationalFault as fault:
        log.warning("database_away", fault=type(fault.orig).__name__, then="the next tick tries again; no row is lost")


def nudge(task: Any, *words: str, after: float = 0.0, **named: Any) -> None:
    """Ask for a task soon, or in so many seconds; if the broker does not hear, the next tick does the same."""
    try:
        task.apply_async(args=words, kwargs=named, countdown=after or None, expires=after + EXPIRES_AFTER_SECONDS)
    except OperationalError as fault:
        log.warning("nudge_lost", task=task.name, fault=type(fault).__name__)
