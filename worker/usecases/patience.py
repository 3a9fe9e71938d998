"""A lock that somebody holds for a moment does not cost a plan the rest of its lease (R10, R44)."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

import structlog

log = structlog.get_logger()
T = TypeVar("T")
PAUSES: Final = (0.0, 0.005, 0.02, 0.08, 0.3)
"""Seconds before each try: who claims the next ones, or records an event, holds a lock for some milliseconds."""


def with_patience(write: Callable[[list[T]], list[T]], work: list[T]) -> None:
    """Have work written by who gives back what somebody held; that is tried again, a few times.

    What is held even then is planned again once its lease is over.
    """
    for pause in PAUSES:
        if not work:
            return
        if pause:
            time.sleep(pause)
        work = write(work)
    if work:
        log.warning("plans_left_to_their_lease", correspondences=len(work))
