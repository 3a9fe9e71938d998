"""What use cases are given: connections, a clock, words, and a name for this house. Wired in one place."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy import Engine

from schedules.completeness import Wording
from schedules.correspondence import Correspondence
from schedules.events import Person
from schedules.phrasebook import Phrasebook
from worker.links import Links
from worker.rendering.rendering import Renderer
from worker.storage.engine import Clock
from worker.updates.statement import SellerCard
from worker.updates.wording import lint
from worker.usecases.low_water import LowWater, NoMark


def unsigned(content: bytes, _: str) -> bytes:
    """Leave a mail as it is."""
    return content


def nothing() -> None:
    """Do nothing."""


def no_return_path(_: int) -> str | None:
    """Leave the envelope sender to the seller's own address."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The wired parts; `host` is the right side of Message-IDs."""

    engine: Engine
    clock: Clock
    renderer: Renderer
    phrasebook: Phrasebook
    host: str
    links: Links
    operator: str | None = None
    sign: Callable[[bytes, str], bytes] = unsigned
    """Signs a mail for its sender, where a key is given."""
    return_path: Callable[[int], str | None] = no_return_path
    """Gives the envelope sender of a mail by its number; None: the seller's own address."""
    mail_of_return_path: Callable[[str], int | None] = lambda _: None
    """Gives the number of the mail that an address was made for, if we made it."""
    between: Callable[[], object] = nothing
    """Called between the stages of making mails, for whoever has something else to look after."""
    low_water: LowWater = field(default_factory=NoMark)
    """From when on alarms are looked for."""
    policy: str | None = None
    """A preset that stands in for the one each seller has chosen, as in a replay's `--policy`."""


def wording_for(parts: Parts, correspondence: Correspondence) -> Wording:
    """Give the phrases, and which free texts among these orders fail the wording rules (R31)."""
    lines = [line for thread in correspondence.threads for line in thread.facts.lines]
    texts = {text for line in lines for text in (line.reason_text, line.confirmed_text) if text}
    return Wording(parts.phrasebook, frozenset(text for text in texts if _refused(text)))


@lru_cache(maxsize=10_000)
def _refused(text: str) -> bool:
    return bool(lint(text))


def card_of(slug: str, profile: dict[str, Any]) -> SellerCard:
    """Give the seller as a buyer sees him."""
    sender = profile.get("from") or {}
    return SellerCard(
        slug=slug,
        name=str(profile.get("name") or slug),
        order_desk=str(profile.get("order_desk") or sender.get("email") or ""),
        support=str(profile.get("support") or ""),
        sender=Person(
            name=str(sender.get("name") or profile.get("name") or slug), email=str(sender.get("email") or "")
        ),
    )
