"""What every test shares: how Hypothesis behaves here and in CI."""

import os
from contextlib import suppress

import pytest
import structlog
from hypothesis import HealthCheck, settings
from structlog.dev import ConsoleRenderer, plain_traceback
from xdist.scheduler import LoadScopeScheduling

from tests.servers import replay_schema
from worker.local.places import forget

QUIET = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
settings.register_profile("dev", deadline=None, suppress_health_check=QUIET)
settings.register_profile("ci", deadline=None, derandomize=True, database=None, suppress_health_check=QUIET)


APART = ("test_howto.py", "test_lanes.py")
"""Modules whose tests take long and have nothing in common."""


class WholeModules(LoadScopeScheduling):
    """Gives each process whole modules, in their order: the tests of many share a fixture, and tell one story."""

    def _split_scope(self, nodeid):
        module = nodeid.partition("::")[0]
        return nodeid if module.endswith(APART) else module


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Take the place of xdist's own ways where tests run side by side; long modules stand at the beginning already."""
    config.option.loadscopereorder = False
    return WholeModules(config, log)


def pytest_sessionfinish(session):
    """Drop what this process kept for its replays, and what servers of its temporary folders kept elsewhere.

    One that is just ending may write once more: its rest stays.
    """
    replay_schema.drop()
    if not hasattr(session.config, "workerinput"):
        with suppress(OSError):
            forget(session.config._tmp_path_factory.getbasetemp())


settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))
before_shown = structlog.get_config()["processors"][:-1]
structlog.configure(processors=[*before_shown, ConsoleRenderer(exception_formatter=plain_traceback)])
"""Not with the values of all variables, which takes a third of a second for each fault that a test brings about."""
