"""`record` and `events`: what comes in, and what came of it."""

import sys
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from worker.cli.answer import FINDING, as_json, complain, console, opened, table, wrong_use
from worker.intake.reading import read_lines
from worker.storage import events as stored
from worker.usecases.record_events import Recorded, Verdict
from worker.usecases.record_events import record as record_batch

BATCH = 500


def record(file: Annotated[str, typer.Argument(help="a file of JSON Lines, or - for standard input")]) -> None:
    """Record events: prints counts, and each refusal with its line and reason."""
    if file == "-":
        _record(sys.stdin.buffer)
        return
    path = Path(file)
    if not path.is_file():
        wrong_use(f"{file}: found no such file; allowed: a file of JSON Lines, or -")
    with path.open("rb") as stream:
        _record(stream)


def _record(stream: BinaryIO) -> None:
    counts: Counter[str] = Counter()
    with opened() as house:
        with house.engine.connect() as connection:
            received_at = house.parts.clock(connection)
        lines = read_lines(stream, received_at)
        while batch := list(islice(lines, BATCH)):
            numbers = [number for number, _ in batch]
            with house.engine.begin() as connection:
                now = house.parts.clock(connection)
                verdicts = record_batch(connection, house.parts, [one for _, one in batch], now)
            for number, verdict in zip(numbers, verdicts, strict=True):
                counts[verdict.verdict] += 1
                _tell(number, verdict)
    console.print(", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict))
    if counts[Verdict.REJECTED]:
        raise typer.Exit(FINDING)


def _tell(number: int, one: Recorded) -> None:
    if one.verdict in {Verdict.REJECTED, Verdict.WAITING}:
        name = f" ({one.id})" if one.id else ""
        for reason in one.reasons:
            complain(f"line {number}{name} {one.verdict}: {reason}")


def events(
    source: Annotated[str | None, typer.Option(help="only events of this source")] = None,
    most: Annotated[int, typer.Option(help="how many, newest first")] = 50,
    json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """Show what came in, with verdicts; what waits, and why."""
    with opened() as house, house.engine.connect() as connection:
        rows = [dict(row._mapping) for row in stored.listed(connection, source, most)]  # noqa: SLF001
    for row in rows:
        if row["standing"] == "waiting":
            row["verdict"], row["reasons"] = "waiting", [row["reason"]]
        elif row["verdict"] == "waiting":
            row["verdict"], row["reasons"] = "accepted", []
    if json:
        as_json(rows)
        return
    columns = {"at": "received", "source": "source", "ext_id": "id", "type": "type", "order_no": "order"}
    table(rows, columns | {"line_no": "line", "verdict": "verdict", "reasons": "why"}, "no events yet")
