"""`make bench`: ticks, an item's event, a plan, a killed worker, a replay, the web; kept in benchmarks/results.json."""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import delivery, items, kill, planning, replaying, ticks, web

RESULTS = Path(__file__).parent / "results.json"


def main() -> None:
    wanted = set(sys.argv[1:]) or {"ticks", "items", "planning", "delivery", "kill", "replay", "web"}
    results: dict[str, Any] = {"machine": machine()}
    with tempfile.TemporaryDirectory() as folder:
        if "ticks" in wanted:
            results["ticks"] = ticks.measure()
        if "items" in wanted:
            results["items"] = items.measure()
        if "planning" in wanted:
            results["planning"] = planning.measure()
        if "replay" in wanted:
            results["replay"] = replaying.measure(Path(folder))
        if "web" in wanted:
            results["web"] = web.measure(Path(folder))
        if "kill" in wanted:
            results["kill"] = kill.measure(Path(folder))
        if "delivery" in wanted:
            results["delivery"] = delivery.measure(Path(folder))
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results, indent=2))


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "commit": commit.strip(),
        "at": time.strftime("%Y-%m-%d"),
    }


if __name__ == "__main__":
    main()
