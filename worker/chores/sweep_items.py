"""Take lines that got all from the index of those who wait, after an item was dealt to many (R5)."""

from typing import Final

from worker.storage import dealing
from worker.usecases.parts import Parts

MOST: Final = 5_000
"""Lines in one transaction."""


def sweep_items(parts: Parts) -> int:
    """Sweep some lines of one item; give 1, or 0 when no item is left to sweep."""
    with parts.engine.begin() as connection:
        return dealing.sweep(connection, MOST)
