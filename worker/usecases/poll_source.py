"""Read one source, compare, believe or not, record: nothing is held in between, nothing is lost (R7)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import structlog
from sqlalchemy import Connection

from schedules.disbelief import doubts
from worker.sources.converting import Converter
from worker.sources.definition import Source, load_file
from worker.sources.faults import DefinitionError, NotReadyError, ReadError, RowFault, UnchangedError
from worker.sources.reading import Given, bounds_of, rows_of, within
from worker.storage import orders, quarantines, sources
from worker.usecases.compare_read import MOST_FAULTS_KEPT, Read, compare, count_moved
from worker.usecases.owing import tell_operator
from worker.usecases.parts import Parts
from worker.usecases.record_changes import record_staged

log = structlog.get_logger()
SPARE: Final = timedelta(seconds=300)
"""What a lease lasts beyond the read's own time: for comparing and recording."""
LOOKED_UP_AT_ONCE: Final = 5_000


@dataclass(frozen=True, slots=True)
class Polled:
    """How a poll ended: the source's state, and how many differences were recorded."""

    state: str
    problem: str = ""
    recorded: int = 0


def poll_named(parts: Parts, folder: Path, name: str) -> Polled | None:
    """Poll the source of a file in the folder; None if there is none, or somebody else reads it now."""
    try:
        source = load_file(folder / f"{name}.toml")
    except DefinitionError as fault:
        log.warning("source_file_faulty", source=name, found=str(fault))
        return None
    return poll_source(parts, source)


def poll_source(parts: Parts, source: Source) -> Polled | None:
    """Poll one source once; None if somebody else reads it now."""
    with parts.engine.begin() as connection:
        now = parts.clock(connection)
        lease = timedelta(seconds=source.file.limits.seconds) + SPARE
        claimed = sources.claim(connection, source.name, now, lease)
    if claimed is None:
        return None
    recorded = _record_all(parts, source)
    try:
        polled = _read_and_write(parts, source, claimed, now)
    finally:
        with parts.engine.begin() as connection:
            sources.write(connection, source.name, claimed.claim_no, lease_until=None)
    return Polled(polled.state, polled.problem, polled.recorded + recorded)


def _read_and_write(parts: Parts, source: Source, claimed: Any, now: datetime) -> Polled:
    """Read and compare without a transaction of ours; write what came of it in one."""
    given = Given(etag=claimed.etag if claimed.state in {"good", "failed", "waiting"} else None, now=now)
    try:
        read = _read(parts, source, given, now)
    except UnchangedError:
        return _write_good(parts, source, claimed, None, given, now)
    except NotReadyError as reason:
        return _write(parts, source, claimed, "waiting", str(reason))
    except ReadError as fault:
        due_at = now + max(source.every, fault.retry_after or timedelta())
        log.warning("source_failed", source=source.name, found=str(fault))
        return _write(parts, source, claimed, "failed", str(fault), due_at=due_at)
    reasons = doubts(read.comparison, source.limits)
    if reasons:
        return _quarantine(parts, source, claimed, read, reasons, now)
    return _write_good(parts, source, claimed, read, given, now)


def _read(parts: Parts, source: Source, given: Given, now: datetime) -> Read:
    read = _compared(parts, source, given, now)
    with parts.engine.connect() as connection:
        keys = [change.key for change in read.changes if change.said is not None]
        for start in range(0, len(keys), LOOKED_UP_AT_ONCE):
            count_moved(read, sources.kept(connection, source.name, keys[start : start + LOOKED_UP_AT_ONCE]))
    return read


def _compared(parts: Parts, source: Source, given: Given, now: datetime) -> Read:
    with parts.engine.connect() as connection:
        known = sources.known_rows(connection, source.name)
    bounds = bounds_of(source)
    return within(bounds.seconds, lambda: compare(Converter(source), rows_of(source, bounds, given), known, now))


