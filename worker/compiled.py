"""Compiled modules beside their sources (`make compile`): whether they still say what the sources say."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]


def compiled(root: Path = ROOT) -> Iterator[tuple[Path, Path]]:
    """Give each compiled module with its source."""
    for package in ("schedules", "worker"):
        for module in sorted((root / package).rglob("*.so")):
            yield module, module.with_name(f"{module.name.partition('.')[0]}.py")


def refuse_stale(root: Path = ROOT) -> None:
    """Raise ImportError if a source was changed after it was compiled: Python would run what it said before."""
    stale = [source for module, source in compiled(root) if not _older(source, module)]
    if stale:
        names = ", ".join(str(source.relative_to(root)) for source in stale[:3])
        more = f" and {len(stale) - 3} more" if len(stale) > 3 else ""  # noqa: PLR2004 - as many as are named
        raise ImportError(
            f"{names}{more} changed after being compiled; run `make compile` to compile again,"
            " or `make plain` to run the sources as they are"
        )


def _older(source: Path, module: Path) -> bool:
    return source.exists() and source.stat().st_mtime_ns <= module.stat().st_mtime_ns
