"""Look after all sources: which are due, which have gone quiet, what a person decides on a doubtful one (R7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import structlog
from sqlalchemy import Connection

from schedules.disbelief import Comparison
from schedules.obligations import KIND_OF, Code, reminder_at
from schedules.staleness import stale_at, told_at
from worker.places import calendars_of
from worker.presets import rhythm_of
from worker.sources.definition import Source, load_folder
from worker.sources.faults import DefinitionError
from worker.storage import journal, orders, people, quarantines, sources
from worker.storage.rows import SellerRow
from worker.usecases.owing import tell_operator
from worker.usecases.parts import Parts

log = structlog.get_logger()
COMMAND_LINE: Final = "command line"


def due_sources(parts: Parts, folder: Path) -> list[str]:
    """Give the names of the sources to poll now, and tell people of those that have gone quiet."""
    found, faulty = load_folder(folder)
    with parts.engine.begin() as connection:
        now = parts.clock(connection)
        keep_up(connection, found, faulty, now)
        due = sources.due(connection, {source.name: source.every for source in found}, now)
        _tell_of_stale(connection, parts, found, now)
    return due


def keep_up(connection: Connection, found: Sequence[Source], faulty: Sequence[DefinitionError], now: datetime) -> None:
    """Bring the rows of sources in line with their files."""
    present = [(source.name, source.seller or "", str(source.says)) for source in found]
    invalid = {fault.file.removesuffix(".toml"): str(fault) for fault in faulty}
    sources.keep_up(connection, present, invalid, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One source as a person sees it."""

    name: str
    seller: str
    says: str
    state: str
    problem: str
    good_at: datetime | None
    fresh_at: datetime | None
    stale: bool
    as_of: datetime | None
    rows: int
    to_record: int
    fault_count: int
    faults: tuple[str, ...]
    quarantined_at: datetime | None


def list_sources(parts: Parts, folder: Path) -> list[Standing]:
    """Give how every source stands, after a look at the files."""
    found, faulty = load_folder(folder)
    spans = {source.name: source.stale_after for source in found}
    with parts.engine.begin() as connection:
        now = parts.clock(connection)
        keep_up(connection, found, faulty, now)
        rows = sources.all_of(connection)
    return [_standing(row, spans, now) for row in rows]


