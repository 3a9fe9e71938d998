"""Deal received stock to an item's lines, and carry what is said of an item to them: slice by slice (R5, R13)."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Connection

from schedules.events import Event
from schedules.facts import LineFacts
from schedules.fold import FIELDS, applied
from schedules.kinds import Confirmed
from schedules.quantities import ZERO, plain
from schedules.window import Window, window
from worker.intake.stored import to_event
from worker.places import calendars_of
from worker.presets import rhythm_of
from worker.storage import orders, skus
from worker.storage.codec import decode, encode
from worker.storage.rows import SellerRow
from worker.usecases.parts import Parts
from worker.usecases.refold import Refold

SLICE: Final = 1_000
READ_BY_AN_ITEMS_EVENT: Final = (
    "expected_on",
    "expected_confirmed",
    "cause",
    "reason",
    "reason_text",
    "outlook",
    "next_checkpoint",
    "checkpoint_set_at",
)
CONFIRMS: Final = frozenset({"changed_at", "confirmed_at", "confirmed", "confirmed_by", "confirmed_text"})


def work_on_skus(parts: Parts) -> int:
    """Do one slice of one item's oldest job; give 1, or 0 when no job is open."""
    with parts.engine.begin() as connection:
        job = skus.next_job(connection)
        if job is None:
            return 0
        now = parts.clock(connection)
        if job.kind == "deal":
            _deal(connection, job, now)
        else:
            _apply(connection, job, now)
    return 1


def _deal(connection: Connection, job: Any, now: datetime) -> None:
    pool = skus.pour(connection, job.seller_id, job.sku, job.units or ZERO)
    policy = job.profile.get("allocation") or "oldest_first"
    wanted = (
        skus.in_turn(connection, job.seller_id, job.sku, SLICE, by_priority=policy == "priority")
        if pool > 0 and policy != "off"
        else []
    )
    orders.lock(connection, [row.correspondence_id for row in wanted])
    lines = skus.lines(connection, [row.id for row in wanted])
    shares = _shares([lines[row.id] for row in wanted if row.id in lines], pool)
    dealt = sum((units for _, units in shares), ZERO)
    if shares:
        given = [(row.id, units, _patch(row, units, now)) for row, units in shares]
        skus.grant(connection, job.id, now, given)
        skus.pour(connection, job.seller_id, job.sku, -dealt)
        _move(connection, job.profile, [row for row, _ in shares], now)
        _again(connection, job, [row for row, _ in shares if row.waits], now)
    done = dealt >= pool or len(wanted) < SLICE
    skus.advance(connection, job.id, 0, len(shares), now if done else None)


def _shares(lines: Sequence[Any], pool: Decimal) -> list[tuple[Any, Decimal]]:
    """Give each line in turn what it waits for, while there is any."""
    shares = []
    for row in lines:
        units = min(Decimal(row.delayed), pool)
        if units > 0 and not row.stated:
            shares.append((row, units))
            pool -= units
    return shares


def _patch(row: Any, units: Decimal, now: datetime) -> str:
    """Give what a share changes, as a fold with it as last event would; nothing is decoded for it."""
    at = now.astimezone(UTC).isoformat()
    figures = {name: plain(Decimal(row.facts.get(name) or 0) + units) for name in ("available", "granted")}
    seen = {"confirmed": Confirmed.SEEN, "confirmed_by": "", "confirmed_text": None}
    return json.dumps(figures | seen | {"changed_at": at, "confirmed_at": at})


def _apply(connection: Connection, job: Any, now: datetime) -> None:
    event = to_event(job.body)
    wanted = skus.of_item(connection, job.seller_id, job.sku, job.cursor, SLICE)
    orders.lock(connection, [row.correspondence_id for row in wanted])
    lines = skus.lines(connection, [row.id for row in wanted])
    late = [row for row in lines.values() if row.waits or _is_later(row, event)]
    apart = {row.id for row in late}
    alike: dict[str, list[Any]] = defaultdict(list)
    for row in lines.values():
        if row.id not in apart:
            alike[json.dumps([row.facts.get(name) for name in READ_BY_AN_ITEMS_EVENT])].append(row)
    moved = []
    for rows in alike.values():
        after = applied(decode(LineFacts, rows[0].facts), event)
        if after is None:
            late += rows
            continue
        changed = _difference(rows[0].facts, after, READ_BY_AN_ITEMS_EVENT)
        skus.patch(connection, [row.id for row in rows], changed)
        moved += [(row, json.loads(changed).keys() > CONFIRMS) for row in rows]
    _move(connection, job.profile, [row for row, news in moved if news], now)
    _wake(connection, [row for row, news in moved if not news], now)
    _again(connection, job, late, now)
    done = len(wanted) < SLICE
    cursor = wanted[-1].id if wanted else job.cursor
    skus.advance(connection, job.id, cursor, len(lines), now if done else None)


def _is_later(row: Any, event: Event) -> bool:
    return datetime.fromisoformat(row.facts["changed_at"]) >= event.time


def _difference(before: dict[str, Any], after: LineFacts, names: Iterable[str]) -> str:
    """Give what an event changed, and the confirmation it is, as JSON."""
    values = encode(after)
    changed = {name: values[name] for name in FIELDS if name in names and values[name] != before.get(name)}
    return json.dumps(changed | {name: values[name] for name in CONFIRMS})


def _move(connection: Connection, profile: dict[str, Any], rows: Sequence[Any], now: datetime) -> None:
    """Move the windows of threads whose facts changed, and wake them; a thread with two such lines moves once."""
    threads = {row.thread_id: row for row in rows}
    moved = []
    for row in threads.values():
        sending = calendars_of(profile, row.contact).sending
        known = Window(row.window_first_at, row.window_ends_at) if row.window_ends_at else None
        opened = window(known, now, sending, rhythm_of(profile), moved=True, pending=True)
        moved.append((row.thread_id, opened.first_at if opened else None, opened.ends_at if opened else None))
    skus.move_windows(connection, moved)
    _wake(connection, rows, now)


def _wake(connection: Connection, rows: Sequence[Any], now: datetime) -> None:
    orders.wake(connection, [row.correspondence_id for row in rows], now)


def _again(connection: Connection, job: Any, rows: Sequence[Any], now: datetime) -> None:
    """Fold the few lines anew for which the event is not simply the last."""
    if rows:
        seller = SellerRow(job.seller_id, job.slug, job.profile)
        Refold(connection, now, {job.slug: seller}).run(
            [], again=[(job.seller_id, row.order_no, row.line_no) for row in rows]
        )
