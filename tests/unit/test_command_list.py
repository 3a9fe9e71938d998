"""The help lists every command with the words of its own, without importing it."""

import inspect
import subprocess
import sys

import pytest
import typer

from worker.cli.listed import COMMANDS
from worker.cli.main import found


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_of_each_command_what_it_says_itself(name):
    command = found(COMMANDS[name])

    if isinstance(command, typer.Typer):
        said = command.info.help
    else:
        said = " ".join(inspect.getdoc(command).split("\n\n")[0].split())
    assert COMMANDS[name].says == said


def test_the_help_imports_neither_database_nor_events():
    program = "import sys\nfrom worker.cli.main import app_for\napp_for([])\nprint(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()

    assert "typer" in loaded
    assert not {"sqlalchemy", "celery", "psycopg", "worker.wiring", "worker.intake.models"} & set(loaded)
