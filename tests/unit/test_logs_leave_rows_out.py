"""Logs hold ids and kinds of fault; no value of a row, an address among them perhaps."""

import json
import subprocess
import sys

import pytest

PROGRAM = r"""
import logging, structlog
from worker.logs import set_up_logging

set_up_logging("json")
refused = 'duplicate key value violates "once"\nDETAIL:  Key (address)=(anna@muster.example.com) already exists.'
try:
    raise ValueError(refused)
except ValueError:
    LOG.exception("item_parked")
LOG.error(f"task failed: {refused}")
"""


@pytest.mark.parametrize(
    "log",
    [
        pytest.param("structlog.get_logger()", id="ours"),
        pytest.param("logging.getLogger('celery.app')", id="celery's"),
    ],
)
def test_what_postgresql_quotes_of_a_row_is_left_out(log):
    program = PROGRAM.replace("LOG", log)
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stderr

    fault, note = map(json.loads, said.splitlines())
    assert fault["exception"].endswith('violates "once"\nDETAIL: left out')
    assert note["event"].endswith('violates "once"\nDETAIL: left out')
    assert "anna" not in said
