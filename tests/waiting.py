"""Wait for what other processes bring about."""

import time
from collections.abc import Callable
from typing import TypeVar

LOOKS_AGAIN_SECONDS = 0.1
Found = TypeVar("Found")


def wait_until(done: Callable[[], Found], seconds: float) -> Found:
    """Look until there is something, and give it; AssertionError if that takes longer."""
    end = time.monotonic() + seconds
    while not (found := done()):
        assert time.monotonic() < end, "it took too long"
        time.sleep(LOOKS_AGAIN_SECONDS)
    return found
