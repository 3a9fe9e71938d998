"""What a planning review proposes: patterns over weeks, each with the numbers that speak for it (R42, R43)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Final

from schedules.values import replace


class Propose(StrEnum):
    """What should change; the names of the contract."""

    LISTING = "listing"
    """Change how the item is listed."""
    REORDER = "reorder"
    """Reorder earlier: raise the stock threshold."""
    PLANNING = "planning"
    """Change production planning."""
    ADS = "ads"
    """Advertise more slowly."""
    APPROVAL = "approval"
    """Look at such orders before they are accepted."""


AGAIN_WITHIN: Final = timedelta(days=60)
ONE_BURST: Final = timedelta(days=7)
"""Openings closer together than this are one surprise, not several."""
CASES_PER_OWNER: Final = 50
LESSONS_AT_LEAST: Final = 2
ACCEPTED_ON_TOP: Final = 3
MOST_PROPOSALS: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemSeen:
    """What the weeks of a review say of one item."""

    sku: str
    open_lines: int = 0
    units_delayed: str = "0"
    backorders: int = 0
    surprises: int = 0
    """How often it was short again, within 60 days of the time before."""
    days_delayed: int = 0
    """On average."""
    on_top: int = 0
    """Orders accepted in the last two weeks while older ones were still delayed."""
    listing: str = ""
    paid_clicks: int = 0
    lessons: Mapping[Propose, int] = field(default_factory=dict)
    """How many closed cases of the item taught what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerSeen:
    """One person's open cases on items that are paid for to be clicked."""

    name: str
    cases: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One proposal: about an item, or about an owner's cases; `because` says its numbers in a sentence."""

    kind: Propose
    sku: str = ""
    owner: str = ""
    because: str
    numbers: Mapping[str, int | str]
    weight: int
    """How much speaks for it; the weightiest stand first."""

    @property
    def subject(self) -> str:
        """Name what it is about, so that it is decided once."""
        return f"sku/{self.sku}" if self.sku else f"owner/{self.owner}"


def propose(items: Iterable[ItemSeen], owners: Iterable[OwnerSeen] = ()) -> tuple[Proposal, ...]:
    """Give what the numbers speak for, the weightiest first; one of a kind for an item."""
    found: dict[tuple[Propose, str], Proposal] = {}
    for one in (proposal for item in items for proposal in _of_item(item)):
        known = found.get((one.kind, one.subject))
        words = f"{known.because}; {one.because}" if known else one.because
        weight = max(one.weight, known.weight if known else 0)
        found[one.kind, one.subject] = replace(one, because=words, weight=weight)
    for owner in owners:
        if owner.cases > CASES_PER_OWNER:
            found[Propose.ADS, f"owner/{owner.name}"] = _slower_ads(owner)
    return tuple(sorted(found.values(), key=lambda one: (-one.weight, one.kind, one.subject))[:MOST_PROPOSALS])


def _of_item(item: ItemSeen) -> Iterable[Proposal]:
    open_ = _lines(item.open_lines)
    if item.open_lines and item.listing == "ready":
        yield _about(item, Propose.LISTING, f"its listing says ready, and {open_} of it are delayed", item.open_lines)
    if item.open_lines and item.paid_clicks:
        words = f"{item.paid_clicks} paid clicks in 7 days, and {open_} of it are delayed"
        yield _about(item, Propose.ADS, words, item.open_lines)
    if item.surprises:
        times = "once" if item.surprises == 1 else f"{item.surprises} times"
        words = f"short again {times} within 60 days, delayed for {_days(item.days_delayed)} on average"
        yield _about(item, Propose.REORDER, words, item.backorders)
    if item.on_top >= ACCEPTED_ON_TOP:
        words = f"{item.on_top} orders were accepted in the last two weeks while older ones were still delayed"
        yield _about(item, Propose.APPROVAL, words, item.on_top)
    for kind, count in item.lessons.items():
        if count >= LESSONS_AT_LEAST:
            yield _about(item, kind, f"the owners of {count} closed cases said so", count)


def _about(item: ItemSeen, kind: Propose, because: str, weight: int) -> Proposal:
    numbers: dict[str, int | str] = {
        "backorders": item.backorders,
        "open_lines": item.open_lines,
        "units_delayed": item.units_delayed,
        "days_delayed": item.days_delayed,
        "surprises": item.surprises,
        "accepted_on_top": item.on_top,
        "paid_clicks": item.paid_clicks,
        "listing": item.listing,
    }
    said = {name: value for name, value in numbers.items() if value}
    return Proposal(kind=kind, sku=item.sku, because=because, numbers=said, weight=weight)


def _slower_ads(owner: OwnerSeen) -> Proposal:
    words = f"{owner.cases} open cases with paid clicks are with one person; the limit is {CASES_PER_OWNER}"
    numbers = {"cases": owner.cases, "limit": CASES_PER_OWNER}
    return Proposal(kind=Propose.ADS, owner=owner.name, because=words, numbers=numbers, weight=owner.cases)


def _lines(count: int) -> str:
    return f"{count} open {'line' if count == 1 else 'lines'}"


def _days(count: int) -> str:
    return f"{count} {'day' if count == 1 else 'days'}"
