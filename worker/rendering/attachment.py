"""The CSV that goes along when an order has more open lines than a mail should list (R11)."""

import csv
import io
from collections.abc import Iterable

from schedules.quantities import plain
from worker.updates.statement import LineStatement

HEADER = ("order", "line", "sku", "product", "ordered", "shipped", "ready", "delayed", "expected", "reason")
STARTS_OF_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def open_lines_csv(orders: Iterable[tuple[str, tuple[LineStatement, ...]]]) -> bytes:
    """Give one row per open line, in UTF-8 with BOM; cells that a spreadsheet would run are made text."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow(HEADER)
    for order, lines in orders:
        writer.writerows(_row(order, line) for line in lines)
    return b"\xef\xbb\xbf" + target.getvalue().encode()


def harmless(cell: str) -> str:
    """Defuse a cell that a spreadsheet would take for a formula."""
    return f"'{cell}" if cell.startswith(STARTS_OF_FORMULAS) else cell


def _row(order: str, line: LineStatement) -> tuple[str, ...]:
    expected = line.expected_on.isoformat() if line.expected_on else ""
    figures = (line.ordered, line.shipped, line.available, line.delayed)
    texts = (harmless(order), harmless(line.line), harmless(line.sku), harmless(line.product))
    return (*texts, *(plain(figure) for figure in figures), expected, harmless(line.reason.text if line.reason else ""))
