"""What an update would lack, known from the facts before anything is composed (R8, R9)."""

from enum import StrEnum

from schedules.events import Person
from schedules.facts import LineFacts, OrderFacts
from schedules.kinds import Cause, Choice
from schedules.phrasebook import Phrasebook, PhraseEntry
from schedules.values import dataclass


class Element(StrEnum):
    """The six things each line of an update has (R8)."""

    ITEM = "item"
    QUANTITY = "quantity"
    REASON = "reason"
    CHOICES = "choices"
    CHECKPOINT = "checkpoint"
    OWNER = "owner"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """One thing that is missing, or was refused and replaced: which field, what was found, what is allowed."""

    line: str
    element: Element
    field: str
    found: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.field}: found {self.found}; allowed: {self.allowed}"


@dataclass(frozen=True, slots=True)
class Wording:
    """The phrases that may be said, and the free texts that failed the wording rules (R31)."""

    phrasebook: Phrasebook
    refused_texts: frozenset[str] = frozenset()

    def said(self, text: str | None) -> str | None:
        """Give a free text if it may be said."""
        return text if text and text not in self.refused_texts else None

    def reason(self, line: LineFacts) -> PhraseEntry | None:
        """Give a line's phrase: its own text, its key, else its cause's approved phrase; None if there is none."""
        if line.reason_text and line.reason_text not in self.refused_texts:
            return PhraseEntry(key="free-text", version="1", text=line.reason_text)
        keyed = self.phrasebook.by_key(line.reason) if line.reason else None
        if keyed:
            return keyed
        return None if line.cause is Cause.OTHER else self.phrasebook.generic(line.cause)


def owner_of(facts: OrderFacts, default_owner: Person) -> Person:
    """Give the order's owner, else the seller's default."""
    return facts.owner if facts.owner and facts.owner.email else default_owner


def lacking(line: LineFacts, owner: Person, wording: Wording) -> tuple[Lack, ...]:
    """List what stops this line from being told; empty when it is complete."""
    lacks = []
    if not (line.sku or line.product):
        lacks.append(_lack(line, Element.ITEM, "sku", "nothing", "a SKU or a product name"))
    if line.delayed and wording.reason(line) is None:
        lacks.append(_no_reason(line, wording))
    if line.decision_needed and line.delayed and not line.offered:
        allowed = "at least one choice that applies now (wait, split, substitute, adjust, cancel)"
        lacks.append(_lack(line, Element.CHOICES, "choices", _listed(line.choices), allowed))
    if Choice.SUBSTITUTE in line.offered and line.substitute is None:
        found = "choice `substitute` without a substitute"
        lacks.append(_lack(line, Element.CHOICES, "substitute", found, '{"sku": "...", "product": "..."}'))
    if not owner.email:
        lacks.append(_lack(line, Element.OWNER, "owner", "no address", '{"name": "...", "email": "..."}'))
    return tuple(lacks)


def replaced(line: LineFacts, wording: Wording) -> tuple[Lack, ...]:
    """List what was entered but yields to an approved phrase, so that the owner can mend it (R9)."""
    notes = []
    if line.reason_text and line.reason_text in wording.refused_texts:
        allowed = "a short factual text without blame, promises, codes or markup"
        notes.append(_lack(line, Element.REASON, "reason_text", f"“{line.reason_text[:80]}”", allowed))
    if line.confirmed_text and line.confirmed_text in wording.refused_texts:
        allowed = "a short factual text without blame, promises, codes or markup"
        notes.append(_lack(line, Element.REASON, "confirmed", f"“{line.confirmed_text[:80]}”", allowed))
    if line.reason and wording.phrasebook.by_key(line.reason) is None:
        notes.append(_lack(line, Element.REASON, "reason", f"`{line.reason}`", "a key of the approved phrases"))
    return tuple(notes)


def _no_reason(line: LineFacts, wording: Wording) -> Lack:
    found = "a text that fails the wording rules" if line.reason_text in wording.refused_texts else "no text"
    return _lack(line, Element.REASON, "reason_text", found, "a short factual text, because the cause is `other`")


def _listed(choices: tuple[Choice, ...]) -> str:
    return ", ".join(choices) if choices else "none"


def _lack(line: LineFacts, element: Element, field: str, found: str, allowed: str) -> Lack:
    return Lack(line=line.line, element=element, field=field, found=found, allowed=allowed)
