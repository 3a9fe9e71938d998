"""`import` and `export`: first loads of open orders from CSV, looked at before they are written."""

import sys
import tomllib
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from worker.cli.answer import FINDING, as_json, complain, console, opened, table, wrong_use
from worker.sources.faults import DefinitionError, ReadError
from worker.usecases.export_orders import export_lines
from worker.usecases.import_mapping import source_of
from worker.usecases.import_orders import Summary, import_file
from worker.usecases.import_slices import StoppedError
from worker.wiring import parts_elsewhere

MOST_SHOWN = 200


def import_orders(
    file: Annotated[Path, typer.Argument(help="a CSV file with a header; docs/howto/start-with-open-orders.md")],
    apply: Annotated[bool, typer.Option("--apply", help="write; without it nothing is written")] = False,
    mapping: Annotated[Path | None, typer.Option(help="a TOML file that says which column is which")] = None,
    seller: Annotated[str | None, typer.Option(help="the seller of all rows, if no column says it")] = None,
    json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """Load open orders: shows what would happen and every doubtful row; writes only with --apply."""
    if not file.is_file():
        wrong_use(f"{file}: found no such file; allowed: a CSV file")
    with opened() as house:
        try:
            source = source_of(file, _mapping(mapping), seller, file=mapping.name if mapping else file.name)
            with Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TimeElapsedColumn(),
                console=console,
                disable=json or not console.is_terminal,
            ) as bar:
                task = bar.add_task("writing" if apply else "looking", total=None)
                summary = import_file(
                    house.parts,
                    source,
                    file,
                    apply=apply,
                    progress=lambda done, rows: bar.update(task, completed=done, total=rows),
                    elsewhere=partial(parts_elsewhere, house.settings, house.database_url),
                )
        except DefinitionError as fault:
            wrong_use(str(fault))
        except StoppedError as fault:
            complain(f"{file}: {fault}")
            raise typer.Exit(FINDING) from None
        except ReadError as fault:
            complain(f"{file}: {fault}; nothing was written")
            raise typer.Exit(FINDING) from None
    _tell(summary, json=json)
    if summary.faults or summary.unknown_sellers:
        raise typer.Exit(FINDING)


def _mapping(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError:
        wrong_use(f"{path}: found no such file; allowed: a TOML file")
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        wrong_use(f"{path}: found no TOML: {fault}")


def _tell(summary: Summary, *, json: bool) -> None:
    if json:
        as_json(summary)
        return
    for fault in summary.faults[:MOST_SHOWN]:
        complain(f"line {fault.removeprefix('row ')}")
    if len(summary.faults) > MOST_SHOWN:
        complain(f"and {len(summary.faults) - MOST_SHOWN} more; --json lists all")
    for note in summary.not_read:
        console.print(note, style="yellow", markup=False)
    for seller in summary.unknown_sellers:
        complain(f"seller {seller} is not configured yet: its lines wait for a seller.configured event")
    rows: list[dict[str, Any]] = [
        {"what": "rows in the file", "count": summary.rows},
        {"what": "new lines", "count": summary.new},
        {"what": "changed since the last import", "count": summary.changed},
        {"what": "unchanged", "count": summary.unchanged},
        {"what": "left out, see above", "count": summary.left_out},
        {"what": "nothing delayed, so no backorder", "count": summary.not_delayed},
        {"what": "orders opened", "count": summary.orders},
        {"what": "  of which the buyer was told before", "count": summary.told},
        {
            "what": "  first notices that would go out" if not summary.applied else "  first notices to come",
            "count": summary.first_notices,
        },
        {"what": "contacts", "count": summary.contacts},
        {"what": "orders without an address, told by phone", "count": summary.without_address},
    ]
    table(rows, {"what": "", "count": ""}, "")
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in sorted(summary.verdicts.items()))
    done = f"written: {verdicts or 'nothing new'}" if summary.applied else "nothing was written; --apply writes it"
    console.print(done, markup=False)


def export(
    file: Annotated[str, typer.Argument(help="where to write, or - for standard output")] = "-",
    seller: Annotated[str, typer.Option(help="only this seller's lines")] = "",
) -> None:
    """Write the open lines as the CSV file that `import` reads."""
    sellers = (seller,) if seller else None
    with opened() as house:
        if file == "-":
            export_lines(house.parts, sys.stdout, sellers)
            return
        with Path(file).open("w", encoding="utf-8", newline="") as target:
            count = export_lines(house.parts, target, sellers)
    console.print(f"{count} lines written to {file}", markup=False)
