"""Read a source within its bounds of time, rows and bytes; a driver that hangs is left behind, not waited for."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar

from worker.sources.definition import Source
from worker.sources.faults import ReadError, RowFault

T = TypeVar("T")
LEAVES_AFTER_SECONDS: Final = 2.0
"""What a driver gets to notice its own time limit, before it is left behind."""

Raw = tuple[int, tuple[Any, ...]]
"""A row's number in the read, and its values in the order of the source's columns."""


@dataclass(slots=True)
class Given:
    """What the last accepted read left behind, and what this one learns beside its rows."""

    etag: str | None = None
    position: str | None = None
    now: datetime | None = None
    fresh_at: datetime | None = None
    """Of when the content is, where the source tells it, such as a file's modification."""


@dataclass(slots=True)
class Bounds:
    """What is left of a read's time, rows and bytes; ReadError once it is used up."""

    seconds: float
    most_rows: int
    most_bytes: int
    _began: float = field(default_factory=time.monotonic)
    _rows: int = 0
    _bytes: int = 0

    @property
    def left(self) -> float:
        return self.seconds - (time.monotonic() - self._began)

    def check_time(self) -> None:
        if self.left <= 0:
            raise ReadError(
                f"no end after {self.seconds:g} s",
                "look at the source, make the query cheaper, or raise limits.seconds",
            )

    def add_rows(self, count: int) -> None:
        self._rows += count
        self.check_time()
        if self._rows > self.most_rows:
            raise ReadError(f"more than {self.most_rows} rows", "narrow the query, or raise limits.rows")

    def add_bytes(self, count: int) -> None:
        self._bytes += count
        self.check_time()
        if self._bytes > self.most_bytes:
            raise ReadError(f"more than {self.most_bytes // 2**20} MiB", "narrow the source, or raise limits.megabytes")


def bounds_of(source: Source) -> Bounds:
    """Give a fresh read's bounds."""
    limits = source.file.limits
    return Bounds(seconds=limits.seconds, most_rows=limits.rows, most_bytes=limits.megabytes * 2**20)


def rows_of(source: Source, bounds: Bounds, given: Given) -> Iterator[Raw | RowFault]:
    """Read a source's rows; ReadError, NotReadyError or UnchangedError tell how it ended otherwise."""
    if source.file.sql is not None:
        from worker.sources.database import read_database  # noqa: PLC0415 - only what is used is loaded

        yield from read_database(source, source.file.sql, bounds)
    elif source.file.csv is not None:
        from worker.sources.csvfile import read_folder  # noqa: PLC0415

        yield from read_folder(source, source.file.csv, bounds, given)
    elif source.file.http is not None:
        from worker.sources.web import read_web  # noqa: PLC0415

        yield from read_web(source, source.file.http, bounds, given)


def within(seconds: float, work: Callable[[], T]) -> T:
    """Do something in a thread of its own; ReadError if it has not ended in time, wherever it hangs."""
    done: list[T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work())
        except BaseException as fault:  # noqa: BLE001 - raised again by whoever waits
            failed.append(fault)

    thread = threading.Thread(target=run, name="read", daemon=True)
    thread.start()
    thread.join(seconds + LEAVES_AFTER_SECONDS)
    if thread.is_alive():
        raise ReadError(f"no answer after {seconds:g} s", "look at the source, or raise limits.seconds")
    if failed:
        raise failed[0]
    return done[0]
