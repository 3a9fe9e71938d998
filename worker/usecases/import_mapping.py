"""How an import reads a file: by its own header, or by a mapping (R49)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from schedules.sayings import FIELDS, Says
from worker.intake.reasons import shown
from worker.sources.csvfile import header_of
from worker.sources.definition import CsvPart, Source, build
from worker.sources.faults import DefinitionError

NAME: Final = "import"
OF_A_MAPPING: Final = ("seller", "as_of", "zone", "decimal", "day", "columns", "values", "translate", "csv")


def source_of(
    path: Path,
    mapping: dict[str, Any] | None,
    seller: str | None,
    *,
    file: str = "mapping",
    environ: Mapping[str, str] | None = None,
) -> Source:
    """Give the reading of a file: by its own header, or by a mapping; DefinitionError names what is wrong.

    `environ` is what `${NAME}` in a mapping may name; the process's environment, if none is given.
    """
    raw = dict(mapping or {})
    unknown = [name for name in raw if name not in OF_A_MAPPING]
    if unknown:
        faults = [f"{name}: found an unknown field; allowed: {', '.join(OF_A_MAPPING)}" for name in unknown]
        raise DefinitionError(file, faults)
    raw["csv"] = {"path": str(path), **raw.get("csv", {})}
    if seller:
        raw["seller"] = seller
    if raw.get("seller"):
        raw["values"] = {"seller": raw["seller"], **raw.get("values", {})}  # the seller is part of each row's key
    if "columns" not in raw:
        part = CsvPart.model_validate(raw["csv"])
        names = header_of(path, part)
        raw["columns"] = {name: name for name in names if name in FIELDS[Says.OPEN_BACKORDERS]}
        if not raw["columns"]:
            found = shown(", ".join(names))
            allowed = f"{', '.join(FIELDS[Says.OPEN_BACKORDERS])}, or a mapping that says which is which"
            raise DefinitionError(path.name, [f"(header): found {found}; allowed: {allowed}"])
        if "as_of" in names and "as_of" not in raw:
            raw["as_of"] = "as_of"
    return build(NAME, raw | {"says": str(Says.OPEN_BACKORDERS)}, environ, file=file if mapping else path.name)
