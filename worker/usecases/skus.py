"""What reaches many at once, slice by slice: stock dealt, an item's changes, a seller's wake-up (R5, R13, R29)."""

import json
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from schedules.events import Event
from schedules.facts import LineFacts
from schedules.fold import FIELDS, applied
from schedules.quantities import ZERO
from schedules.window import Window, window
from worker.intake.stored import to_event
from worker.places import calendars_of
from worker.presets import rhythm_of
from worker.storage import dealing, item_slices, orders, skus, slices
from worker.storage.codec import decode, encode
from worker.storage.rows import SellerRow
from worker.usecases.moments import Moments
from worker.usecases.owing import tell_operator
from worker.usecases.parts import Parts
from worker.usecases.refold import Refold

log = structlog.get_logger()
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
FAILED: Final = {
    "deal": "dealing its stock",
    "apply": "carrying what was said of it to its lines",
    "wake": "planning the seller's orders anew",
}
CONFIRMS: Final = frozenset({"changed_at", "confirmed_at", "confirmed", "confirmed_by", "confirmed_text"})


def work_on_skus(parts: Parts) -> int:
    """Do one slice of an item's job, or split the oldest job that is not yet.

    Gives how many slices of that job there are to take, this one included; 0 when there is nothing to do. A job that
    fails is parked, whatever the fault, so that those of other items go on; where the database is away, none is.
    """
    step = Step(parts)
    try:
        with parts.engine.begin() as connection:
            return step.take(connection)
    except OperationalError:
        raise
    except Exception as fault:
        if step.job is None:
            raise
        log.exception("item_parked", job=step.job.id)
        _park(parts, step.job, fault)
        return 1


class Step:
    """One transaction's work, and the job that it is about."""

    def __init__(self, parts: Parts) -> None:
        self._clock = parts.clock
        self.job: Any = None

    def take(self, connection: Connection) -> int:
        """Do what `work_on_skus` says."""
        now = self._clock(connection)
        part = self.job = slices.take(connection)
        if part is None:
            job = self.job = skus.next_job(connection)
            if job is None:
                return 0
            made = JOBS[job.kind](connection, job, now)
            if made != 1:
                return max(made, 1)
            part = slices.take(connection, job.id)
        SLICES[part.kind](connection, part, now)
        return int(part.slices)


def _park(parts: Parts, job: Any, fault: Exception) -> None:
    """Set a job aside, and tell the operator."""
    reason = f"{FAILED[job.kind]} failed: {type(getattr(fault, 'orig', None) or fault).__name__}"
    with parts.engine.begin() as connection:
        now = parts.clock(connection)
        skus.park(connection, job.id, reason)
        item = f"item {job.sku}" if job.sku else "orders"
        note = f"An event for {item} of {job.slug} is parked: {reason}. `backorder unpark` lets it go on."
        tell_operator(connection, parts, job.seller_id, f"parked/item/{job.id}/{now.isoformat()}", note, now)


def _begin_to_deal(connection: Connection, job: Any, now: datetime) -> int:
    """Split a job for all who wait if there is enough for them, or else for those in turn whom the pool reaches."""
    pool = skus.pour(connection, job.seller_id, job.sku, job.units or ZERO)
    policy = _policy(job)
    if pool <= 0 or policy == "off":
        slices.begin(connection, job.id, 0, None, now, many=False)
        return 0
    made = slices.enough_for_all(connection, job, SLICE, pool)
    if made.slices:
        skus.pour(connection, job.seller_id, job.sku, -made.units)
    else:
        made = slices.in_turn(connection, job, SLICE, pool, by_priority=policy == "priority")
    slices.begin(connection, job.id, made.slices, _made_for(connection, job), now, many=made.slices > 1)
    return made.slices


def _policy(job: Any) -> str:
    return job.profile.get("allocation") or "oldest_first"


def _made_for(connection: Connection, job: Any) -> str:
    """Give what a job is split for: the seller's policy, and how many came to wait behind it."""
    return json.dumps([_policy(job), dealing.behind(connection, job)])


