"""Measure on the sources as they are, where compiled modules lie beside them: what is compiled cannot be watched."""

import importlib
import json
import subprocess
import sys
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, SourceFileLoader
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
PACKAGES: Final = (ROOT / "schedules", ROOT / "worker")


def stages(folder: Path) -> dict[str, Any]:
    """Give what `benchmarks.stages.watch_stages` gives in a process that runs the sources."""
    command = [sys.executable, "-m", "benchmarks.plainly", str(folder)]
    said = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return found


def take_sources() -> None:
    """Let this process import our packages from their sources only."""
    sys.path_hooks.insert(0, _sources_of)
    sys.path_importer_cache.clear()


def _sources_of(path: str) -> FileFinder:
    if not any(Path(path).is_relative_to(package) for package in PACKAGES):
        raise ImportError(path)
    return FileFinder(path, (SourceFileLoader, SOURCE_SUFFIXES))


if __name__ == "__main__":
    take_sources()
    print(json.dumps(importlib.import_module("benchmarks.stages").watch_stages(Path(sys.argv[1]))))
