"""`sources`: how polled sources stand, and what a person decides on a doubtful read."""

from typing import Annotated, Any

import typer

from worker.cli.answer import FINDING, as_json, complain, console, opened, table, wrong_use
from worker.sources.definition import load_file, load_folder
from worker.sources.faults import DefinitionError
from worker.usecases.poll_source import poll_source
from worker.usecases.watch_sources import accept as believe
from worker.usecases.watch_sources import doubt_of, list_sources
from worker.usecases.watch_sources import reject as refuse
from worker.wiring import House

GOOD = ("good", "waiting", "new")
app = typer.Typer(help="Polled sources: how they stand, and what to do about a doubtful read.")
Name = Annotated[str, typer.Argument(help="the name of the source: its file without .toml")]
Json = Annotated[bool, typer.Option("--json", help="as JSON")]


@app.callback(invoke_without_command=True)
def sources(context: typer.Context, json: Json = False) -> None:
    """Show each source's last good read, its age, counts, and what is quarantined; exit 1 if one needs a person."""
    if context.invoked_subcommand is not None:
        return
    with opened() as house:
        found = list_sources(house.parts, house.settings.sources)
        with house.engine.connect() as connection:
            now = house.parts.clock(connection)
    if json:
        as_json(found)
    else:
        rows = [
            {
                "name": one.name,
                "state": f"{one.state}, stale" if one.stale else one.state,
                "good": one.good_at,
                "age": str(now - one.fresh_at).partition(".")[0] if one.fresh_at else "",
                "rows": one.rows,
                "faults": one.fault_count or "",
                "why": one.problem or (one.faults[0] if one.faults else ""),
            }
            for one in found
        ]
        columns = {"name": "source", "state": "state", "good": "last good read", "age": "age", "rows": "rows"}
        empty = f"no sources in {house.settings.sources}; docs/howto/watch-a-database.md says how to begin"
        table(rows, columns | {"faults": "faulty rows", "why": "why"}, empty)
    if any(one.state not in GOOD or one.stale for one in found):
        raise typer.Exit(FINDING)


def sources_row(house: House) -> dict[str, Any]:
    """Give the doctor's line about sources."""
    found = list_sources(house.parts, house.settings.sources)
    bad = [one.name for one in found if one.state not in GOOD or one.stale]
    said = f"{', '.join(bad)}: see `backorder sources`" if bad else f"{len(found)} watched, none needs a person"
    return {"check": "sources", "ok": not bad, "found": said}


@app.command()
def check() -> None:
    """Check all source files; reads nothing."""
    with opened(migrated=False) as house:
        found, faulty = load_folder(house.settings.sources)
    for fault in faulty:
        complain(str(fault))
    console.print(f"{len(found)} source files can be used, {len(faulty)} cannot", markup=False)
    if faulty:
        raise typer.Exit(FINDING)


@app.command()
def show(name: Name, json: Json = False) -> None:
    """Show one source: its faulty rows, and a doubtful read beside the last accepted one."""
    with opened() as house:
        standing = next((one for one in list_sources(house.parts, house.settings.sources) if one.name == name), None)
        doubt = doubt_of(house.parts, name)
    if standing is None:
        wrong_use(f"{name}: found no such source; `backorder sources` lists them")
    if json:
        as_json({"standing": standing, "doubt": doubt})
        return
    console.print(f"{name} is {standing.state}{f': {standing.problem}' if standing.problem else ''}", markup=False)
    for fault in standing.faults:
        console.print(f"  {fault}", markup=False)
    if standing.fault_count > len(standing.faults):
        console.print(f"  and {standing.fault_count - len(standing.faults)} more", markup=False)
    if doubt is not None:
        seen = doubt.comparison
        console.print(
            f"the read of {doubt.at:%Y-%m-%d %H:%M} UTC was not believed: {'; '.join(doubt.reasons)}", markup=False
        )
        rows: list[dict[str, Any]] = [
            {"what": "rows", "before": seen.before, "now": seen.rows},
            {"what": "newest row", "before": seen.as_of_before, "now": seen.as_of},
            {"what": "new", "before": "", "now": seen.new},
            {"what": "gone", "before": "", "now": seen.gone},
            {"what": "moved in their figures", "before": "", "now": seen.moved},
            {"what": "faulty", "before": "", "now": seen.failed},
        ]
        table(rows, {"what": "", "before": "accepted", "now": "this read"}, "")
        for sample in doubt.samples:
            console.print(f"  {sample}", markup=False)


@app.command()
def accept(name: Name, by: Annotated[str, typer.Option(help="who decides")] = "the operator") -> None:
    """Believe a doubtful read after all; its differences are recorded by the next poll, which is due at once."""
    with opened() as house:
        done = believe(house.parts, name, by)
    if not done:
        wrong_use(f"{name}: found no doubtful read to decide on; `backorder sources` shows where there is one")
    console.print(f"{name}: accepted; the next poll records it", markup=False)


@app.command()
def reject(name: Name, by: Annotated[str, typer.Option(help="who decides")] = "the operator") -> None:
    """Refuse a doubtful read: the last accepted one stands, and the same content is not asked about again."""
    with opened() as house:
        done = refuse(house.parts, name, by)
    if not done:
        wrong_use(f"{name}: found no doubtful read to decide on; `backorder sources` shows where there is one")
    console.print(f"{name}: rejected; the last accepted read stands", markup=False)


@app.command()
def poll(name: Name) -> None:
    """Read one source now, as beat would; exit 1 if the read is not good."""
    with opened() as house:
        try:
            source = load_file(house.settings.sources / f"{name}.toml")
        except DefinitionError as fault:
            wrong_use(str(fault))
        list_sources(house.parts, house.settings.sources)
        polled = poll_source(house.parts, source)
    if polled is None:
        console.print(f"{name}: somebody else reads it now", markup=False)
        return
    why = f": {polled.problem}" if polled.problem else ""
    console.print(f"{name}: {polled.state}{why}; {polled.recorded} differences recorded", markup=False)
    if polled.state not in GOOD:
        raise typer.Exit(FINDING)
