"""Approved phrases from files, with version and approver (R31)."""

import tomllib
from pathlib import Path
from typing import Any

from schedules.kinds import Cause
from schedules.phrasebook import Phrasebook, PhraseEntry
from worker.rendering.rendering import TEMPLATES
from worker.updates.wording import Finding, lint, lint_template

FIELDS = ("text", "version", "approved_by")


class PhrasebookError(ValueError):
    """A phrase file that cannot be used; the text names file, key and what is allowed."""


def load_phrasebook(locale: str = "en", directory: Path = TEMPLATES) -> Phrasebook:
    """Read the phrases of a locale's language; English if it has none."""
    path = directory / "phrases" / f"{locale[:2]}.toml"
    if not path.exists():
        path = directory / "phrases" / "en.toml"
    phrases = {key: _entry(path, key, value) for key, value in _table(path).items()}
    for cause in Cause:
        if cause is not Cause.OTHER and cause not in phrases:
            raise PhrasebookError(f"{path.name}: found no phrase `{cause}`; allowed: one for each cause but `other`")
    return Phrasebook(locale=path.stem, phrases=phrases)


def lint_directory(directory: Path) -> list[tuple[str, str, Finding]]:
    """Lint every phrase, and the words of every template; give file, key or line, and finding (R31)."""
    found = []
    for path in sorted((directory / "phrases").glob("*.toml")):
        for key, value in _table(path).items():
            found += [(path.name, key, finding) for finding in lint(_entry(path, key, value).text)]
    for path in sorted((directory / "email").rglob("*.*")):
        name = str(path.relative_to(directory))
        words = lint_template(path.read_text("utf-8"))
        found += [(name, f"line {number}", finding) for number, finding in words]
    return found


def _table(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as fault:
        raise PhrasebookError(f"{path.name}: found {fault}; allowed: TOML") from None


def _entry(path: Path, key: str, value: Any) -> PhraseEntry:
    if not isinstance(value, dict) or sorted(value) != sorted(FIELDS):
        found = ", ".join(sorted(value)) if isinstance(value, dict) else type(value).__name__
        raise PhrasebookError(f"{path.name}: [{key}] found {found}; allowed: {', '.join(FIELDS)}")
    if not all(isinstance(value[field], str) and value[field].strip() for field in FIELDS):
        raise PhrasebookError(f"{path.name}: [{key}] found an empty or non-text field; allowed: text in each")
    return PhraseEntry(key=key, **value)