def _deal(connection: Connection, part: Any, now: datetime) -> None:
    """Deal to a slice; the job is split anew if somebody came to wait since, or waits for more (R5)."""
    if json.dumps(part.turn_of) != _made_for(connection, part):
        _split_anew(connection, part, 0, ZERO, now)
        return
    pool = skus.pour(connection, part.seller_id, part.sku, ZERO) if part.in_turn else part.units
    item_slices.lock(connection, part)
    groups = dealing.deal(connection, part, pool, now)
    dealt, wanted = sum((group.units for group in groups), ZERO), max((group.wanted for group in groups), default=ZERO)
    if groups:
        _move(connection, part.profile, groups, now)
        orders.wake(connection, (one for group in groups for one in group.correspondences), now)
        _again(connection, part, item_slices.with_waiting_events(connection, part), now)
    lines, left = sum(len(group.lines) for group in groups), pool - dealt
    if part.in_turn:
        skus.pour(connection, part.seller_id, part.sku, -dealt)
        if left:
            slices.end(connection, part, lines, now, anew=part.slices == 1)
        else:
            slices.count(connection, part, slices.drop(connection, part).slices, lines, now, anew=False)
    elif wanted > dealt:
        _split_anew(connection, part, lines, dealt, now)
    else:
        if left:
            skus.pour(connection, part.seller_id, part.sku, left)
        slices.end(connection, part, lines, now, anew=left > 0)


def _split_anew(connection: Connection, part: Any, lines: int, dealt: Decimal, now: datetime) -> None:
    """Give what the slices of a job hold and did not deal back to the pool; the pool first, as all slices do."""
    dropped = slices.drop(connection, part)
    skus.pour(connection, part.seller_id, part.sku, dropped.units - dealt)
    slices.count(connection, part, dropped.slices, lines, now, anew=True)


def _begin_to_apply(connection: Connection, job: Any, now: datetime) -> int:
    made = slices.side_by_side(connection, job, SLICE)
    slices.begin(connection, job.id, made.slices, None, now, many=False)
    return made.slices


def _apply(connection: Connection, part: Any, now: datetime) -> None:
    event = to_event(part.body)
    correspondences = item_slices.lock(connection, part)
    again = item_slices.with_waiting_events(connection, part)
    groups = item_slices.alike(connection, part, event.time, [row.id for row in again], READ_BY_AN_ITEMS_EVENT)
    again += item_slices.names(connection, [one for group in groups if group.late for one in group.ids])
    reached = len(again)
    for group in groups:
        if not group.late:
            reached += len(group.ids)
            changed = _changed(group, event)
            news = json.loads(changed).keys() > CONFIRMS
            _move(connection, part.profile, item_slices.patch(connection, group.ids, changed, moves=news), now)
    orders.wake(connection, correspondences, now)
    _again(connection, part, again, now)
    slices.end(connection, part, reached, now)


def _changed(group: Any, event: Event) -> str:
    before = decode(LineFacts, group.facts)
    after = applied(before, event)
    if after is None:
        raise AssertionError(f"{event.type} of an item states no figure, so that it always adds up")
    return _difference(before, after, READ_BY_AN_ITEMS_EVENT)


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


def _wake(connection: Connection, job: Any, now: datetime) -> int:
    """Plan some of a seller's correspondences anew, because his configuration changed (R29)."""
    ids = orders.of_seller(connection, job.seller_id, job.cursor, SLICE)
    orders.lock(connection, ids)
    orders.wake(connection, ids, now)
    skus.advance(connection, job.id, ids[-1] if ids else job.cursor, len(ids), now if len(ids) < SLICE else None)
    return 0


JOBS: Final = {"deal": _begin_to_deal, "apply": _begin_to_apply, "wake": _wake}
"""How a job begins; gives into how many slices it was split."""
SLICES: Final = {"deal": _deal, "apply": _apply}
