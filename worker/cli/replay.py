"""`replay`: the whole product on a virtual clock, into a folder."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from worker.cli.answer import FINDING, complain, console, errors, table, wrong_use
from worker.intake.fields import RefusedError, moment
from worker.replay.files import write_files
from worker.replay.run import Feed, read_feed, throw_away_schema
from worker.replay.run import replay as run_replay
from worker.replay.world import AnswersError, read_answers
from worker.settings import load_settings
from worker.wiring import parts_for, servers_of

FIXED_HOST = "replay.backorder.example"


def replay(
    file: Annotated[Path, typer.Argument(help="a file of events, JSON Lines")],
    out: Annotated[Path, typer.Option(help="the folder to write; what an earlier replay left there is replaced")],
    answers: Annotated[Path | None, typer.Option(help="scripted answers of mail servers, and outages")] = None,
    until: Annotated[str | None, typer.Option(help="the moment to stop at (RFC 3339)")] = None,
) -> None:
    """Run events through the whole product on a virtual clock; write mails, journal, promises, summary."""
    if not file.is_file():
        wrong_use(f"{file}: found no such file; allowed: a file of JSON Lines")
    try:
        scripted = read_answers(answers)
        end = moment(until) if until else None
    except AnswersError as fault:
        wrong_use(f"{answers}: {fault}")
    except RefusedError as fault:
        wrong_use(f"--until: found {until}; allowed: {fault.allowed}")
    except OSError as fault:
        wrong_use(f"{answers}: {fault.strerror}")
    mail = _prepared(out)
    feed = read_feed(file)
    with servers_of(load_settings()) as (database_url, _), throw_away_schema(database_url) as engine:
        with _progress(feed, end) as progress:
            result = run_replay(
                feed,
                lambda engine, clock: parts_for(engine, clock, FIXED_HOST),
                engine,
                mail,
                scripted,
                end,
                progress,
            )
        summary = write_files(result, out)
    _tell(summary, out)
    if summary["events"]["rejected"] or summary["events"]["waiting"]:
        raise typer.Exit(FINDING)


def _prepared(out: Path) -> Path:
    """Empty what an earlier replay wrote; anything else in the folder is a fault of use."""
    ours = {"mail", "journal.jsonl", "promises.jsonl", "summary.json"}
    if out.exists():
        others = sorted({path.name for path in out.iterdir()} - ours)
        if others:
            wrong_use(f"{out}: found {others[0]}; allowed: an empty folder, or one that a replay wrote")
        shutil.rmtree(out)
    (out / "mail").mkdir(parents=True)
    return out / "mail"


@contextmanager
def _progress(feed: Feed, end: datetime | None) -> Iterator[Callable[[datetime], None]]:
    """Show a bar on a terminal while the virtual clock runs."""
    start = feed.arrivals[0].at if feed.arrivals else None
    last = end or (feed.arrivals[-1].at if feed.arrivals else None)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        total = (last - start).total_seconds() if start and last else 1
        task = bar.add_task("replaying", total=max(total, 1))

        def step(at: datetime) -> None:
            if start:
                bar.update(task, completed=(at - start).total_seconds(), description=at.strftime("%d %b %H:%M"))

        yield step


def _tell(summary: dict[str, Any], out: Path) -> None:
    for detail in summary["events"]["details"]:
        complain(f"line {detail['line']} {detail['verdict']}: {'; '.join(detail['reasons'])}")
    rows = [
        {"what": "events", **_text(summary["events"], "accepted", "repeated", "waiting", "rejected")},
        {"what": "mails", **_text(summary["mails"]["by_kind"])},
        {"what": "decisions", **_text(summary["decisions"]["by_action"])},
        {"what": "promises", **_text(summary["promises"]["by_outcome"])},
        {"what": "avoided", **_text(summary["avoided"])},
    ]
    table(rows, {"what": "", "figures": ""}, "")
    console.print(f"written to {out}", markup=False)


def _text(counts: dict[str, Any], *names: str) -> dict[str, str]:
    wanted = {name: counts[name] for name in names} if names else counts
    return {"figures": ", ".join(f"{count} {name}" for name, count in wanted.items()) or "none"}
