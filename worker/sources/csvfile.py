"""A CSV file, or the newest of a folder: encodings and delimiters found out, nothing executed, nothing guessed."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

from worker.intake.reasons import meant, shown
from worker.sources.definition import CsvPart, Source
from worker.sources.faults import NotReadyError, ReadError, RowFault
from worker.sources.reading import Bounds, Given, Raw

DELIMITERS: Final = (",", ";", "\t", "|")
LOOKED_AT: Final = 65_536
LONGEST_CELL: Final = 16 * 2**20
NOT_FINISHED: Final = (".tmp", ".part", ".partial", ".crdownload", ".filepart")
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
APOSTROPHE: Final = "'"
ROWS_BETWEEN_LOOKS: Final = 1_000


def read_folder(source: Source, part: CsvPart, bounds: Bounds, given: Given) -> Iterator[Raw | RowFault]:
    """Read the file, or the newest finished one of the folder."""
    path = _newest(Path(part.path), part, given)
    before = path.stat()
    given.position = f"{path.name}:{before.st_mtime_ns}:{before.st_size}"
    given.fresh_at = datetime.fromtimestamp(before.st_mtime, UTC)
    yield from read_file(source, path, part, bounds)
    after = path.stat()
    if (before.st_mtime_ns, before.st_size, before.st_ino) != (after.st_mtime_ns, after.st_size, after.st_ino):
        raise NotReadyError(f"{path.name} was written to while it was read; it is read again")


def _newest(path: Path, part: CsvPart, given: Given) -> Path:
    try:
        found = _finished(path, part) if path.is_dir() else [path]
        newest = max(found, key=lambda one: (one.stat().st_mtime_ns, one.name), default=None)
        if newest is None:
            raise ReadError(f"no file {part.pattern} in {path.name}", "put one there, or mend csv.path")
        age = (given.now or datetime.now(UTC)).timestamp() - newest.stat().st_mtime
    except OSError as fault:
        raise ReadError(f"{type(fault).__name__} for {path.name}", "look at the file and its rights") from None
    if 0 <= age < part.settles.total_seconds():
        raise NotReadyError(f"{newest.name} was written {age:.0f} s ago and may not be finished; it is read next time")
    return newest


def _finished(folder: Path, part: CsvPart) -> list[Path]:
    return [
        one
        for one in folder.glob(part.pattern)
        if one.is_file() and not one.name.startswith((".", "~")) and one.suffix.lower() not in NOT_FINISHED
    ]


def read_file(source: Source, path: Path, part: CsvPart, bounds: Bounds) -> Iterator[Raw | RowFault]:
    """Read one CSV file; the number of a row is its line in the file."""
    bounds.add_bytes(path.stat().st_size)
    with _opened(path, part) as text:
        yield from _read(source, text, part.delimiter, bounds)


def header_of(path: Path, part: CsvPart) -> list[str]:
    """Give the names in a file's first line."""
    with _opened(path, part) as text:
        return _header(text, part.delimiter)[0]


@contextmanager
def _opened(path: Path, part: CsvPart) -> Iterator[io.TextIOWrapper]:
    with path.open("rb") as stream:
        start = stream.read(LOOKED_AT)
        stream.seek(0)
        encoding = part.encoding or _encoding(start, stream)
        text = io.TextIOWrapper(stream, encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="")
        try:
            yield text
        except UnicodeError:
            todo = "say csv.encoding: utf-8, utf-16, latin-1, cp1252"
            raise ReadError(f"bytes that are no {encoding}", todo) from None


def _encoding(start: bytes, stream: IO[bytes]) -> str:
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        while chunk := stream.read(LOOKED_AT):
            chunk.decode("ascii")
    except UnicodeDecodeError:
        return _not_ascii(stream)
    finally:
        stream.seek(0)
    return "utf-8"


def _not_ascii(stream: IO[bytes]) -> str:
    """Tell UTF-8 from the older Western encoding, which any bytes could be."""
    stream.seek(0)
    try:
        for line in stream:
            line.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _read(source: Source, text: io.TextIOWrapper, delimiter: str | None, bounds: Bounds) -> Iterator[Raw | RowFault]:
    names, mark = _header(text, delimiter)
    places = [_place(column, names) for column in source.columns]
    csv.field_size_limit(LONGEST_CELL)
    rows = csv.reader(_lines(text, bounds), delimiter=mark, strict=True)
    began = 1
    try:
        for cells in rows:
            number, began = began + 1, rows.line_num + 1
            if len(cells) == len(names):
                yield number, tuple([_cell(cells[place]) for place in places])
            elif any(cells):
                found = f"{len(cells)} cells"
                yield RowFault(number, "", "", found, f"{len(names)}, as in the header; quote cells that hold `{mark}`")
    except csv.Error as fault:
        raise ReadError(
            f"a broken row that begins at line {began + 1}: {fault}", "look for a quote that is never closed"
        ) from None


def _header(text: io.TextIOWrapper, delimiter: str | None) -> tuple[list[str], str]:
    """Read the names of the columns, and with what they are parted."""
    first = text.readline(LOOKED_AT)
    if not first.strip():
        raise ReadError("a file without a header", "the first line names the columns")
    mark = delimiter or max(DELIMITERS, key=first.count)
    return [name.strip() for name in next(csv.reader([first], delimiter=mark))], mark


def _lines(text: io.TextIOWrapper, bounds: Bounds) -> Iterator[str]:
    rows = 0
    for line in text:
        rows += 1
        if rows == ROWS_BETWEEN_LOOKS:
            bounds.add_rows(rows)
            rows = 0
        yield line
    bounds.add_rows(rows)


def _place(column: str, names: list[str]) -> int:
    if names.count(column) > 1:
        raise ReadError(f"the column `{column}` twice in the header", "name each column once")
    if column in names:
        return names.index(column)
    hint = meant(column, names)
    raise ReadError(
        f"no column `{shown(column)}` in the header ({shown(', '.join(names))})",
        f"mend the file or [columns]{hint and ': '}{hint}",
    )


def _cell(text: str) -> str:
    """Give a cell as it was meant: an apostrophe before a formula's sign only kept a spreadsheet from running it."""
    return text[1:] if text[:1] == APOSTROPHE and text[1:2] in (*FORMULA, APOSTROPHE) else text


def harmless(text: str) -> str:
    """Write a cell so that no spreadsheet runs it; `_cell` reads it back."""
    return APOSTROPHE + text if text[:1] in (*FORMULA, APOSTROPHE) and text[:1] else text
