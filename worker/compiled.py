"""Compiled modules beside their sources (`make compile`): whether they still say what the sources say."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
PACKAGES: Final = ("schedules", "worker")
NAMED: Final = 3
"""So many sources are named, the others counted."""


def compiled(root: Path = ROOT) -> Iterator[Path]:
    """Give each compiled module."""
    return _files(root, "*.so")


def refuse_stale(root: Path = ROOT) -> None:
    """Raise ImportError if a source is newer than the compiled modules, or gone: Python would run what it said before.

    A constant of a source that is not compiled itself stands in the compiled modules that use it.
    """
    modules = list(compiled(root))
    if not modules:
        return
    made_at = min(module.stat().st_mtime_ns for module in modules)
    newer = [source for source in _files(root, "*.py") if source.stat().st_mtime_ns > made_at]
    gone = [source for source in map(_source_of, modules) if not source.exists()]
    stale = [str(source.relative_to(root)) for source in (*newer, *gone)]
    if stale:
        named = ", ".join(stale[:NAMED]) + (f" and {len(stale) - NAMED} more" if len(stale) > NAMED else "")
        raise ImportError(
            f"{named} changed after modules were compiled; run `make compile` to compile again,"
            " or `make plain` to run the sources as they are"
        )


def _files(root: Path, pattern: str) -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((root / package).rglob(pattern))


def _source_of(module: Path) -> Path:
    return module.with_name(f"{module.name.partition('.')[0]}.py")