def _write(parts: Parts, source: Source, claimed: Any, state: str, problem: str, **more: Any) -> Polled:
    """Write a read that gave nothing: the last accepted one stands, and so does a doubtful one."""
    standing = claimed.state in {"quarantined", "rejected"}
    with parts.engine.begin() as connection:
        since = claimed.failing_since or (parts.clock(connection) if state == "failed" else None)
        changed = {"state": claimed.state if standing else state, "problem": problem, "failing_since": since}
        sources.write(connection, source.name, claimed.claim_no, **changed, **more)
    return Polled(state, problem)


def _write_good(parts: Parts, source: Source, claimed: Any, read: Read | None, given: Given, now: datetime) -> Polled:
    """Stage what differs with the news that the read was good, then record it slice by slice."""
    changed: dict[str, Any] = {"state": "good", "problem": "", "good_at": now, "failing_since": None}
    changed |= {"fresh_at": min(given.fresh_at or now, now), "etag": given.etag}
    if read is not None:
        changed |= {
            "rows": read.comparison.rows,
            "as_of": read.comparison.as_of,
            "fault_count": read.fault_count,
            "faults": [str(fault) for fault in read.faults],
        }
    with parts.engine.begin() as connection:
        if not sources.write(connection, source.name, claimed.claim_no, **changed):
            return Polled("overtaken")
        if read is not None:
            quarantines.drop_doubtful(connection, source.name)
            sources.stage(connection, source.name, read.changes, doubtful=False)
    return Polled("good", recorded=_record_all(parts, source))


def _record_all(parts: Parts, source: Source) -> int:
    """Record what is staged, a transaction per slice; rows that are refused are added to the source's faults."""
    recorded = 0
    faults: list[RowFault] = []
    while True:
        with parts.engine.begin() as connection:
            outcome = record_staged(connection, parts, source, parts.clock(connection))
        recorded += outcome.taken
        faults += outcome.faults
        if not outcome.taken:
            break
    if faults:
        with parts.engine.begin() as connection:
            _add_faults(connection, source.name, faults)
    return recorded


def _add_faults(connection: Connection, name: str, faults: list[RowFault]) -> None:
    row = sources.named(connection, name)
    if row is None:
        return
    texts = [*row.faults, *(str(fault) for fault in faults)]
    changed = {"faults": texts[:MOST_FAULTS_KEPT], "fault_count": row.fault_count + len(faults)}
    sources.write(connection, name, row.claim_no, **changed)


def _quarantine(
    parts: Parts, source: Source, claimed: Any, read: Read, reasons: tuple[str, ...], now: datetime
) -> Polled:
    """Keep a doubtful read aside, tell the operator once, and leave everything as it was accepted last."""
    problem = "; ".join(reasons)
    with parts.engine.begin() as connection:
        known = quarantines.quarantined(connection, source.name)
        if known is not None and bytes(known.digest) == read.content:
            state = "rejected" if known.rejected_at else "quarantined"
            sources.write(connection, source.name, claimed.claim_no, state=state, problem=problem)
            return Polled(state, problem)
        since = claimed.failing_since or now
        changed = {"state": "quarantined", "problem": problem, "failing_since": since}
        changed |= {"faults": [str(fault) for fault in read.faults], "fault_count": read.fault_count}
        if not sources.write(connection, source.name, claimed.claim_no, **changed):
            return Polled("overtaken")
        quarantines.drop_doubtful(connection, source.name)
        sources.stage(connection, source.name, read.changes, doubtful=True)
        quarantines.quarantine(connection, source.name, reasons, read.comparison, read.samples, read.content, now)
        log.warning("source_quarantined", source=source.name, found=problem)
        _tell(connection, parts, source, problem, now)
    return Polled("quarantined", problem)


def _tell(connection: Connection, parts: Parts, source: Source, problem: str, now: datetime) -> None:
    if source.seller is None:
        return
    seller = orders.sellers(connection, [source.seller]).get(source.seller)
    if seller is None:
        return
    note = (
        f"A read of the source {source.name} was not believed: {problem}. Nothing of it was used. "
        f"To look: `backorder sources show {source.name}`; then `backorder sources accept {source.name}` or `reject`."
    )
    tell_operator(connection, parts, seller.id, f"R7/{source.name}/doubtful/{now.isoformat()}", note, now)
