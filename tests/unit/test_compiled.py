"""Compiled modules say what their sources say: a stale one is refused, and types are read as they are written."""

import os
import pkgutil
from dataclasses import is_dataclass
from importlib import import_module
from typing import get_type_hints

import pytest

import schedules
import worker.updates
from worker.compiled import refuse_stale
from worker.storage.hints import hints_of, hints_written


def values():
    """All values of the pure core."""
    for package in (schedules, worker.updates):
        for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            module = import_module(found.name)
            for one in vars(module).values():
                if isinstance(one, type) and is_dataclass(one) and one.__module__ == found.name:
                    yield one


@pytest.mark.parametrize("cls", list(values()), ids=lambda cls: cls.__qualname__)
def test_types_read_from_the_source_are_those_that_python_knows(cls):
    assert hints_written(cls) == get_type_hints(cls) == hints_of(cls)


@pytest.fixture
def tree(tmp_path):
    """A module and its source, compiled a moment after it was written."""
    (tmp_path / "schedules").mkdir()
    (tmp_path / "worker").mkdir()
    source, module = tmp_path / "schedules" / "planner.py", tmp_path / "schedules" / "planner.cpython-311-x86_64.so"
    source.write_text("")
    module.write_text("")
    os.utime(source, (1_000, 1_000))
    os.utime(module, (1_001, 1_001))
    return tmp_path


def test_what_was_compiled_after_its_last_change_is_taken(tree):
    refuse_stale(tree)


def test_a_source_changed_after_it_was_compiled_is_named_with_what_to_do(tree):
    os.utime(tree / "schedules" / "planner.py", (1_002, 1_002))

    with pytest.raises(ImportError, match=r"schedules/planner\.py changed .*make compile.*make plain"):
        refuse_stale(tree)


def test_a_source_that_is_not_compiled_counts_too_because_its_constants_stand_in_those_that_are(tree):
    (tree / "worker" / "flight.py").write_text("GROUP = 20")

    with pytest.raises(ImportError, match=r"worker/flight\.py changed"):
        refuse_stale(tree)


def test_without_compiled_modules_nothing_is_stale(tree):
    for module in tree.rglob("*.so"):
        module.unlink()

    refuse_stale(tree)


def test_a_compiled_module_without_its_source_is_stale_too(tree):
    (tree / "schedules" / "planner.py").unlink()

    with pytest.raises(ImportError, match="planner"):
        refuse_stale(tree)
