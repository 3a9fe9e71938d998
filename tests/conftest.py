"""What every test shares: how Hypothesis behaves here and in CI."""

import os

from hypothesis import HealthCheck, settings

from tests.servers import replay_schema

QUIET = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
settings.register_profile("dev", deadline=None, suppress_health_check=QUIET)
settings.register_profile("ci", deadline=None, derandomize=True, database=None, suppress_health_check=QUIET)


def pytest_sessionfinish():
    """Drop what this process kept for its replays."""
    replay_schema.drop()


settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))
