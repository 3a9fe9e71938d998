"""Record events: keep them, refold the lines they are about, move windows and alarms (R1-R4, R6, R22)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from schedules.commands import COMMANDS, Ruling
from schedules.events import EventType
from worker.intake.reading import Incoming, Refusal
from worker.storage import events as stored_events
from worker.storage import orders as stored_orders
from worker.storage.codec import encode
from worker.storage.engine import find_by_keys
from worker.storage.registers import key_text
from worker.storage.rows import StoredEvent
from worker.storage.skus import add_jobs
from worker.usecases.apply_events import apply_events
from worker.usecases.commands import as_kept, judged
from worker.usecases.go_live import go_live, left_shadow
from worker.usecases.moments import Moments
from worker.usecases.parts import Parts
from worker.usecases.stored import from_row, ruled

Fresh = tuple[int, Incoming]
"""A new event and its place in the batch."""
Identity = tuple[str, str]
"""Source and id of an event (R2)."""


class Verdict(StrEnum):
    """What became of one event at the door."""

    ACCEPTED = "accepted"
    REPEATED = "repeated"
    WAITING = "waiting"
    REJECTED = "rejected"


@dataclass(slots=True)
class Recorded:
    """The verdict on one event, with reasons for a person where there are any."""

    source: str
    id: str
    verdict: Verdict
    reasons: list[str] = field(default_factory=list)
    event_id: int | None = None


def record(
    connection: Connection, parts: Parts, arrivals: Sequence[Incoming | Refusal], now: datetime
) -> list[Recorded]:
    """Record a batch that arrived at one moment."""
    return record_each(connection, parts, arrivals, Moments(now))


def record_each(
    connection: Connection, parts: Parts, arrivals: Sequence[Incoming | Refusal], moments: Moments[str]
) -> list[Recorded]:
    """Record a batch in one transaction; good events land whatever the bad ones are.

    The moments are by seller and order.

    Price: some twenty statements a batch; a decision is judged on the facts of its moment, so it is a batch of its own.
    """
    find_by_keys(connection)
    verdicts: list[Recorded] = [_refused(one) if isinstance(one, Refusal) else _pending(one) for one in arrivals]
    fresh = _fresh(connection, arrivals, verdicts)
    for part in _parts(fresh):
        _record_part(connection, parts, part, verdicts, moments)
    rows = [_row(one, _moment(moments, came)) for one, came in zip(verdicts, arrivals, strict=True)]
    stored_events.write_verdicts(connection, rows)
    return verdicts


def _parts(fresh: list[Fresh]) -> Iterator[list[Fresh]]:
    """Cut a batch where a decision stands: what came before it is applied first."""
    part: list[Fresh] = []
    for one in fresh:
        if one[1].event.type in COMMANDS:
            if part:
                yield part
            yield [one]
            part = []
        else:
            part.append(one)
    if part:
        yield part


def _record_part(
    connection: Connection, parts: Parts, part: list[Fresh], verdicts: list[Recorded], moments: Moments[str]
) -> None:
    ruling = _judge(connection, part[0], verdicts) if part[0][1].event.type in COMMANDS else None
    if ruling is not None and ruling.refusal:
        return
    new = _appended(connection, part, ruling, moments)
    by_event = {}
    for event, (place, _) in zip(new, part, strict=True):
        verdicts[place].event_id = event.id
        by_event[event.id] = verdicts[place]
    waiting = _applied(connection, parts, new, moments)
    for event in new:
        if event.id in waiting:
            held = by_event[event.id]
            held.verdict, held.reasons = Verdict.WAITING, [waiting[event.id]]


def _judge(connection: Connection, one: Fresh, verdicts: list[Recorded]) -> Ruling | None:
    place, incoming = one
    ruling = judged(connection, incoming.seller, incoming.order, incoming.event)
    if ruling is not None and ruling.refusal:
        verdicts[place].verdict, verdicts[place].reasons = Verdict.REJECTED, [ruling.refusal]
        stored_events.release(connection, (incoming.event.source, incoming.event.id))
    return ruling


def _refused(refusal: Refusal) -> Recorded:
    return Recorded(refusal.source, refusal.id, Verdict.REJECTED, [str(reason) for reason in refusal.reasons])


def _pending(incoming: Incoming) -> Recorded:
    return Recorded(incoming.event.source, incoming.event.id, Verdict.ACCEPTED)


def _row(one: Recorded, now: datetime) -> dict[str, Any]:
    return {
        "at": now,
        "source": one.source,
        "ext_id": one.id,
        "verdict": one.verdict,
        "reasons": one.reasons,
        "event_id": one.event_id,
    }


def _fresh(connection: Connection, arrivals: Sequence[Incoming | Refusal], verdicts: list[Recorded]) -> list[Fresh]:
    """Sort out repeats and conflicts (R2); what is left is new, with its place in the batch."""
    first: dict[Identity, Fresh] = {}
    again: list[tuple[Identity, Fresh]] = []
    for place, one in enumerate(arrivals):
        if isinstance(one, Refusal):
            continue
        identity = (one.event.source, one.event.id)
        if identity in first:
            again.append((identity, (place, one)))
        else:
            first[identity] = (place, one)
    said = {identity: one.digest for identity, (_, one) in first.items()}
    new = stored_events.reserve(connection, said)
    known = first.keys() - new
    said |= stored_events.known_digests(connection, known)
    for identity, (place, one) in [*((identity, first[identity]) for identity in known), *again]:
        _judge_repeat(verdicts[place], same=said[identity] == one.digest)
    return [first[identity] for identity in first if identity in new]


def _judge_repeat(verdict: Recorded, *, same: bool) -> None:
    if same:
        verdict.verdict = Verdict.REPEATED
        return
    verdict.verdict = Verdict.REJECTED
    verdict.reasons = [
        "id: found an event of this source and id with other content; allowed: the same content again, or a new id"
    ]


def _appended(
    connection: Connection, part: list[Fresh], ruling: Ruling | None, moments: Moments[str]
) -> list[StoredEvent]:
    kept = as_kept(ruling) if ruling else {}
    ids = stored_events.append(
        connection, [_event_row(one, _moment(moments, one)) | {"ruling": kept or None} for _, one in part]
    )
    return [
        StoredEvent(
            id=event_id,
            event=ruled(one.event, kept),
            seller=one.seller,
            order=one.order,
            line=one.line,
            sku=one.sku,
            contact=one.contact,
            only=ruling.lines if ruling else (),
        )
        for event_id, (_, one) in zip(ids, part, strict=True)
    ]


def _moment(moments: Moments[str], one: Incoming | Refusal) -> datetime:
    return moments.of(one.seller, one.order) if isinstance(one, Incoming) else moments.now


def _event_row(one: Incoming, now: datetime) -> dict[str, Any]:
    return {
        "source": one.event.source,
        "ext_id": one.event.id,
        "type": one.event.type,
        "time": one.event.time,
        "seen_at": now,
        "seller": one.seller,
        "order_no": one.order,
        "line_no": one.line,
        "sku": one.sku,
        "contact": one.contact,
        "body": one.body,
    }


def _applied(connection: Connection, parts: Parts, new: list[StoredEvent], moments: Moments[str]) -> dict[int, str]:
    """Apply what is new and what it may free; give the events that wait, with the reason."""
    freed = _configured(connection, parts, new, moments.now)
    rest = [event for event in new if event.event.type is not EventType.SELLER_CONFIGURED]
    return apply_events(connection, parts, [*rest, *freed], moments) if rest or freed else {}


def _configured(connection: Connection, parts: Parts, new: list[StoredEvent], now: datetime) -> list[StoredEvent]:
    """Write sellers' configurations; give the events that waited for a seller to become known (R1)."""
    became_known = []
    for event in sorted(new, key=lambda one: one.event.key):
        if event.event.type is not EventType.SELLER_CONFIGURED:
            continue
        profile = {name: value for name, value in _plain(event).items() if name != "seller"}
        if profile.get("policy"):
            profile["policy_said"] = profile["policy"]
        if parts.policy:
            profile["policy"] = parts.policy
        before = stored_orders.configure(connection, event.seller, profile, key_text(event.event.key))
        if before is None:
            became_known.append(event.seller)
            continue
        seller_id = stored_orders.sellers(connection, [event.seller])[event.seller].id
        add_jobs(connection, [{"seller_id": seller_id, "sku": "", "kind": "wake", "made_at": now}])
        if left_shadow(before, profile):
            go_live(connection, seller_id, profile, now)
    rows = stored_events.waiting_of_sellers(connection, became_known)
    return [from_row(row) for row in rows]


def _plain(event: StoredEvent) -> dict[str, Any]:
    plain: dict[str, Any] = encode(event.event.data)
    return plain
