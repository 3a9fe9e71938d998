"""`phrases lint`: the wording rules over every phrase and template."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from worker.cli.answer import FINDING, as_json, complain, console, wrong_use
from worker.rendering.phrasebook import PhrasebookError, lint_directory
from worker.rendering.rendering import TEMPLATES

app = typer.Typer(help="The approved public phrases.", no_args_is_help=True)


@app.callback()
def phrases() -> None:
    """The approved public phrases."""


@app.command()
def lint(
    directory: Annotated[Path, typer.Argument(help="a folder with phrases/ and email/")] = TEMPLATES,
    json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """Lint every phrase and template; each finding with its reason."""
    if not directory.is_dir():
        wrong_use(f"{directory}: found no such folder; allowed: one with phrases/ and email/")
    try:
        found = lint_directory(directory)
    except PhrasebookError as fault:
        wrong_use(str(fault))
    if json:
        as_json([{"file": name, "place": place} | asdict(finding) for name, place, finding in found])
    else:
        for name, place, finding in found:
            complain(f"{name} {place}: {finding}")
        console.print(f"{len(found)} {'finding' if len(found) == 1 else 'findings'}")
    if found:
        raise typer.Exit(FINDING)
