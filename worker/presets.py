"""The rhythm presets, read once from `schedules/presets/`, and the one a seller has chosen (R29)."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import structlog

import schedules
from schedules.policies import Fault, PolicyError, on_top, rhythm_from
from schedules.rhythm import DEFAULT, Rhythm

log = structlog.get_logger()
FOLDER: Final = Path(schedules.__file__).parent / "presets"
_named: dict[str, Rhythm] = {}


@lru_cache(maxsize=1)
def presets() -> Mapping[str, Rhythm]:
    """Give the presets by name; PolicyError if a file of the folder cannot be used."""
    return {path.stem: read_preset(path) for path in sorted(FOLDER.glob("*.toml"))}


def read_preset(path: Path) -> Rhythm:
    """Read a preset's file; PolicyError with every fault, each with field, value and range."""
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise PolicyError(path.name, (Fault("(file)", str(fault), "TOML"),)) from None
    return rhythm_from(path.stem, values)


def add_preset(rhythm: Rhythm) -> str:
    """Make a preset known to this process under its name, as a replay does with its `--policy`."""
    _named[rhythm.name] = rhythm
    return rhythm.name


def rhythm_of(profile: Mapping[str, Any]) -> Rhythm:
    """Give the rhythm that a seller's configuration names; the default if it names none that is known."""
    name = str(profile.get("policy") or DEFAULT.name)
    preset = _named.get(name) or presets().get(name) or DEFAULT
    figures = profile.get("figures")
    if not figures:
        return preset
    return _own(f"{preset.name}/{profile.get('policy_version', 0)}", preset, tuple(sorted(figures.items())))


@lru_cache(maxsize=4_096)
def _own(name: str, preset: Rhythm, figures: tuple[tuple[str, Any], ...]) -> Rhythm:
    """Give a seller's own rhythm; the preset's, should its figures no longer be allowed."""
    try:
        return on_top(name, preset, dict(figures))
    except PolicyError as fault:
        log.warning("own_figures_unusable", policy=name, fields=[one.field for one in fault.faults])
        return preset
