"""Open backorders in any number, and what that number does to every figure."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

SIZES: Final = (10_000, 100_000, 1_000_000)


def measure(folder: Path, sizes: Sequence[int] = SIZES) -> dict[str, Any]:
    """Measure at each size, growing one database beside one that stays at the smallest size."""
    from benchmarks.scale.measures import Backlog, beside_an_old_snapshot, of_size  # noqa: PLC0415 - not for `SIZES`

    backlog, small = Backlog(folder / "growing"), Backlog(folder / "small", "scale_small")
    small.grow_to(min(SIZES))
    found: dict[str, Any] = {"sizes": {str(size): of_size(backlog, small.engine, size) for size in sizes}}
    found["tick_ratio"] = found["sizes"][str(max(sizes))]["idle_tick_to_small"]
    found["old_snapshot"] = beside_an_old_snapshot(backlog.engine, small.engine)
    backlog.close()
    small.close()
    return found
