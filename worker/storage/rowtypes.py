"""Rows of the hot path as values of PostgreSQL's own composite types, in its binary form (ADR 0090).

PostgreSQL reads them five times as fast as the same rows in a JSON document: it parses no text, and looks up no name.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from struct import Struct
from typing import Any, Final

import orjson

EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""What PostgreSQL counts microseconds from."""
DAY: Final = 86_400_000_000
SECOND: Final = 1_000_000
NUMBERS: Final = {"bigint": 20, "int": 23, "boolean": 16, "text": 25, "timestamptz": 1184, "json": 114, "jsonb": 3802}
"""PostgreSQL's numbers for its types, which never change."""
JSONB_FORM: Final = b"\x01"
LENGTH: Final = Struct(">i").pack
HEAD: Final = Struct(">Ii").pack
BIGINT: Final = Struct(">Iiq").pack
QUAD: Final = Struct(">q").pack
INT: Final = Struct(">Iii").pack
ARRAY: Final = Struct(">iiIii").pack
EMPTY: Final = Struct(">iiI").pack
SHORT: Final = 1024
"""Most texts have fewer bytes: what is said of their length is made once."""
FEW: Final = 256
"""Most counts are smaller: they are written once."""


@dataclass(frozen=True, slots=True)
class RowType:
    """A composite type that a migration has made: its name, and its columns with their types in their order."""

    name: str
    columns: Mapping[str, str]

    def listed(self, given: str) -> str:
        """Give the FROM part that reads the parameter `given` as rows named r; `r.n` counts them from 1."""
        columns = ", ".join(f'"{column}"' for column in self.columns)
        return f"unnest(cast(:{given} as {self.name}[])) with ordinality as r ({columns}, n)"

    def names(self) -> str:
        """Give its columns for a statement."""
        return ", ".join(self.columns)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a type, as a statement's parameter; each names all its columns."""

    kind: RowType
    rows: Sequence[dict[str, Any]]

    def written(self, number: int) -> bytes:
        """Give them as PostgreSQL reads an array of the type with this number; KeyError if a column is missing."""
        if not self.rows:
            return EMPTY(0, 0, number)
        columns = [
            _CELLS[kind]([row[name] for row in self.rows], NUMBERS[kind]) for name, kind in self.kind.columns.items()
        ]
        count = LENGTH(len(columns))
        parts = [ARRAY(1, 0, number, len(self.rows), 1)]
        for cells in zip(*columns, strict=True):
            row = b"".join(cells)
            parts += (LENGTH(len(row) + 4), count, row)
        return b"".join(parts)


def row_type(name: str, columns: str) -> RowType:
    """Name a composite type and its columns (`id bigint, why text`)."""
    return RowType(name, dict(column.split() for column in columns.split(", ")))


def listed_moments(values: Sequence[datetime | None]) -> bytes:
    """Write moments as PostgreSQL reads an array of `timestamptz`."""
    cells = _each_once(values, LENGTH(-1), LENGTH(8))
    return ARRAY(1, int(None in values), NUMBERS["timestamptz"], len(cells), 1) + b"".join(cells)


def _bigints(values: list[Any], number: int) -> list[bytes]:
    nothing = HEAD(number, -1)
    return [nothing if value is None else BIGINT(number, 8, value) for value in values]


def _ints(values: list[Any], number: int) -> list[bytes]:
    nothing = HEAD(number, -1)
    return [
        nothing if value is None else _SMALL[value] if 0 <= value < FEW else INT(number, 4, value) for value in values
    ]


def _flags(values: list[Any], number: int) -> list[bytes]:
    nothing, no, yes = HEAD(number, -1), HEAD(number, 1) + b"\0", HEAD(number, 1) + b"\1"
    return [nothing if value is None else yes if value else no for value in values]


def _moments(values: list[Any], number: int) -> list[bytes]:
    return _each_once(values, HEAD(number, -1), HEAD(number, 8))


def _each_once(values: Sequence[Any], nothing: bytes, head: bytes) -> list[bytes]:
    """Write moments, each below its head; of those that are shared each is worked out once."""
    made: dict[Any, bytes] = {None: nothing}
    for value in values:
        if value not in made:
            made[value] = head + QUAD(_microseconds(value))
    return [made[value] for value in values]


def _microseconds(value: datetime) -> int:
    since: timedelta = value - EPOCH
    return since.days * DAY + since.seconds * SECOND + since.microseconds


def _texts(values: list[Any], number: int) -> list[bytes]:
    nothing, short = HEAD(number, -1), _SHORT[number]
    cells = []
    for value in values:
        if value is None:
            cells.append(nothing)
            continue
        said: str = value
        cells.append(_sized(said.encode(), number, short))
    return cells


def _documents(values: list[Any], number: int) -> list[bytes]:
    nothing, short = HEAD(number, -1), _SHORT[number]
    return [nothing if value is None else _sized(orjson.dumps(value), number, short) for value in values]


def _binary_documents(values: list[Any], number: int) -> list[bytes]:
    nothing, short = HEAD(number, -1), _SHORT[number]
    return [nothing if value is None else _sized(JSONB_FORM + orjson.dumps(value), number, short) for value in values]


def _sized(value: bytes, number: int, short: list[bytes]) -> bytes:
    size = len(value)
    return short[size] + value if size < SHORT else HEAD(number, size) + value


_SMALL: Final = [INT(NUMBERS["int"], 4, value) for value in range(FEW)]
_SHORT: Final[dict[int, list[bytes]]] = {
    NUMBERS[kind]: [HEAD(NUMBERS[kind], size) for size in range(SHORT)] for kind in ("text", "json", "jsonb")
}
_CELLS: Final[Mapping[str, Callable[[list[Any], int], list[bytes]]]] = {
    "bigint": _bigints,
    "int": _ints,
    "boolean": _flags,
    "timestamptz": _moments,
    "text": _texts,
    "json": _documents,
    "jsonb": _binary_documents,
}
