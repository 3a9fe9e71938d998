"""A process is called dead only where the kernel says so (R44)."""

import os
import subprocess

import pytest

from worker import neighbours
from worker.neighbours import is_dead, name_of, own_name


def test_a_living_process_is_not_dead():
    assert own_name() == name_of(os.getpid())
    assert not is_dead(own_name())


def test_a_process_that_ended_is_dead_whether_or_not_its_parent_asked_for_it():
    child = subprocess.Popen(["sleep", "60"])
    name = name_of(child.pid)
    assert not is_dead(name)

    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert is_dead(name)
    child.wait()
    assert is_dead(name)


def test_a_number_that_was_given_out_again_is_another_process():
    place, _, start = own_name().rpartition(".")

    assert is_dead(f"{place}.{int(start) + 1}")


@pytest.mark.parametrize(
    "name", ["host:1", "host:4194304@0123456789ab.5", "dead", "", "host:4194304@.5"], ids=lambda name: name or "(empty)"
)
def test_nothing_is_known_of_processes_elsewhere(name):
    assert not is_dead(name)


def test_a_process_that_only_proc_hides_is_not_dead(monkeypatch):
    name = own_name()
    monkeypatch.setattr(neighbours, "_fields", lambda _: None)

    assert not is_dead(name)


def test_where_the_kernel_does_not_tell_nobody_is_called_dead(tmp_path, monkeypatch):
    name = own_name()
    monkeypatch.setattr(neighbours, "PROC", tmp_path)
    neighbours._home.cache_clear()
    try:
        assert own_name() == name.partition("@")[0]
        assert not is_dead(name)
    finally:
        neighbours._home.cache_clear()
