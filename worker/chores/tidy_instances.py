"""Forget processes that have been gone for a day."""

from datetime import timedelta

from worker.storage import instances
from worker.usecases.parts import Parts

KEPT_FOR = timedelta(days=1)


def tidy_instances(parts: Parts) -> None:
    """Delete rows of processes that hold nothing and have been silent for a day."""
    with parts.engine.begin() as connection:
        instances.forget(connection, parts.clock(connection) - KEPT_FOR)
