"""`replay`: the whole product on a virtual clock, into a folder."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import Engine

from schedules.policies import PolicyError
from worker.cli.answer import FINDING, complain, console, errors, table, wrong_use
from worker.intake.fields import RefusedError, moment
from worker.presets import add_preset, read_preset
from worker.replay.files import write_files, write_summary
from worker.replay.run import Feed, read_feed, throw_away_schema
from worker.replay.run import replay as run_replay
from worker.replay.world import Answer, AnswersError, read_answers
from worker.settings import load_settings
from worker.storage.engine import Clock
from worker.usecases.parts import Parts
from worker.wiring import parts_for, servers_of

FIXED_HOST = "replay.backorder.example"


def replay(
    file: Annotated[Path, typer.Argument(help="a file of events, JSON Lines")],
    out: Annotated[Path, typer.Option(help="the folder to write; what an earlier replay left there is replaced")],
    answers: Annotated[Path | None, typer.Option(help="scripted answers of mail servers, and outages")] = None,
    until: Annotated[str | None, typer.Option(help="the moment to stop at (RFC 3339)")] = None,
    policy: Annotated[Path | None, typer.Option(help="a rhythm preset (TOML) instead of the sellers' own")] = None,
    compare: Annotated[Path | None, typer.Option(help="a second preset: its summary stands beside the first")] = None,
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
    presets = [_preset(path) for path in (policy, compare) if path is not None]
    named = _preset(policy) if policy else None
    mail = _prepared(out)
    feed = read_feed(file)
    run = Run(feed, scripted, end)
    with servers_of(load_settings()) as (database_url, _):
        summary = run.into(database_url, out, mail, named)
        if compare:
            with TemporaryDirectory() as folder:
                summary["compared"] = run.into(database_url, Path(folder), Path(folder), presets[-1])
            write_summary(summary, out)
    _tell(summary, out)
    if compare:
        _tell_side_by_side(summary, named or "default", presets[-1])
    if summary["events"]["rejected"] or summary["events"]["waiting"]:
        raise typer.Exit(FINDING)


@dataclass(frozen=True, slots=True)
class Run:
    """One file of events and what it meets, to be replayed under one policy or another."""

    feed: Feed
    answers: tuple[Answer, ...]
    until: datetime | None

    def into(self, database_url: str, out: Path, mail: Path, policy: str | None) -> dict[str, Any]:
        """Replay into a folder; give the summary."""

        def parts(engine: Engine, clock: Clock) -> Parts:
            return replace(parts_for(engine, clock, FIXED_HOST), policy=policy)

        with throw_away_schema(database_url) as engine:
            with _progress(self.feed, self.until) as progress:
                result = run_replay(self.feed, parts, engine, mail, self.answers, self.until, progress)
            return write_files(result, out)


def _preset(path: Path) -> str:
    """Read a preset's file and make it known; wrong use with every fault."""
    try:
        return add_preset(read_preset(path))
    except PolicyError as refused:
        wrong_use("\n".join(f"{path}: {fault}" for fault in refused.faults))
    except OSError as fault:
        wrong_use(f"{path}: {fault.strerror}")


def _tell_side_by_side(summary: dict[str, Any], first: str, second: str) -> None:
    """Print the figures of both policies, row by row."""
    one, other = summary, summary["compared"]
    rows = [
        {"what": f"{group} {name}", "one": one[group][part].get(name, 0), "other": other[group][part].get(name, 0)}
        for group, part in (("mails", "by_kind"), ("promises", "by_outcome"), ("decisions", "by_action"))
        for name in sorted({*one[group][part], *other[group][part]})
    ]
    table(rows, {"what": "", "one": first, "other": second}, "nothing to compare")


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
