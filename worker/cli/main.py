"""`backorder`: the commands by their files; faults of use end with 2, findings with 1."""

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import typer

from worker.cli import WRONG_USE
from worker.cli.listed import COMMANDS, PANELS, Place
from worker.garbage import collect_rarely
from worker.settings import SettingsError


def app_for(words: Sequence[str]) -> typer.Typer:
    """Give the command line for a call: with the command that it names, or else with all as they are listed."""
    app = typer.Typer(
        help="Backorder updates: tells buyers what they must hear, when it was promised, no more often than needed.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(_nothing)
    named = next(iter(words), "")
    if named in COMMANDS:
        _add(app, named, found(COMMANDS[named]))
        return app
    for panel, commands in PANELS.items():
        for name, place in commands.items():
            app.command(name, help=place.says, rich_help_panel=panel)(_nothing)
    return app


def found(place: Place) -> Any:
    """Import a command or a group."""
    return getattr(import_module(f"worker.cli.{place.module}"), place.name)


def _add(app: typer.Typer, name: str, command: Any) -> None:
    if isinstance(command, typer.Typer):
        app.add_typer(command, name=name)
    else:
        app.command(name)(command)


def _nothing() -> None:
    """Stand for a command that is only listed."""


def main() -> None:
    """Run the command line."""
    collect_rarely()
    try:
        app_for(sys.argv[1:])()
    except SettingsError as fault:
        typer.secho(str(fault), fg=typer.colors.RED, err=True)
        sys.exit(WRONG_USE)


if __name__ == "__main__":
    main()
