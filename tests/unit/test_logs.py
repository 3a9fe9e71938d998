"""Logs say what happened, not whose data it happened to."""

import logging

import pytest
import structlog

from worker.logs import QUIET, set_up_logging

ADDRESS = "buyer@muster.example.com"


@pytest.fixture(autouse=True)
def restored():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize("form", ["console", "json"])
def test_a_failure_is_logged_without_the_values_it_met(form, capsys):
    set_up_logging(form)

    def fails(address):
        raise ValueError("something is wrong" if address else "")

    try:
        fails(ADDRESS)
    except ValueError:
        structlog.get_logger().exception("planning_failed", correspondence=7)
        logging.getLogger("library").exception("failed")
    said = capsys.readouterr().err

    assert "planning_failed" in said
    assert "something is wrong" in said
    assert "buyer@" not in said


@pytest.mark.parametrize("name", QUIET)
def test_what_says_too_much_speaks_only_of_trouble(name):
    set_up_logging("json")

    assert logging.getLogger(name).level == logging.WARNING
