"""What reaches many at once, slice by slice: stock dealt, an item's changes, a seller's wake-up (R5, R13, R29)."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from schedules.facts import LineFacts
from schedules.fold import FIELDS, applied
from schedules.quantities import ZERO
from schedules.window import Window, window
from worker.intake.stored import to_event
from worker.places import calendars_of
from worker.presets import rhythm_of
from worker.storage import dealing, item_slices, orders, skus
from worker.storage.codec import decode, encode
from worker.storage.dealing import Places
from worker.storage.rows import SellerRow
from worker.usecases.moments import Moments
from worker.usecases.parts import Parts
from worker.usecases.refold import Refold

SLICE: Final = 5_000
"""Lines in one transaction: well under a second of it."""
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
        JOBS[job.kind](connection, job, now)
    return 1


def _deal(connection: Connection, job: Any, now: datetime) -> None:
    pool = skus.pour(connection, job.seller_id, job.sku, job.units or ZERO)
    policy = job.profile.get("allocation") or "oldest_first"
    if pool <= 0 or policy == "off":
        skus.advance(connection, job.id, 0, 0, now)
        return
    turn = _turn(connection, job, policy)
    dealing.lock(connection, job.id, turn)
    groups = dealing.deal(connection, job, turn, pool, now)
    dealt = sum((group.units for group in groups), ZERO)
    lines = [one for group in groups for one in group.lines]
    if lines:
        skus.pour(connection, job.seller_id, job.sku, -dealt)
        _move(connection, job.profile, groups, now)
        orders.wake(connection, (one for group in groups for one in group.correspondences), now)
        _again(connection, job, item_slices.with_waiting_events(connection, lines), now)
    done = dealt >= pool or turn.ends
    cursor, ended_at = (0, now) if done else (turn.last, None)
    skus.advance(connection, job.id, cursor, len(lines), ended_at, many=not turn.ends)


def _turn(connection: Connection, job: Any, policy: str) -> Places:
    """Go on in the turn of the job, or take it anew if it is done or if somebody came to wait since (R5)."""
    turn_of = [policy, dealing.behind(connection, job)]
    if job.turn_of == turn_of and job.cursor < job.turn_lines:
        return Places(job.cursor + 1, job.cursor + SLICE, ends=False)
    lines = dealing.take_turn(connection, job, json.dumps(turn_of), by_priority=policy == "priority")
    return Places(1, SLICE, ends=lines <= SLICE)


def _apply(connection: Connection, job: Any, now: datetime) -> None:
    event = to_event(job.body)
    wanted = item_slices.of_item(connection, job.seller_id, job.sku, job.cursor, SLICE)
    orders.lock(connection, wanted.correspondences)
    ids = wanted.lines
    late = {row.id: row for row in item_slices.with_waiting_events(connection, ids)}
    late |= {row.id: row for row in item_slices.changed_since(connection, ids, event.time)}
    news: list[int] = []
    for group in item_slices.alike(connection, [one for one in ids if one not in late], READ_BY_AN_ITEMS_EVENT):
        before = decode(LineFacts, group.facts)
        after = applied(before, event)
        if after is None:
            raise AssertionError(f"{event.type} of an item states no figure, so that it always adds up")
        changed = _difference(before, after, READ_BY_AN_ITEMS_EVENT)
        item_slices.patch(connection, group.ids, changed)
        news += group.ids if json.loads(changed).keys() > CONFIRMS else []
    _move(connection, job.profile, item_slices.windows(connection, news), now)
    orders.wake(connection, wanted.correspondences, now)
    _again(connection, job, late.values(), now)
    done = len(ids) < SLICE
    skus.advance(connection, job.id, wanted.last or job.cursor, len(ids), now if done else None)


def _difference(before: LineFacts, after: LineFacts, names: Iterable[str]) -> str:
    """Give what an event changed, and the confirmation it is, as JSON."""
    known, values = encode(before), encode(after)
    changed = {name: values[name] for name in FIELDS if name in names and values[name] != known[name]}
    return json.dumps(changed | {name: values[name] for name in CONFIRMS})


def _move(connection: Connection, profile: dict[str, Any], rows: Iterable[Any], now: datetime) -> None:
    """Move the windows of threads whose facts changed: one statement for all of one window and place."""
    for row in rows:
        sending = calendars_of(profile, row.place).sending
        known = Window(row.window_first_at, row.window_ends_at) if row.window_ends_at else None
        opened = window(known, now, sending, rhythm_of(profile), moved=True, pending=True)
        first_at, ends_at = (opened.first_at, opened.ends_at) if opened else (None, None)
        item_slices.move_windows(connection, row.ids, first_at, ends_at)


def _again(connection: Connection, job: Any, rows: Iterable[Any], now: datetime) -> None:
    """Fold the few lines anew for which the event is not simply the last."""
    keys = [(job.seller_id, row.order_no, row.line_no) for row in rows]
    if keys:
        sellers = {job.slug: SellerRow(job.seller_id, job.slug, job.profile)}
        Refold(connection, Moments(now), sellers).run([], again=keys)


def _wake(connection: Connection, job: Any, now: datetime) -> None:
    """Plan a seller's correspondences anew, because his configuration changed (R29)."""
    ids = orders.of_seller(connection, job.seller_id, job.cursor, SLICE)
    orders.lock(connection, ids)
    orders.wake(connection, ids, now)
    skus.advance(connection, job.id, ids[-1] if ids else job.cursor, len(ids), now if len(ids) < SLICE else None)


JOBS: Final = {"deal": _deal, "apply": _apply, "wake": _wake}
