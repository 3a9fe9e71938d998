"""Figures and days as people type them into forms."""

import re
from datetime import date
from decimal import Decimal
from typing import Final

from schedules.quantities import QuantityError, quantity

COULD_BE_THOUSANDS: Final = re.compile(r"[.,]\d{3}(?!\d)")


def figure(text: str) -> Decimal | None:
    """Read a quantity with a point or a comma; None if it is none, or could be read in two ways (`1,200`)."""
    text = text.strip()
    if not text or len(text) > 20 or COULD_BE_THOUSANDS.search(text):  # noqa: PLR2004 - longer is no quantity
        return None
    try:
        return quantity(text.replace(",", "."))
    except QuantityError:
        return None


def day(text: str) -> date | None:
    """Read a day as a date field sends it; None if it is none."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