def _standing(row: Any, spans: dict[str, Any], now: datetime) -> Standing:
    since = row.fresh_at or row.added_at
    return Standing(
        name=row.name,
        seller=row.seller,
        says=row.says,
        state=row.state,
        problem=row.problem,
        good_at=row.good_at,
        fresh_at=row.fresh_at,
        stale=row.name in spans and stale_at(since, spans[row.name]) <= now,
        as_of=row.as_of,
        rows=row.rows,
        to_record=row.to_record,
        fault_count=row.fault_count,
        faults=tuple(row.faults),
        quarantined_at=row.quarantined_at,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A doubtful read as a person compares it with the last accepted one."""

    name: str
    at: datetime
    reasons: tuple[str, ...]
    comparison: Comparison
    samples: tuple[str, ...]
    rejected_at: datetime | None


def doubt_of(parts: Parts, name: str) -> Doubt | None:
    """Give the doubtful read of a source; None if there is none."""
    with parts.engine.connect() as connection:
        row = quarantines.quarantined(connection, name)
    if row is None:
        return None
    comparison = quarantines.comparison_of(row)
    return Doubt(
        name=name,
        at=row.at,
        reasons=tuple(row.reasons),
        comparison=comparison,
        samples=tuple(row.samples),
        rejected_at=row.rejected_at,
    )


def accept(parts: Parts, name: str, by: str = COMMAND_LINE, seen_at: datetime | None = None) -> bool:
    """Believe a doubtful read after all: its differences are recorded by the next poll, which is due at once.

    `seen_at` is the moment of the read that was looked at; False if another one is in its place by now.
    """
    with parts.engine.begin() as connection:
        now = parts.clock(connection)
        row = quarantines.to_decide(connection, name)
        if row is None or row.rejected_at or seen_at not in {None, row.at}:
            return False
        comparison = quarantines.comparison_of(row)
        quarantines.believe(connection, name)
        quarantines.decided(connection, name, "good", "", now)
        quarantines.accepted(connection, name, comparison.rows, comparison.as_of, row.at)
        _note(connection, name, "source.accepted", by, row, now)
    log.info("source_accepted", source=name, rows=comparison.rows)
    return True


def reject(parts: Parts, name: str, by: str, seen_at: datetime | None = None) -> bool:
    """Refuse a doubtful read: the last accepted one stands, and the same content is not asked about again."""
    with parts.engine.begin() as connection:
        now = parts.clock(connection)
        row = quarantines.to_decide(connection, name)
        if row is None or seen_at not in {None, row.at} or not quarantines.reject(connection, name, by, now):
            return False
        quarantines.decided(connection, name, "rejected", f"rejected by {by}; the last accepted read stands", now)
        _note(connection, name, "source.rejected", by, row, now)
    log.info("source_rejected", source=name)
    return True


def _note(connection: Connection, name: str, what: str, by: str, row: Any, now: datetime) -> None:
    """Write into the audit trail who decided on which read."""
    detail = {"source": name, "read_at": row.at.isoformat(), "reasons": row.reasons}
    people.note_act(connection, {"at": now, "who": by, "what": what, "detail": detail})


def _tell_of_stale(connection: Connection, parts: Parts, found: Sequence[Source], now: datetime) -> None:
    """Tell operator and owners of a quiet source once, before the reminders of checkpoints that need it."""
    rows = {row.name: row for row in sources.all_of(connection)}
    sellers = orders.sellers(connection, [source.seller for source in found if source.seller])
    for source in found:
        row, seller = rows.get(source.name), sellers.get(source.seller or "")
        if row is None or seller is None:
            continue
        since = row.fresh_at or row.added_at
        needed_at = _needed_at(connection, seller, now) if row.failing_since else None
        told = told_at(since, source.stale_after, row.failing_since, needed_at)
        if row.told_stale_of == since or told > now or row.read_at is None or row.read_at < told:
            continue  # nobody has looked since then: it may be we who were away
        sources.told_stale(connection, source.name, since)
        _tell(connection, parts, source, seller, row, since, now)


def _needed_at(connection: Connection, seller: SellerRow, now: datetime) -> datetime | None:
    """Give when the reminder before the seller's next checkpoint falls due."""
    promise = sources.next_promise(connection, seller.id, now)
    if promise is None:
        return None
    where = calendars_of(seller.profile, {})
    return reminder_at(promise.due_at, promise.made_at, where, rhythm_of(seller.profile))


def _tell(
    connection: Connection,
    parts: Parts,
    source: Source,
    seller: SellerRow,
    row: Any,
    since: datetime,
    now: datetime,
) -> None:
    last = f"last on {since:%Y-%m-%d %H:%M} UTC" if row.fresh_at else "never yet"
    why = f" Found: {row.problem}." if row.problem else ""
    key = f"R7/{source.name}/{since.isoformat()}"
    note = f"The source {source.name} was read {last}.{why} Nothing is lost; it is tried again by itself."
    tell_operator(connection, parts, seller.id, f"{key}/operator", note, now)
    owners = {
        (seller.id, "owner", str(one.email).casefold()): {"email": one.email, "name": one.name or ""}
        for one in sources.owners_of_open_orders(connection, seller.id)
    }
    boxes = orders.correspondences(connection, owners)
    at = calendars_of(seller.profile, {}).working.on_or_after(now)
    about: dict[str, Any] = {"order_no": "", "line_no": "", "lacking": [], "say": "", "due_at": None, "event_id": None}
    rows = [
        {"correspondence_id": box, "thread_id": None, "code": Code.SOURCE_STALE, "kind": KIND_OF[Code.SOURCE_STALE]}
        | {"key": key, "at": at, "note": f"{source.name}: {last}"}
        | about
        for box in boxes.values()
    ]
    journal.owe(connection, [(now, row) for row in rows])
