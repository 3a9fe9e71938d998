"""Approved public reasons as frozen values (R31); the files they come from are read at the door."""

from collections.abc import Mapping
from dataclasses import field

from schedules.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PhraseEntry:
    """One approved phrase: at most 120 characters, with version and the role that approved it."""

    key: str
    version: str
    text: str
    approved_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrasebook:
    """The approved phrases of one locale, by key; a cause's own phrase has the cause as its key."""

    locale: str = "en"
    phrases: Mapping[str, PhraseEntry] = field(default_factory=dict)

    def by_key(self, key: str | None) -> PhraseEntry | None:
        return self.phrases.get(key) if key else None

    def generic(self, cause: str) -> PhraseEntry | None:
        """Give the approved phrase of a cause; None if it needs a text of its own."""
        return self.phrases.get(cause)
