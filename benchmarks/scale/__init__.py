"""Open backorders in any number, and what that number does to every figure."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

SIZES: Final = (10_000, 100_000, 1_000_000)


def measure(folder: Path, sizes: Sequence[int] = SIZES) -> dict[str, Any]:
    """Measure at each size, growing one database."""
    from benchmarks.scale.measures import Backlog, beside_an_old_snapshot, of_size  # noqa: PLC0415 - not for `SIZES`

    backlog = Backlog(folder)
    found: dict[str, Any] = {"sizes": {str(size): of_size(backlog, size) for size in sizes}}
    ticks = [one["idle_tick_ms"] for one in found["sizes"].values()]
    if len(ticks) > 1:
        found["tick_ratio"] = round(ticks[-1] / ticks[0], 2)
    found["old_snapshot"] = beside_an_old_snapshot(backlog.engine)
    backlog.close()
    return found
