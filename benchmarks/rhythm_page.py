"""Run the rhythm benchmark and write its table and picture into the docs: `make bench-rhythm`."""

import json
import re
import sys
from pathlib import Path
from typing import Any

from benchmarks.rhythm import by_order, ours
from benchmarks.rhythm_measures import digest, lives, measured, per_event
from schedules.changes import TABLE

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "rhythm.md"
PICTURE = ROOT / "docs" / "pictures" / "rhythm.svg"
RESULTS = Path(__file__).parent / "rhythm-results.json"
SEEDS = (1, 2)
PRESETS = ("default", "calm", "brisk")
COLUMNS = (
    "policy",
    "mails per order",
    "most for one order",
    "hours to a decisive mail, median",
    "hours to a decisive mail, p95",
    "longest silence, days",
    "mails outside sending hours",
)


def main() -> None:
    """Measure every policy on every seed; print, keep, and draw the means."""
    found = [row for seed in SEEDS for row in _of_seed(seed)]
    rows = [
        _mean([row for row in found if row["policy"] == name]) for name in dict.fromkeys(r["policy"] for r in found)
    ]
    RESULTS.write_text(json.dumps(rows, indent=2) + "\n")
    table = as_table(rows)
    print(table)
    write_between("figures", table)
    write_between("weights", weights())
    PICTURE.write_text(drawn(rows), "utf-8")


def _of_seed(seed: int) -> list[dict[str, Any]]:
    rows, lived = [], None
    for preset in PRESETS:
        print(f"seed {seed}, {preset} ...", file=sys.stderr)
        run, log = ours(seed, preset)
        run.name = f"ours, preset `{preset}`"
        if lived is None:
            profiles = {e.data["seller"]: dict(e.data) for _, e in log if e.type == "seller.configured"}
            lived = lives(by_order(log), profiles)
            rows += [measured(per_event(lived), lived), measured(digest(lived), lived)]
        rows.append(measured(run, lived))
    return rows


def _mean(rows: list[dict[str, Any]]) -> dict[str, Any]:
    first = rows[0]
    figures = {name: round(sum(row[name] for row in rows) / len(rows), 2) for name in COLUMNS[1:]}
    for name in ("most for one order", "longest silence, days", "mails outside sending hours"):
        figures[name] = max(row[name] for row in rows)
    outcomes = sorted({name for row in rows for name in row["promises"]})
    promises = {name: sum(row["promises"].get(name, 0) for row in rows) for name in outcomes}
    return {"policy": first["policy"]} | figures | {"promises": promises}


def as_table(rows: list[dict[str, Any]]) -> str:
    """Give the figures as a table of a page."""
    head = [*COLUMNS, "promises"]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for row in rows:
        promises = ", ".join(f"{count} {name}" for name, count in row["promises"].items()) or "none made"
        lines.append("| " + " | ".join([*(str(row[name]) for name in COLUMNS), promises]) + " |")
    return "\n".join(lines)


def weights() -> str:
    """Give the table of changes, their weights and kinds."""
    lines = ["| change | weight | mail it makes | without the two hours |", "|---|---|---|---|"]
    for name, row in TABLE.items():
        lines.append(f"| {name} | {row.weight} | {row.kind} | {'yes' if row.gap_exempt else ''} |")
    return "\n".join(lines)


def write_between(name: str, table: str) -> None:
    """Put a table between the markers of its name."""
    page = PAGE.read_text("utf-8")
    found = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
    PAGE.write_text(found.sub(lambda match: f"{match[1]}{table}\n{match[2]}", page), "utf-8")


def drawn(rows: list[dict[str, Any]]) -> str:
    """Draw mails per order and hours to a decisive mail, side by side."""
    height = 70 + 44 * len(rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 {height}" role="img" aria-labelledby="t d">',
        '<title id="t">Mails per order and hours to a decisive mail, by policy</title>',
        f'<desc id="d">{"; ".join(_spoken(row) for row in rows)}</desc>',
        f'<rect width="720" height="{height}" fill="#ffffff"/>',
        '<g font-family="Arial, Helvetica, sans-serif" font-size="13" fill="#1f2933">',
        '<text x="200" y="28" font-weight="bold">mails per order</text>',
        '<text x="480" y="28" font-weight="bold">hours to a decisive mail (median)</text>',
    ]
    for place, row in enumerate(rows):
        y = 50 + 44 * place
        mails, hours = row["mails per order"], row["hours to a decisive mail, median"]
        parts += [
            f'<text x="12" y="{y + 18}">{row["policy"].replace("`", "")}</text>',
            f'<rect x="200" y="{y}" width="{mails * 15:.0f}" height="26" fill="#2563a8"/>',
            f'<text x="{206 + mails * 15:.0f}" y="{y + 18}">{mails}</text>',
            f'<rect x="480" y="{y}" width="{max(hours, 0.05) * 18:.0f}" height="26" fill="#b45309"/>',
            f'<text x="{486 + max(hours, 0.05) * 18:.0f}" y="{y + 18}">{hours}</text>',
        ]
    return "\n".join([*parts, "</g>", "</svg>"]) + "\n"


def _spoken(row: dict[str, Any]) -> str:
    name = row["policy"].replace("`", "")
    hours = row["hours to a decisive mail, median"]
    return f"{name}: {row['mails per order']} mails per order, {hours} hours to a decisive mail"


if __name__ == "__main__":
    main()
