"""How the command line answers: tables for people, JSON for programs, faults on stderr."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import OperationalError, ProgrammingError

from worker.cli import WRONG_USE
from worker.settings import load_settings
from worker.storage.codec import encode
from worker.wiring import House, house

FINDING = 1
console = Console()
errors = Console(stderr=True)


def complain(text: str) -> None:
    """Write a fault for a person."""
    errors.print(text, style="red", markup=False, highlight=False)


def wrong_use(text: str) -> NoReturn:
    """End with what was wrong about the call."""
    complain(text)
    raise typer.Exit(WRONG_USE)


@contextmanager
def opened(*, migrated: bool = True) -> Iterator[House]:
    """Give the house; a database that does not answer or has no tables is told in one sentence."""
    from worker.storage.migrate import migrate, newest, present  # noqa: PLC0415 - alembic is slow to import

    settings = load_settings()
    with house(settings) as found:
        try:
            if migrated and present(found.engine) != newest():
                if settings.database_url is not None:
                    wrong_use("the database has not the tables of this version; run `backorder migrate` first")
                migrate(found.engine)
            yield found
        except OperationalError as fault:
            wrong_use(f"the database does not answer: {str(fault.orig).strip().splitlines()[0]}")
        except ProgrammingError as fault:
            wrong_use(
                f"the database has not the tables this needs ({type(fault.orig).__name__}); run `backorder migrate`"
            )


def as_json(value: Any) -> None:
    """Write a value as JSON."""
    typer.echo(json.dumps(encode(value), ensure_ascii=False, indent=2))


def table(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], empty: str) -> None:
    """Write rows as a table; one sentence if there are none."""
    if not rows:
        console.print(empty, markup=False)
        return
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for title in columns.values():
        drawn.add_column(title, overflow="fold")
    for row in rows:
        drawn.add_row(*(shown(row.get(name)) for name in columns))
    console.print(drawn)


def shown(value: Any) -> str:
    """Give a cell's text."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M UTC")
    if isinstance(value, list | tuple):
        return "; ".join(str(item) for item in value)
    return str(value)
