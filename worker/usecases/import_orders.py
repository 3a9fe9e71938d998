"""First loads: open orders from a CSV file, looked at first; the same file again changes nothing (R49)."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any, Final
from zlib import crc32

import orjson
from sqlalchemy import text

from schedules.sayings import FIELDS, Says
from worker.intake.reading import Incoming
from worker.intake.reasons import meant, shown
from worker.sources.converting import Converter, Row
from worker.sources.csvfile import header_of, read_file
from worker.sources.definition import CsvPart, Source
from worker.sources.faults import RowFault
from worker.sources.reading import Bounds
from worker.storage import orders, sources
from worker.storage.sources import Change, Known
from worker.usecases.compare_read import Read, compare
from worker.usecases.import_mapping import NAME
from worker.usecases.parts import Parts
from worker.usecases.record_changes import Outcome, Prepared, prepare, record_changes

IMPORTED_AT_ONCE: Final = 1_000
SIDE_BY_SIDE: Final = 3
MOST_ROWS: Final = 2_000_000
MOST_BYTES: Final = 2**30
SECONDS: Final = 3_600.0
Progress = Callable[[int, int], None]
"""Called with rows done and rows in all."""


@dataclass(slots=True)
class Summary:
    """What an import would do, or has done."""

    rows: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    not_delayed: int = 0
    """Rows of which nothing is delayed: no backorders."""
    left_out: int = 0
    events: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    orders: int = 0
    contacts: int = 0
    told: int = 0
    first_notices: int = 0
    without_address: int = 0
    """Orders whose buyer has no address: he is told by phone."""
    unknown_sellers: list[str] = field(default_factory=list)
    not_read: list[str] = field(default_factory=list)
    """Columns of the file that nothing is read from."""
    faults: list[str] = field(default_factory=list)
    applied: bool = False
    plan: str = ""
    """Tells apart what would be written: the rows that differ, and what is known of them."""


class OvertakenError(ValueError):
    """Something else was written since a file was looked at, so that it would not be written as it was shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What an import may do: for which sellers (None: all), how many rows, and only what was shown as this plan."""

    sellers: Collection[str] | None = None
    most_rows: int = MOST_ROWS
    plan: str | None = None


class _Scoped(Converter):
    """Reads rows; one of a seller that is not the importing person's is a fault."""

    def __init__(self, source: Source, sellers: Collection[str] | None) -> None:
        super().__init__(source)
        self._sellers = sellers

    def row(self, number: int, key: str, digest: bytes, raw: Sequence[Any]) -> Row | list[RowFault]:
        row = super().row(number, key, digest, raw)
        seller = str(row.values.get("seller")) if isinstance(row, Row) else ""
        if self._sellers is None or not isinstance(row, Row) or seller in self._sellers:
            return row
        return [RowFault(number, key, "seller", shown(seller), ", ".join(sorted(self._sellers)) or "none")]


def import_file(
    parts: Parts,
    source: Source,
    path: Path,
    *,
    apply: bool,
    progress: Progress = lambda _done, _all: None,
    scope: Scope = Scope(),
) -> Summary:
    """Look at a file, and with `apply` write it slice by slice; ReadError if it cannot be read to its end."""
    part = source.file.csv
    assert part is not None
    with parts.engine.begin() as connection:
        now = parts.clock(connection)
    with parts.engine.connect() as connection:
        known = sources.known_rows(connection, NAME)
    bounds = Bounds(SECONDS, scope.most_rows, MOST_BYTES)
    read = compare(_Scoped(source, scope.sellers), read_file(source, path, part, bounds), known, now, scope.most_rows)
    changes = [change for change in read.changes if change.said is not None]
    read.changes = []
    summary = _summary(source, path, part, read, len(changes))
    summary.applied = apply
    summary.plan = _plan(changes, known)
    del known
    if scope.plan not in {None, summary.plan}:
        raise OvertakenError
    seen = _Seen(faults=read.faults)
    done = 0
    for slice_ in _slices(parts, source, changes, now, apply=apply):
        _add(summary, seen, slice_)
        done += slice_.rows
        progress(done, len(changes))
    _finish(parts, summary, seen)
    return summary


def _plan(changes: Iterable[Change], known: Mapping[str, Known]) -> str:
    digest = blake2b(digest_size=16)
    for change in changes:
        before = known.get(change.key)
        digest.update(repr((change.key, change.digest, before.digest if before else None)).encode())
    return digest.hexdigest()


@dataclass(slots=True)
class _Seen:
    orders: dict[tuple[str, str], bool] = field(default_factory=dict)
    """Whether an order was told of before, by seller and number."""
    contacts: set[str] = field(default_factory=set)
    without_address: set[tuple[str, str]] = field(default_factory=set)
    sellers: set[str] = field(default_factory=set)
    faults: list[RowFault] = field(default_factory=list)


