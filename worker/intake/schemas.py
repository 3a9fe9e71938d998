"""Write the JSON Schema of every event type: `python -m worker.intake.schemas docs/schemas`."""

import json
import sys
from pathlib import Path
from typing import Any, Final

from worker.intake.envelope import WHOLE

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
INDEX: Final = "index.json"


def schema_of(name: str) -> dict[str, Any]:
    """Give the schema of the whole event of a type, envelope and data."""
    found = WHOLE[name].model_json_schema(by_alias=True)
    return {"$schema": DIALECT, "$id": f"urn:backorder-updates:event:{name}", **found, "title": name}


def files() -> dict[str, str]:
    """Give the text of every file by its name: a schema per type, and an index."""
    schemas = {f"{name}.json": schema_of(name) for name in WHOLE}
    index = {
        "title": "Events of the backorder updates",
        "events": [
            {
                "type": name,
                "schema": f"{name}.json",
                "description": schemas[f"{name}.json"]["description"],
            }
            for name in WHOLE
        ],
    }
    return {name: _text(value) for name, value in {**schemas, INDEX: index}.items()}


def write(folder: Path) -> None:
    """Write all files into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        (folder / name).write_text(text, "utf-8")


def _text(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    match sys.argv[1:]:
        case [folder]:
            write(Path(folder))
        case _:
            sys.exit("usage: python -m worker.intake.schemas FOLDER")
