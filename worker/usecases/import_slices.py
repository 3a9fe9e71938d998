"""The slices of a first load, some of them side by side: in threads, or in processes where there are many (R49)."""

import os
import pickle
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import Any, Final
from zlib import crc32

import orjson

from worker.garbage import collect_rarely
from worker.intake.reading import Incoming
from worker.sources.definition import Source
from worker.sources.faults import RowFault
from worker.storage import sources
from worker.storage.sources import Change
from worker.usecases.import_mapping import NAME
from worker.usecases.parts import Parts
from worker.usecases.record_changes import prepare, record_changes

AT_ONCE: Final = 1_000
WORTH_PROCESSES: Final = 1_000_000
"""A file of fewer bytes is written before a process has started."""
SIDE_BY_SIDE: Final = max(2, min(4, os.cpu_count() or 2))
HOW_PROCESSES_START: Final = "fork" if sys.platform == "linux" else "spawn"
"""A fork shares with its parent what both only read: a third of the memory of a new process."""
Elsewhere = Callable[[], Parts]
"""Makes the parts of a process of its own; it can be sent there."""


class StoppedError(RuntimeError):
    """A process that wrote slices ended before its time."""


@dataclass(frozen=True, slots=True)
class Job:
    """What all slices of an import have in common."""

    parts: Parts
    source: Source
    now: datetime
    apply: bool


@dataclass(slots=True)
class Slice:
    """What one slice would do, or has done."""

    rows: int
    faults: list[RowFault]
    kinds: dict[str, int]
    verdicts: Counter[str] = field(default_factory=Counter)
    not_delayed: int = 0
    orders: dict[tuple[str, str], bool] = field(default_factory=dict)
    """Whether an order was told of before, by seller and number."""
    contacts: set[str] = field(default_factory=set)
    without_address: set[tuple[str, str]] = field(default_factory=set)
    sellers: set[str] = field(default_factory=set)


@contextmanager
def processes(elsewhere: Elsewhere | None, size: int, source: Source, now: datetime) -> Iterator[Executor | None]:
    """Give processes that write a file of `size` bytes; None where it is not worth them.

    They are started before the file is read, so that none holds what only their parent needs.
    """
    if elsewhere is None or size < WORTH_PROCESSES:
        yield None
        return
    given = (elsewhere, source, now)
    with ProcessPoolExecutor(SIDE_BY_SIDE, get_context(HOW_PROCESSES_START), _start, given) as pool:
        pool.submit(_is_there).result()
        yield pool


def slices(job: Job, changes: list[Change], pool: Executor | None) -> Iterator[Slice]:
    """Do all slices and forget them; StoppedError if a process that wrote some has died.

    Orders of one contact stay together, because whoever writes them holds that contact's lock.
    """
    if not job.apply:
        yield from (_done(job, part) for part in _taken(changes))
        return
    shares: list[list[Change]] = [[] for _ in range(SIDE_BY_SIDE)]
    for change in changes:
        shares[crc32(_contact_of(change).encode()) % SIDE_BY_SIDE].append(change)
    changes.clear()
    if pool is None:
        with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
            yield from _side_by_side(threads, partial(_done, job), shares)
        return
    try:
        with TemporaryDirectory() as folder:
            yield from _side_by_side(pool, _done_here, shares, partial(_kept_in, Path(folder)))
    except BrokenProcessPool:
        raise StoppedError(
            "a process that was writing ended; what was written stands: give the same command again"
        ) from None


def _as_it_is(part: Sequence[Change]) -> Sequence[Change]:
    return part


def _side_by_side(
    pool: Executor,
    work: Callable[[Any], Slice],
    shares: Iterable[list[Change]],
    handed: Callable[[Sequence[Change]], Any] = _as_it_is,
) -> Iterator[Slice]:
    """Work on all shares at a time, on each of them slice after slice; `handed` makes of a slice what `work` takes."""
    under_way: dict[Future[Slice], Iterator[Sequence[Change]]] = {}

    def go_on(share: Iterator[Sequence[Change]]) -> None:
        part = next(share, None)
        if part is not None:
            under_way[pool.submit(work, handed(part))] = share

    for share in shares:
        go_on(_taken(share))
    while under_way:
        for one in wait(under_way, return_when=FIRST_COMPLETED).done:
            go_on(under_way.pop(one))
            yield one.result()


def _taken(share: list[Change]) -> Iterator[Sequence[Change]]:
    """Cut changes into slices, and forget each as it is given."""
    share.reverse()
    while share:
        part = share[: -AT_ONCE - 1 : -1]
        del share[-AT_ONCE:]
        yield part


def _contact_of(change: Change) -> str:
    said = orjson.loads(change.said or "{}")
    return str(said.get("contact_email") or said.get("order") or "").casefold()


_here: list[Job] = []
"""The job of this process, if it was started for one."""


def _start(elsewhere: Elsewhere, source: Source, now: datetime) -> None:
    collect_rarely()
    _here[:] = [Job(elsewhere(), source, now, apply=True)]


def _is_there() -> None:
    """Do nothing: whoever waits for this knows that the processes have started."""


def _kept_in(folder: Path, changes: Sequence[Change]) -> Path:
    """Put a slice into a file, and not into the pipe of a pool: whoever dies leaves a full pipe that nobody empties.

    Before Python 3.11.5 the pool then waits for ever (CPython issue 94777).
    """
    with NamedTemporaryFile(dir=folder, delete=False) as file:
        pickle.dump(changes, file, pickle.HIGHEST_PROTOCOL)
    return Path(file.name)


def _done_here(path: Path) -> Slice:
    changes = pickle.loads(path.read_bytes())  # noqa: S301 - written by our parent, in a folder of its own
    path.unlink()
    return _done(_here[0], changes)


def _done(job: Job, changes: Sequence[Change]) -> Slice:
    """Do one slice in one transaction; without `apply`, only say what it would do."""
    with job.parts.engine.begin() as connection:
        kept = sources.kept(connection, NAME, [change.key for change in changes])
        prepared = prepare(job.source, changes, kept, job.now)
        done = Slice(len(changes), prepared.faults, prepared.kinds)
        if job.apply:
            outcome = record_changes(connection, job.parts, job.source, changes, prepared, job.now)
            done.faults = outcome.faults
            done.verdicts.update(str(one.verdict) for one in outcome.verdicts)
    done.not_delayed = sum(not row.rev for _, row in prepared.rows)
    for one in prepared.events:
        _note(done, one)
    return done


def _note(done: Slice, one: Incoming) -> None:
    done.sellers.add(one.seller)
    if one.event.type != "backorder.opened":
        return
    data, order = one.event.data, (one.seller, one.order or "")
    done.orders[order] = done.orders.get(order, False) or bool(data.get("told"))
    address = str((data["buyer"].get("contact") or {}).get("email") or "").casefold()
    if address:
        done.contacts.add(address)
    else:
        done.without_address.add(order)
