"""Write the tables of docs/performance.md from the results file: `python -m benchmarks.page`."""

import re
from pathlib import Path
from typing import Any, Final

from benchmarks import results
from benchmarks.page_tables import TABLES

PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "performance.md"


def written(page: str, found: dict[str, Any]) -> str:
    """Give the page with each table between its markers made anew."""
    for name, table in TABLES.items():
        marked = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
        assert marked.search(page), f"docs/performance.md has no place for {name}"
        lines = table(found)
        page = marked.sub(lambda match, lines=lines: match[1] + "\n".join(lines) + "\n" + match[2], page)
    return page


def write() -> None:
    """Bring the page up to date."""
    PAGE.write_text(written(PAGE.read_text("utf-8"), results.read()), "utf-8")


if __name__ == "__main__":
    write()
