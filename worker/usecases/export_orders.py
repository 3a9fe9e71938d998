"""Open lines as a CSV file that an import reads back, harmless to spreadsheets (R49)."""

import csv
from collections.abc import Sequence
from datetime import datetime
from typing import IO, Any, Final

from schedules.facts import LineFacts
from schedules.quantities import plain
from schedules.sayings import OF_CONTACT, OF_OPENING, OF_PEOPLE
from worker.places import calendars_of
from worker.sources.csvfile import harmless
from worker.storage import exports
from worker.storage.codec import decode, encode
from worker.storage.registers import value_of
from worker.usecases.parts import Parts

HEADER: Final = ("seller", "order", "line", *OF_OPENING, *OF_PEOPLE)
OF_THE_ORDER: Final = ("po", "placed_at", "priority", "ship_complete")


def export_lines(parts: Parts, target: IO[str], sellers: Sequence[str] | None = None) -> int:
    """Write the lines that are not settled, of these sellers or of all; give how many."""
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(HEADER)
    count = 0
    with parts.engine.connect() as connection:
        for row in exports.open_lines(connection, sellers):
            said = _said(row)
            writer.writerow([harmless(_cell(said.get(name))) for name in HEADER])
            count += 1
    return count


def _said(row: Any) -> dict[str, Any]:
    line = decode(LineFacts, row.facts)
    said = {name: value for name, value in encode(line).items() if name in OF_OPENING}
    said |= {"seller": row.slug, "order": row.order_no, "line": row.line_no, "company": row.company}
    said |= {"ordered": plain(line.ordered - line.cancelled), "available": plain(line.available)}
    said["shipped"] = plain(line.shipped)
    registers = row.order_facts
    said |= {name: value_of(registers, name) for name in OF_THE_ORDER}
    said |= {f"contact_{name}": (row.contact or {}).get(name) for name in OF_CONTACT}
    owner = value_of(registers, "owner") or {}
    said |= {"owner_name": owner.get("name"), "owner_email": owner.get("email")}
    if line.substitute:
        said |= {"substitute_sku": line.substitute.sku, "substitute_product": line.substitute.product}
    if row.told_at and row.line_told:
        said["told_at"] = row.told_at
        if row.due_at is not None:
            said["told_next_checkpoint"] = _promised(row)
    return said


def _promised(row: Any) -> str:
    """Give an open promise as it was made: a day in the buyer's zone, or a moment."""
    due_at: datetime = row.due_at
    if row.promised_as != "day":
        return due_at.isoformat()
    return calendars_of(row.profile, row.contact or {}).today(due_at).isoformat()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return " ".join(str(one) for one in value) if isinstance(value, list) else str(value)
