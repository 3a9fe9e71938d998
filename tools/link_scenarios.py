"""Write the links from docs/rules.md to the scenario files: `python tools/link_scenarios.py`."""

import re
import tomllib
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "rules.md"
LINKS = re.compile(r"(?:; )?\[[a-z0-9 ,'-]+\]\(\.\./tests/scenarios/[\w.]+\)")


def main() -> None:
    """Put the scenarios of each rule into the last column of its row."""
    found = defaultdict(list)
    for path in sorted((ROOT / "tests" / "scenarios").glob("r*.toml")):
        found[tomllib.loads(path.read_text("utf-8"))["rule"]].append(path.name)
    PAGE.write_text("\n".join(_linked(line, found) for line in PAGE.read_text("utf-8").split("\n")), "utf-8")


def _linked(line: str, found: dict[str, list[str]]) -> str:
    cells = line.split(" | ")
    rule = cells[0].removeprefix("| ").strip()
    if not line.startswith("| R") or rule not in found:
        return line
    stated = LINKS.sub("", cells[-1].removesuffix(" |").removesuffix("|").strip())
    links = [f"[{_words(name)}](../tests/scenarios/{name})" for name in found[rule]]
    cells[-1] = "; ".join([stated, *links] if stated else links) + " |"
    return " | ".join(cells)


def _words(name: str) -> str:
    return name.removesuffix(".toml").partition("_")[2].replace("_", " ")


if __name__ == "__main__":
    main()
