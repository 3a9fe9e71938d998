"""How often a contact wants to hear: shown and chosen on a page behind a link in every mail (R27)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from worker.links import Grant
from worker.storage import orders, pages
from worker.usecases.parts import Parts, card_of
from worker.usecases.posting import Act, post, refusals

SOURCE: Final = "pages/buyer"
PREFERENCES: Final = ("standard", "every_change", "checkpoints_only")


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferencePage:
    """What the page shows."""

    seller: str
    preference: str
    address: str


def preference_page(connection: Connection, grant: Grant) -> PreferencePage | None:
    """Give the page of a link; None if its reader is gone."""
    found: Any = pages.addressed(connection, grant.seller, "buyer", grant.reader)
    if found is None:
        return None
    profile = orders.sellers(connection, [grant.seller])[grant.seller].profile
    name = card_of(grant.seller, profile).name
    return PreferencePage(seller=name, preference=found.preference, address=found.address_key)


def prefer(
    connection: Connection, parts: Parts, grant: Grant, page: PreferencePage, updates: str, nonce: str, now: datetime
) -> list[str]:
    """Record a preference; give why it was not, empty once it is."""
    act = Act(source=SOURCE, who="buyer", nonce=nonce, seller=grant.seller)
    data = {"seller": grant.seller, "contact": page.address, "updates": updates}
    return refusals(post(connection, parts, act, [("buyer.preferred", data)], now))
