"""What a polled source can say, in which fields, and which of them name the thing it is about (R7)."""

from enum import StrEnum
from typing import Final


class Says(StrEnum):
    """What the rows of a source are."""

    OPEN_BACKORDERS = "open_backorders"
    """One row per open line; a line that left may have been fulfilled or cancelled."""
    ALLOCATIONS = "allocations"
    """Ready, unshipped units per line."""
    STOCK = "stock"
    """Units on hand per item; a rise is stock received."""
    PRODUCTION = "production"
    """Expected days, per item or per line."""
    SHIPMENTS = "shipments"
    """Shipped units per line, in total so far."""
    LISTINGS = "listings"
    """How items are offered, and the paid clicks of seven days."""


class WhenGone(StrEnum):
    """What it means that a row has left the source."""

    NOTHING = "nothing"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    CLEARED = "cleared"
    NONE_ALLOCATED = "none_allocated"
    NO_DATE = "no_date"
    HIDDEN = "hidden"


_LINE: Final = ("order", "line")
OF_OPENING: Final = (
    "po",
    "placed_at",
    "promised_on",
    "priority",
    "ship_complete",
    "sku",
    "product",
    "unit",
    "ordered",
    "available",
    "shipped",
    "cause",
    "reason",
    "reason_text",
    "outlook",
    "expected_on",
    "expected_confirmed",
    "choices",
    "decision_needed",
    "decide_by",
    "next_checkpoint",
    "listing",
)
OF_CONTACT: Final = ("name", "email", "timezone", "locale", "country", "region")
OF_PEOPLE: Final = (
    "company",
    *(f"contact_{name}" for name in OF_CONTACT),
    "owner_name",
    "owner_email",
    "substitute_sku",
    "substitute_product",
    "told_at",
    "told_next_checkpoint",
)

FIELDS: Final[dict[Says, tuple[str, ...]]] = {
    Says.OPEN_BACKORDERS: ("seller", *_LINE, *OF_OPENING, "delayed", *OF_PEOPLE),
    Says.ALLOCATIONS: ("seller", *_LINE, "available"),
    Says.STOCK: ("seller", "sku", "units"),
    Says.PRODUCTION: (
        "seller",
        "sku",
        *_LINE,
        "expected_on",
        "confirmed",
        "cause",
        "reason",
        "reason_text",
        "outlook",
    ),
    Says.SHIPMENTS: ("seller", *_LINE, "shipped"),
    Says.LISTINGS: ("seller", "sku", "listing", "paid_clicks"),
}
NEEDED: Final[dict[Says, tuple[str, ...]]] = {
    Says.OPEN_BACKORDERS: (*_LINE, "company", "sku", "product", "ordered", "cause"),
    Says.ALLOCATIONS: (*_LINE, "available"),
    Says.STOCK: ("sku", "units"),
    Says.PRODUCTION: (),
    Says.SHIPMENTS: (*_LINE, "shipped"),
    Says.LISTINGS: ("sku", "listing"),
}
MEANINGS_OF_GONE: Final[dict[Says, tuple[WhenGone, ...]]] = {
    Says.OPEN_BACKORDERS: (WhenGone.NOTHING, WhenGone.FULFILLED, WhenGone.CANCELLED, WhenGone.CLEARED),
    Says.ALLOCATIONS: (WhenGone.NOTHING, WhenGone.NONE_ALLOCATED),
    Says.STOCK: (WhenGone.NOTHING,),
    Says.PRODUCTION: (WhenGone.NOTHING, WhenGone.NO_DATE),
    Says.SHIPMENTS: (WhenGone.NOTHING,),
    Says.LISTINGS: (WhenGone.NOTHING, WhenGone.HIDDEN),
}
FIGURES: Final = frozenset({"ordered", "available", "shipped", "units", "expected_on", "listing"})
"""What a row states about goods; a read in which too many of these moved at once is not believed."""


def key_fields(says: Says, mapped: frozenset[str] | set[str]) -> tuple[str, ...]:
    """Give the fields that together name what a row is about."""
    own: tuple[str, ...]
    match says:
        case Says.STOCK | Says.LISTINGS:
            own = ("sku",)
        case Says.PRODUCTION:
            own = _LINE if "order" in mapped else ("sku",)
        case _:
            own = _LINE
    return ("seller", *own) if "seller" in mapped else own
