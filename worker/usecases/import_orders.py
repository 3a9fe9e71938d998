"""First loads: open orders from a CSV file, looked at first; the same file again changes nothing (R49)."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from sqlalchemy import text

from schedules.sayings import FIELDS, Says
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
from worker.usecases.import_slices import Elsewhere, Job, Slice, processes, slices
from worker.usecases.parts import Parts

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
    elsewhere: Elsewhere | None = None,
) -> Summary:
    """Look at a file, and with `apply` write it slice by slice; ReadError if it cannot be read to its end.

    `elsewhere` makes the parts of processes of their own, which write a large file side by side.
    """
    part = source.file.csv
    assert part is not None
    with parts.engine.begin() as connection:
        now = parts.clock(connection)
    size = path.stat().st_size if apply else 0
    with processes(elsewhere, size, source, now) as pool:
        return _imported(Job(parts, source, now, apply=apply), pool, path, progress, scope)


def _imported(job: Job, pool: Executor | None, path: Path, progress: Progress, scope: Scope) -> Summary:
    parts, source, part = job.parts, job.source, job.source.file.csv
    assert part is not None
    with parts.engine.connect() as connection:
        known = sources.known_rows(connection, NAME)
    rows = read_file(source, path, part, Bounds(SECONDS, scope.most_rows, MOST_BYTES))
    read = compare(_Scoped(source, scope.sellers), rows, known, job.now, scope.most_rows)
    changes = [change for change in read.changes if change.said is not None]
    read.changes = []
    summary = _summary(source, path, part, read, len(changes))
    summary.applied = job.apply
    summary.plan = _plan(changes, known)
    del known
    if scope.plan not in {None, summary.plan}:
        raise OvertakenError
    seen = _Seen(faults=read.faults)
    done, count = 0, len(changes)
    for slice_ in slices(job, changes, pool):
        _add(summary, seen, slice_)
        done += slice_.rows
        progress(done, count)
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


def _add(summary: Summary, seen: _Seen, done: Slice) -> None:
    summary.verdicts.update(done.verdicts)
    summary.events.update(done.kinds)
    summary.not_delayed += done.not_delayed
    summary.left_out += len({fault.key for fault in done.faults})
    seen.faults += done.faults
    seen.sellers |= done.sellers
    seen.contacts |= done.contacts
    seen.without_address |= done.without_address
    for order, told in done.orders.items():
        seen.orders[order] = seen.orders.get(order, False) or told


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