def _summary(source: Source, path: Path, part: CsvPart, read: Read, changes: int) -> Summary:
    seen = read.comparison
    used = set(source.columns)
    summary = Summary(rows=seen.rows, new=seen.new, changed=changes - seen.new)
    summary.unchanged = read.unchanged
    summary.left_out = seen.rows - changes - read.unchanged
    for name in header_of(path, part):
        if name not in used:
            hint = meant(name, FIELDS[Says.OPEN_BACKORDERS])
            summary.not_read.append(f"column `{name}` is not read{hint and ': '}{hint}")
    return summary


@dataclass(slots=True)
class _Slice:
    rows: int
    prepared: Prepared
    outcome: Outcome | None


def _slices(parts: Parts, source: Source, changes: Sequence[Change], now: datetime, *, apply: bool) -> Iterator[_Slice]:
    """Do all slices, some side by side: while one waits for the database, another one reads.

    Orders of one contact stay together, because whoever writes them holds that contact's lock.
    """
    if not apply:
        for start in range(0, len(changes), IMPORTED_AT_ONCE):
            yield _slice(parts, source, changes[start : start + IMPORTED_AT_ONCE], now, apply=False)
        return
    shares: list[list[Change]] = [[] for _ in range(SIDE_BY_SIDE)]
    for change in changes:
        shares[crc32(_contact_of(change).encode()) % SIDE_BY_SIDE].append(change)
    ends: Queue[_Slice | BaseException | None] = Queue(maxsize=2 * SIDE_BY_SIDE)
    threads = [
        Thread(target=_share, args=(parts, source, share, now, ends), name="import", daemon=True) for share in shares
    ]
    for thread in threads:
        thread.start()
    left = len(threads)
    while left:
        found = ends.get()
        if isinstance(found, BaseException):
            raise found
        left -= found is None
        if found is not None:
            yield found


def _contact_of(change: Change) -> str:
    said = orjson.loads(change.said or "{}")
    return str(said.get("contact_email") or said.get("order") or "").casefold()


def _share(
    parts: Parts, source: Source, changes: Sequence[Change], now: datetime, ends: "Queue[_Slice | BaseException | None]"
) -> None:
    """Write one share, slice by slice; a fault is raised by whoever collects."""
    try:
        for start in range(0, len(changes), IMPORTED_AT_ONCE):
            ends.put(_slice(parts, source, changes[start : start + IMPORTED_AT_ONCE], now, apply=True))
    except BaseException as fault:  # noqa: BLE001 - raised again by whoever collects
        ends.put(fault)
        return
    ends.put(None)


def _slice(parts: Parts, source: Source, changes: Sequence[Change], now: datetime, *, apply: bool) -> _Slice:
    with parts.engine.begin() as connection:
        kept = sources.kept(connection, NAME, [change.key for change in changes])
        prepared = prepare(source, changes, kept, now)
        outcome = record_changes(connection, parts, source, changes, prepared, now) if apply else None
    return _Slice(len(changes), prepared, outcome)


def _add(summary: Summary, seen: _Seen, done: _Slice) -> None:
    faults = done.outcome.faults if done.outcome else done.prepared.faults
    if done.outcome:
        summary.verdicts.update(str(one.verdict) for one in done.outcome.verdicts)
    summary.events.update(done.prepared.kinds)
    summary.not_delayed += sum(not row.rev for _, row in done.prepared.rows)
    seen.faults += faults
    summary.left_out += len({fault.key for fault in faults})
    _note(done.prepared.events, seen)


def _note(events: Iterable[Incoming], seen: _Seen) -> None:
    for one in events:
        seen.sellers.add(one.seller)
        if one.event.type != "backorder.opened":
            continue
        data, order = one.event.data, (one.seller, one.order or "")
        seen.orders[order] = seen.orders.get(order, False) or bool(data.get("told"))
        address = str((data["buyer"].get("contact") or {}).get("email") or "").casefold()
        if address:
            seen.contacts.add(address)
        else:
            seen.without_address.add(order)


def _finish(parts: Parts, summary: Summary, seen: _Seen) -> None:
    summary.faults = [str(fault) for fault in sorted(seen.faults, key=lambda one: one.row)]
    summary.orders = len(seen.orders)
    summary.told = sum(seen.orders.values())
    with parts.engine.connect() as connection:
        known = orders.sellers(connection, seen.sellers)
        names = [order for (seller, order) in seen.orders if seller in known]
        there = _with_a_thread(connection, names) if not summary.applied else set()
    summary.first_notices = sum(not told for order, told in seen.orders.items() if (order[0], order[1]) not in there)
    summary.without_address = len(seen.without_address)
    summary.contacts = len(seen.contacts)
    summary.unknown_sellers = sorted(seen.sellers - known.keys())


def _with_a_thread(connection: Any, names: Sequence[str]) -> set[tuple[str, str]]:
    query = text(
        "select s.slug, t.order_no from thread t join seller s on s.id = t.seller_id where t.order_no = any(:names)"
    )
    return {(row.slug, row.order_no) for row in connection.execute(query, {"names": list(names)})}
