"""`make mutants` runs unit tests on a copy of the sources: what it does not copy, they must not need."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mutmut"]


def test_unit_tests_that_need_what_is_not_copied_are_left_out():
    left_out = [ROOT / word.removeprefix("--ignore=") for word in SETTINGS["pytest_add_cli_args"] if "=" in word]
    assert all(path.exists() for path in left_out)
    run = [
        path
        for path in (ROOT / "tests" / "unit").rglob("test_*.py")
        if path != Path(__file__) and not any(path.is_relative_to(one) for one in left_out)
    ]

    assert [path.name for path in run if "benchmarks" in path.read_text("utf-8")] == []
