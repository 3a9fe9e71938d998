"""Worker processes that keep to a core each, where the operator says so (`BACKORDER_CPU_AFFINITY`, ADR 0094)."""

import os
from typing import Final

OFF: Final = "off"
AUTO: Final = "auto"
CHOICES: Final = (OFF, AUTO)
POSSIBLE: Final = hasattr(os, "sched_setaffinity")
"""Linux has it; macOS and Windows leave the choice of cores to themselves."""


def keep_to_core(place: int) -> int:
    """Keep this process to one of the cores that it may use (sched_setaffinity(2)): cores in turn, by its place from 0.

    What it may use is what taskset, a cpuset or systemd left it. Give the core's number.
    """
    cores = sorted(os.sched_getaffinity(0))
    core = cores[place % len(cores)]
    os.sched_setaffinity(0, {core})
    return core
