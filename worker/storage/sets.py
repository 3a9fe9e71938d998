"""Many rows in one statement: written as one JSON document, which costs a tenth of a parameter per value."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Table, TextClause, text

from worker.storage.direct import DIALECT, later, run

_FORMS: Final[Mapping[type, Callable[[Any], str]]] = {
    Decimal: str,
    bytes: lambda value: "\\x" + value.hex(),
}


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all name the same columns, before whatever comes next."""
    if rows:
        later(connection, _insert(table, tuple(rows[0]), "", ""), {"rows": as_recordset(rows)})


def insert_new(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], returning: Sequence[str] = ()
) -> list[Any]:
    """Insert rows in their order unless they are there; give these columns of those that were new."""
    if not rows:
        return []
    back = f" returning {', '.join(returning)}" if returning else ""
    statement = _insert(table, tuple(rows[0]), " on conflict do nothing", back)
    return run(connection, statement, {"rows": as_recordset(rows)})


def upsert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], conflict: str) -> None:
    """Insert rows; `conflict` says what becomes of those that are there."""
    if rows:
        statement = _insert(table, tuple(rows[0]), f" on conflict {conflict}", "")
        run(connection, statement, {"rows": as_recordset(rows)})


def insert_numbered(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert rows; give their ids in the same order: PostgreSQL numbers a sorted insert in its order."""
    if not rows:
        return []
    statement = _insert(table, tuple(rows[0]), "", " returning id")
    return sorted(row.id for row in run(connection, statement, {"rows": as_recordset(rows)}))


def update_rows(connection: Connection, table: Table, key: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows by a key among their columns, before whatever comes next."""
    if rows:
        later(connection, _update(table, key, tuple(rows[0])), {"rows": as_recordset(rows)})


def as_recordset(rows: Sequence[Mapping[str, Any]]) -> str:
    """Give rows as the value of `:rows` in a statement with `records`."""
    return orjson.dumps(rows, default=_plain).decode()


def records(columns: str, given: str = "rows") -> str:
    """Give the FROM part that reads `:rows` as typed rows named r (`id bigint, why text`); `r.n` counts them from 1."""
    return _records(dict(column.split() for column in columns.split(", ")), given)


def records_of(table: Table, names: Sequence[str], given: str) -> str:
    """Give the FROM part that reads the parameter `given` as rows of these columns of a table."""
    return _records({name: table.c[name].type.compile(dialect=DIALECT) for name in names}, given)


def _records(columns: Mapping[str, str], given: str) -> str:
    typed = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    listed = ", ".join(f'"{name}"' for name in columns)
    return f"rows from (json_to_recordset(cast(:{given} as json)) as ({typed})) with ordinality as r ({listed}, n)"


def _plain(value: Any) -> str:
    form = _FORMS.get(type(value))
    if form is None:
        raise TypeError(f"found {type(value).__name__}; allowed: JSON values, decimals, days, moments and bytes")
    return form(value)


@lru_cache(maxsize=256)
def _insert(table: Table, names: tuple[str, ...], conflict: str, returning: str) -> TextClause:
    listed = ", ".join(f'"{name}"' for name in names)
    ordered = f"select {listed} from {_given(table, names)} order by n"
    return text(f"insert into {table.name} ({listed}) {ordered}{conflict}{returning}")


@lru_cache(maxsize=256)
def _update(table: Table, key: str, names: tuple[str, ...]) -> TextClause:
    sets = ", ".join(f'"{name}" = r."{name}"' for name in names if name != key)
    return text(f"update {table.name} set {sets} from {_given(table, names)} where {table.name}.{key} = r.{key}")


def _given(table: Table, names: tuple[str, ...]) -> str:
    return records_of(table, names, "rows")
