"""Turn differences of a source into events and record them through the same door as all others (R1, R2, R7)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from schedules.differences import AS_OF, Dated, Statement, dated, statements
from worker.intake.reading import Incoming, read_own
from worker.intake.reasons import Reason
from worker.sources.definition import Source
from worker.sources.faults import RowFault
from worker.storage import sources
from worker.storage.sources import Change, Kept
from worker.usecases.parts import Parts
from worker.usecases.record_events import Recorded, Verdict, record

SLICE: Final = 500
LONGEST_KEY_IN_AN_ID: Final = 120
COLUMN_OF: Final = {
    "buyer.company": "company",
    "buyer.contact": "contact_email",
    "owner": "owner_email",
    "substitute": "substitute_sku",
    "told.at": "told_at",
    "told.next_checkpoint": "told_next_checkpoint",
    "confirmed": "confirmed",
}


@dataclass(slots=True)
class Prepared:
    """Events of a slice with the rows that they come from, and the rows that cannot be used."""

    events: list[Incoming] = field(default_factory=list)
    rows: list[tuple[Change, Kept]] = field(default_factory=list)
    faults: list[RowFault] = field(default_factory=list)
    kinds: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Outcome:
    """What came of a slice."""

    taken: int = 0
    verdicts: list[Recorded] = field(default_factory=list)
    faults: list[RowFault] = field(default_factory=list)


def record_staged(connection: Connection, parts: Parts, source: Source, now: datetime, most: int = SLICE) -> Outcome:
    """Record the next slice of what was staged: events, rows as accepted, and what is left, in one transaction."""
    changes = sources.next_staged(connection, source.name, most)
    if not changes:
        return Outcome()
    kept = sources.kept(connection, source.name, [change.key for change in changes])
    outcome = record_changes(connection, parts, source, changes, prepare(source, changes, kept, now), now)
    sources.unstage(connection, source.name, [change.key for change in changes])
    return outcome


def record_changes(
    connection: Connection,
    parts: Parts,
    source: Source,
    changes: Sequence[Change],
    prepared: Prepared,
    now: datetime,
) -> Outcome:
    """Record differences; a row whose events are refused is listed, and stays as it was accepted last."""
    verdicts = record(connection, parts, prepared.events, now) if prepared.events else []
    rows = [(change.key, change.digest or b"", kept) for change, kept in prepared.rows]
    sources.save_rows(connection, source.name, rows)
    faults = [*prepared.faults, *_conflicts(source, prepared, verdicts)]
    return Outcome(len(changes), verdicts, faults)


def prepare(source: Source, changes: Sequence[Change], kept: dict[str, Kept], now: datetime) -> Prepared:
    """Make the events of differences and read them as the door does, without recording them."""
    prepared = Prepared()
    for change in changes:
        before = kept.get(change.key)
        said = None if change.said is None else orjson.loads(change.said)
        found = statements(
            source.says,
            before.said if before and not before.gone else None,
            said,
            source.file.when_gone,
            was_said=bool(before and before.rev),
        )
        rev = (before.rev if before else 0) + 1
        incoming = [
            read_own(_event(source, change, before, said, one, rev, place, now), received_at=now)
            for place, one in enumerate(found)
        ]
        refused = [one for one in incoming if not isinstance(one, Incoming)]
        if refused:
            prepared.faults += [_fault(source, change, reason) for one in refused for reason in one.reasons]
            continue
        events = [one for one in incoming if isinstance(one, Incoming)]
        prepared.events += events
        for event in events:
            prepared.kinds[event.event.type] = prepared.kinds.get(event.event.type, 0) + 1
        kept_row = _kept(change, before, said, rev if events else rev - 1)
        said_at = max((event.event.time for event in events), default=before.said_at if before else None)
        prepared.rows.append((change, replace(kept_row, said_at=said_at)))
    return prepared


def _kept(change: Change, before: Kept | None, said: dict[str, Any] | None, rev: int) -> Kept:
    """Give a row as it is to be kept; one that is gone keeps what it said."""
    if said is None:
        return Kept(before.said if before else {}, before.as_of if before else None, rev, gone=True)
    return Kept(said, change.as_of, rev, gone=False)


def _event(
    source: Source,
    change: Change,
    before: Kept | None,
    said: dict[str, Any] | None,
    one: Statement,
    rev: int,
    place: int,
    now: datetime,
) -> dict[str, Any]:
    as_of = said.get(AS_OF) if said else None
    if before and before.as_of and change.as_of and change.as_of < before.as_of:
        as_of = None  # somebody accepted an older read: it counts from now, and confirms nothing
    when = _after(dated(as_of, source.zone, now), before, now)
    event = {
        "specversion": "1.0",
        "id": f"{_short(change.key)}#{rev:06d}.{place}",
        "source": source.event_source,
        "type": one.type,
        "time": when.time.isoformat(),
        "data": one.data,
    }
    if when.asof is not None:
        event["asof"] = when.asof if isinstance(when.asof, str) else when.asof.isoformat()
    return event


def _after(when: Dated, before: Kept | None, now: datetime) -> Dated:
    """Keep a row's events in the order in which they were read; it still confirms only of its own date."""
    if before is None or before.said_at is None or when.time >= before.said_at:
        return when
    return Dated(now, when.asof or when.time)


def _short(key: str) -> str:
    """Give a row's key as a part of an id: as it is, or its digest if it is long."""
    shown = key.replace("\t", "/")
    clear = "/" not in key and len(key) <= LONGEST_KEY_IN_AN_ID and shown.isprintable()
    return shown if clear else hashlib.blake2b(key.encode(), digest_size=16).hexdigest()


def _fault(source: Source, change: Change, reason: Reason) -> RowFault:
    field_name = reason.path.removeprefix("data.")
    name = next((to for start, to in COLUMN_OF.items() if field_name.startswith(start)), field_name)
    if name == "contact_email" and field_name.startswith("buyer.contact."):
        name = f"contact_{field_name.removeprefix('buyer.contact.')}"
    if name.startswith(("expected_on", "confirmed")) and name not in source.fields:
        name = "expected_confirmed" if name == "confirmed" else name
    if name == "time":
        name = AS_OF
    column = dict(zip(source.fields, source.columns, strict=True)).get(name, name)
    return RowFault(change.number, change.key, column, reason.found, reason.allowed)


def _conflicts(source: Source, prepared: Prepared, verdicts: Sequence[Recorded]) -> list[RowFault]:
    """List what the door refused although it reads well, such as an id that is known with other content."""
    refused = {one.id: one for one in verdicts if one.verdict is Verdict.REJECTED}
    if not refused:
        return []
    rows = {_short(change.key): change for change, _ in prepared.rows}
    found = []
    for identity, one in refused.items():
        change = rows.get(identity.rpartition("#")[0])
        if change is not None:
            said = "; ".join(one.reasons)
            found.append(
                RowFault(change.number, change.key, "", said, f"see `backorder events --source {source.event_source}`")
            )
    return found


__all__ = ["SLICE", "Outcome", "Prepared", "prepare", "record_changes", "record_staged"]
