"""The buyer's page: what he may choose now, and his answer as an event (R37, R38)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection

from schedules.facts import LineFacts
from schedules.kinds import Choice
from schedules.quantities import plain
from worker.links import Grant
from worker.updates.statement import LineStatement
from worker.usecases.by_link import OrderView, view_for_buyer
from worker.usecases.figures import figure
from worker.usecases.parts import Parts
from worker.usecases.posting import Act, post, refusals

SOURCE: Final = "pages/buyer"
LONGEST_NAME: Final = 100


class State(StrEnum):
    """What a buyer's page is about."""

    OPEN = "open"
    ANSWERED = "answered"
    INFORMED = "informed"
    """Units are delayed, and there is nothing to choose."""
    SETTLED = "settled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One line on which the buyer may choose, with the bounds of its figures."""

    line: LineStatement
    choices: tuple[Choice, ...]
    least: Decimal
    """The smallest total that an adjustment may name: what is shipped, ready or cancelled stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionPage:
    """Everything the page shows."""

    state: State
    view: OrderView
    offers: tuple[Offer, ...]
    decided: tuple[LineStatement, ...]
    changed_since: bool
    """Something was recorded after the mail with this link had left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the buyer filled in, as text."""

    line: str
    choice: str
    units: str
    name: str
    nonce: str


@dataclass(frozen=True, slots=True)
class Fault:
    """One field that cannot be taken as it is, and what would do."""

    field: str
    words: str


def decision_page(connection: Connection, parts: Parts, grant: Grant, now: datetime) -> DecisionPage | None:
    """Give the page of a link; None once another contact has the order."""
    found = view_for_buyer(connection, parts, grant, now)
    if found is None:
        return None
    by_name = {line.line: line for line in found.lines}
    facts = [line for line in found.scene.facts.lines if line.line in by_name]
    offers = tuple(_offer(line, by_name[line.line]) for line in facts if _is_open(line))
    decided = tuple(by_name[line.line] for line in facts if line.decision is not None and not _is_open(line))
    return DecisionPage(
        state=_state(found, offers, decided),
        view=found,
        offers=offers,
        decided=decided,
        changed_since=any(line.changed_at > grant.made_at for line in found.scene.facts.lines),
    )


def _is_open(line: LineFacts) -> bool:
    return bool(line.offered) and (line.decision_needed or line.decision is None)


def _offer(line: LineFacts, said: LineStatement) -> Offer:
    least = line.shipped + line.available + line.cancelled
    return Offer(line=said, choices=line.offered, least=least)


def _state(found: OrderView, offers: tuple[Offer, ...], decided: tuple[LineStatement, ...]) -> State:
    if offers:
        return State.OPEN
    if decided:
        return State.ANSWERED
    return State.INFORMED if found.scene.facts.delayed else State.SETTLED


def decide(
    connection: Connection, parts: Parts, grant: Grant, page: DecisionPage, answer: Answer, now: datetime
) -> list[Fault]:
    """Record an answer; give what cannot be taken, empty once it is recorded."""
    offer = next((one for one in page.offers if one.line.line == answer.line), None)
    if offer is None or answer.choice not in offer.choices:
        return [Fault("choice", "This choice is no longer open. The page shows what you may choose now.")]
    choice = Choice(answer.choice)
    faults = _name_faults(answer.name)
    units = _units(offer, choice, answer.units)
    if isinstance(units, Fault):
        faults.append(units)
    if faults:
        return faults
    contact = page.view.loaded.contact
    by = {"name": answer.name.strip(), "role": "buyer"} | ({"email": contact["email"]} if contact.get("email") else {})
    data: dict[str, Any] = {"seller": grant.seller, "order": grant.order, "line": answer.line, "choice": choice}
    if isinstance(units, Decimal):
        data["units"] = plain(units)
    if choice is Choice.SUBSTITUTE and offer.line.substitute_sku:
        data["sku"] = offer.line.substitute_sku
    act = Act(source=SOURCE, who="buyer", nonce=answer.nonce, seller=grant.seller, order=grant.order)
    recorded = post(connection, parts, act, [("decision.recorded", data | {"by": by})], now)
    return [Fault("choice", f"This could not be recorded. {reason}") for reason in refusals(recorded)]


def _name_faults(name: str) -> list[Fault]:
    name = name.strip()
    if name and name.isprintable() and len(name) <= LONGEST_NAME:
        return []
    return [Fault("name", f"Please say who decides: a name of at most {LONGEST_NAME} characters.")]


def _units(offer: Offer, choice: Choice, text: str) -> Decimal | Fault | None:
    """Read the figure that goes with a split or an adjustment."""
    if choice not in {Choice.SPLIT, Choice.ADJUST}:
        return None
    line = offer.line
    least, most = (Decimal("0.001"), line.available) if choice is Choice.SPLIT else (offer.least, Decimal(10**12))
    field = f"units_{choice}"
    found = figure(text)
    if found is None:
        return Fault(field, "Please enter a number such as 1200 or 2.5, without thousands separators.")
    if choice is Choice.SPLIT and not 0 < found <= most:
        return Fault(field, f"Please enter at most {plain(most)}: that is what is ready.")
    if choice is Choice.ADJUST and not least <= found < Decimal(10**12):
        return Fault(field, f"Please enter at least {plain(least)}: these are ready, shipped or cancelled.")
    return found
