"""How `explain` tells an order's story on a terminal: what is true, what was told, what comes, and why."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from schedules.coming import What
from schedules.moments import zone_named
from worker.cli.answer import console, table
from worker.updates.sentences import changes_said, owner_told

MARKS: Final = {"event": "·", "mail": "→", "owner": "@", "decision": "-"}
LEGEND: Final = "· arrived   → mail to the buyer   @ mail to the seller's people   - decided, no mail"
FIGURES: Final = ("ordered", "available", "shipped", "cancelled")
COMING: Final = {
    What.UPDATE: "the buyer is told what changed",
    What.REVIEW: "the buyer hears at the checkpoint, with the facts as confirmed",
    What.HOLDING_NOTE: "the buyer gets a holding note, unless somebody confirms the facts before",
    What.FINAL_NOTE: "the buyer gets the final note",
    What.CALL: "the buyer is to be told by phone",
    What.OWNER_TOLD: "the owner is told",
    What.ESCALATION_TOLD: "the escalation contact is told",
    What.DATE_PASSES: "the expected date has passed: the buyer hears, if units are still delayed",
}


def tell(one: dict[str, Any]) -> None:
    """Write what `explain` found about one order."""
    zone = one["zone"]
    _say(f"Order {one['order']} of {one['seller']}, to {one['contact']} (times in {zone})", style="bold")
    _heading("True now")
    for line in one["facts"]["lines"]:
        _say(f"  {_line(line, zone)}")
    _told(one, zone)
    for line, lacks in one["missing"].items():
        _say(f"  missing on line {line}: {'; '.join(lacks)}")
    _heading("If nothing changes")
    _next(one, zone)
    _heading(f"What happened ({LEGEND})")
    story(one["story"], zone)
    _heading("Promises")
    columns = {"made_at": "made", "due_at": "for", "promised_as": "as", "set_by": "set by", "outcome": "outcome"}
    rows = [
        {**row, "made_at": when(row["made_at"], zone), "due_at": when(row["due_at"], zone)} for row in one["promises"]
    ]
    table(rows, columns | {"kept_by": "by"}, "  none yet")


def story(entries: Sequence[dict[str, Any]], zone: str) -> None:
    """Write a story, an entry a line."""
    for entry in entries:
        rule = f" ({entry['rule']})" if entry["rule"] else ""
        style = "green" if entry["what"] == "mail" else "dim" if entry["what"] == "decision" else ""
        _say(f"  {when(entry['at'], zone)}  {MARKS[entry['what']]} {entry['text']}{rule}", style=style)


def when(text: str | None, zone: str) -> str:
    """Give a moment by a zone's clock."""
    return datetime.fromisoformat(text).astimezone(zone_named(zone)).strftime("%a %d %b %Y %H:%M") if text else ""


def _told(one: dict[str, Any], zone: str) -> None:
    told = one["told"]
    if not told:
        _say("Told: nothing yet")
        return
    left = changes_said([change["name"] for change in one["left_to_tell"]])
    _say(f"Told: {told['kind']} of {when(told['accepted_at'], zone)}; since then: {left or 'nothing new'}")
    if one["unconfirmed_lines"]:
        _say(f"  not confirmed since then: line {', '.join(one['unconfirmed_lines'])}")


def _next(one: dict[str, Any], zone: str) -> None:
    coming = one["next"]
    until = f" until {when(coming['until'], zone)}" if coming.get("until") else ""
    rule = f" ({coming['rule']})" if coming.get("rule") else ""
    _say(f"  now: {coming['action'].replace('_', ' ')}{until}: {coming['why']}{rule}")
    for step in one["coming"]:
        about = f": {owner_told(step['code'], ())}" if step["code"] else ""
        _say(f"  {when(step['at'], zone)}  {COMING[What(step['what'])]}{about} ({step['rule']})")


def _line(line: dict[str, Any], zone: str) -> str:
    name = f"{line['product']} ({line['sku']})" if line["product"] else line["sku"]
    figures = ", ".join(
        f"{word} {line[word]}"
        for word in ("ordered", "available", "shipped", "cancelled")
        if line[word] not in {"0", 0}
    )
    sure = "confirmed" if line["expected_confirmed"] else "an estimate"
    expected = f"; expected {line['expected_on']} ({sure})" if line["expected_on"] else "; no expected date"
    ending = f"; closed: {line['closed']}" if line["closed"] else expected
    how = f"{'reviewed' if line['confirmed'] == 'reviewed' else 'seen in data'} {when(line['confirmed_at'], zone)}"
    return f"line {line['line']}: {name}: {figures}; {line['cause'].replace('_', ' ')}{ending}; {how}"


def _heading(text: str) -> None:
    console.print()
    _say(text, style="bold")


def _say(text: str, style: str = "") -> None:
    console.print(text, style=style or None, markup=False, highlight=False, soft_wrap=True)
