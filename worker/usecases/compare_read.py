"""Compare a read with the last accepted one: what is new, differs, is gone, cannot be read (R7)."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from schedules.disbelief import Comparison
from schedules.sayings import FIGURES
from worker.sources.converting import Converter, Row
from worker.sources.faults import RowFault, shown_key
from worker.sources.reading import Raw
from worker.storage.sources import Change, Kept, Known

MOST_FAULTS_KEPT: Final = 100
MOST_SAMPLES: Final = 10
AHEAD_AT_MOST: Final = timedelta(minutes=5)
WHOLE: Final = 2**128


@dataclass(slots=True)
class Read:
    """A read as compared: what to record if it is believed."""

    comparison: Comparison = field(default_factory=Comparison)
    changes: list[Change] = field(default_factory=list)
    older: list[Change] = field(default_factory=list)
    """Rows of an older day than they had: listed as faults, unless the whole read is older and somebody accepts it."""
    faults: list[RowFault] = field(default_factory=list)
    fault_count: int = 0
    unchanged: int = 0
    failed: int = 0
    """Rows with faults; one row may have several."""
    most_faults: int = MOST_FAULTS_KEPT
    keyless: int = 0
    digest: int = 0
    samples: list[str] = field(default_factory=list)

    def fault(self, *faults: RowFault) -> None:
        """Note the faults of one row."""
        self.failed += 1
        self.fault_count += len(faults)
        self.keyless += any(not one.key for one in faults)
        self.faults += faults[: max(self.most_faults - len(self.faults), 0)]

    @property
    def content(self) -> bytes:
        """Tell reads apart, whatever the order of their rows."""
        return self.digest.to_bytes(16, "big")


def compare(
    converter: Converter,
    rows: Iterable[Raw | RowFault],
    known: dict[str, Known],
    now: datetime,
    most_faults: int = MOST_FAULTS_KEPT,
) -> Read:
    """Compare row by row; only what differs is held, so that an unchanged read costs its digests."""
    read, seen = Read(most_faults=most_faults), _Seen()
    for one in rows:
        seen.rows += 1
        if isinstance(one, RowFault):
            read.fault(one)
            continue
        number, raw = one
        key = converter.key(number, raw)
        if isinstance(key, RowFault):
            read.fault(key)
            continue
        digest = converter.digest(raw)
        if not _is_first(read, seen, number, key, digest):
            continue
        read.digest = (read.digest + int.from_bytes(digest)) % WHOLE
        before = known.get(key)
        if before is not None and before.digest == digest and not before.gone:
            read.unchanged += 1
            seen.newest(before.as_of)
        else:
            _differs(read, seen, converter.row(number, key, digest, raw), before, now)
    _finish(read, seen, known)
    return read


@dataclass(slots=True)
class _Seen:
    rows: int = 0
    keys: dict[str, bytes] = field(default_factory=dict)
    twice: set[str] = field(default_factory=set)
    as_of: datetime | None = None
    new: int = 0

    def newest(self, as_of: datetime | None) -> None:
        if as_of is not None and (self.as_of is None or as_of > self.as_of):
            self.as_of = as_of


def _is_first(read: Read, seen: _Seen, number: int, key: str, digest: bytes) -> bool:
    """Tell whether a key comes for the first time; a second row that says something else discredits both."""
    first = seen.keys.setdefault(key, digest)
    if first is digest:
        return True
    if first != digest:
        seen.twice.add(key)
        read.fault(RowFault(number, key, "", "this key a second time, with other content", "each key once"))
    else:
        read.unchanged += 1
    return False


def _differs(read: Read, seen: _Seen, row: Row | list[RowFault], before: Known | None, now: datetime) -> None:
    if not isinstance(row, Row):
        read.fault(*row)
        return
    if row.as_of is not None and row.as_of > now + AHEAD_AT_MOST:
        found = f"{row.as_of.isoformat()}, which lies ahead"
        read.fault(RowFault(row.number, row.key, "as_of", found, "at most 5 minutes ahead of the read"))
        return
    seen.newest(row.as_of)
    seen.new += before is None or before.gone
    change = Change(row.number, row.key, row.digest, row.as_of, orjson.dumps(row.values).decode())
    is_older = before is not None and not before.gone and before.as_of and row.as_of and row.as_of < before.as_of
    (read.older if is_older else read.changes).append(change)


def _finish(read: Read, seen: _Seen, known: dict[str, Known]) -> None:
    if seen.twice:
        read.changes = [one for one in read.changes if one.key not in seen.twice]
        read.older = [one for one in read.older if one.key not in seen.twice]
    gone = [key for key, one in known.items() if not one.gone and key not in seen.keys]
    before = sum(not one.gone for one in known.values())
    newest_before = max((one.as_of for one in known.values() if one.as_of and not one.gone), default=None)
    if seen.rows and read.keyless:
        gone = []  # a row that cannot be told apart may be one of them: nothing is concluded from absence
    gone.sort()
    read.changes += [Change(seen.rows + place, key, None, None, None) for place, key in enumerate(gone, 1)]
    read.samples += [f"{shown_key(key)}: gone" for key in gone[:MOST_SAMPLES]]
    read.comparison = Comparison(
        before=before,
        rows=seen.rows,
        new=seen.new,
        changed=len(read.changes) + len(read.older) - seen.new - len(gone),
        gone=len(gone),
        failed=read.failed,
        as_of_before=newest_before,
        as_of=seen.as_of,
    )
    if seen.as_of and newest_before and seen.as_of < newest_before:
        read.changes += read.older
    else:
        for one in read.older:
            found = f"{one.as_of.isoformat() if one.as_of else ''}, older than before"
            read.fault(RowFault(one.number, one.key, "as_of", found, "the same or a later moment"))
    read.older = []


def count_moved(read: Read, kept: dict[str, Kept]) -> None:
    """Count rows whose figures moved, among those whose rows of before are given; keep a few to show."""
    moved = 0
    for change in read.changes:
        before = kept.get(change.key)
        if before is None or before.gone or change.said is None:
            continue
        after = orjson.loads(change.said)
        names = [name for name in sorted(FIGURES) if before.said.get(name) != after.get(name)]
        moved += bool(names)
        if names and len(read.samples) < MOST_SAMPLES:
            said = ", ".join(f"{name} {_shown(before.said, name)} -> {_shown(after, name)}" for name in names)
            read.samples.append(f"{shown_key(change.key)}: {said}")
    read.comparison = replace(read.comparison, moved=read.comparison.moved + moved)


def _shown(said: dict[str, Any], name: str) -> str:
    value = said.get(name)
    return "nothing" if value is None else str(value)
