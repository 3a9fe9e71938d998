"""The wording rules: what a public text may not say (R30, R31). The lists first, one small function behind them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from worker.updates import wordlists as words

LONGEST_REASON: Final = 120
LONGEST_READ: Final = 300
"""A text that is far too long is refused for that; only its beginning is searched for more."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of a text: which rule, what was found at which character (from 1), why, and what is allowed."""

    code: str
    found: str
    where: int
    why: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.code}: found “{self.found}” at character {self.where}; {self.why}; allowed: {self.allowed}"


@dataclass(frozen=True, slots=True)
class Rule:
    """What may not stand in a text, why, and what may stand there instead."""

    pattern: re.Pattern[str]
    why: str
    allowed: str


def _any_of(*alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(alternatives)})(?!\w)", re.IGNORECASE)


_PARTY, _FAILING = "|".join(words.PARTIES), "|".join(words.FAILINGS)

BLAME: Final = Rule(
    _any_of(
        rf"(?:{_PARTY})(?:'s|’s)?\b.*?\b(?:{_FAILING})",
        rf"(?:{_FAILING})\b.*?\b(?:{_PARTY})",
        rf"(?:{'|'.join(words.BECAUSE)}) (?:\w+ ){{0,3}}?(?:{_PARTY})",
        *words.EXCUSING_CIRCUMSTANCES,
        *words.FAULT,
    ),
    "a reason is factual and blames nobody",
    "what happens to the goods, such as “Waiting for incoming material”",
)
GUARANTEE: Final = Rule(
    _any_of(*words.GUARANTEES),
    "a text states what is, not what will surely be",
    "a date in the event's date field, marked as estimate or confirmed",
)
CODES: Final = Rule(
    re.compile("|".join(words.CODES), re.IGNORECASE),
    "internal codes and numbers mean nothing to a buyer",
    "words; item, order and date stand in the mail already",
)
MARKUP: Final = Rule(
    re.compile("|".join(words.MARKUP), re.IGNORECASE), "a text is shown as it is", "plain words without markup or links"
)
UNFILLED: Final = Rule(re.compile("…|_{3,}"), "a placeholder was left", "the text that belongs in its place")
EXCLAIMING: Final = Rule(re.compile("[!！]"), "updates are calm", "a full stop, or none")
CONTROL: Final = Rule(words.UNPRINTABLE, "a reason is one line of printable text", "letters, digits, punctuation")
EXCUSES: Final = Rule(_any_of(*words.EXCUSES), "updates state facts and next steps", "what is, and what comes next")
MARKETING: Final = Rule(
    _any_of(*words.MARKETING), "updates inform and do not advertise", "what is, and what comes next"
)

REASON_RULES: Final = {
    "blame": BLAME,
    "guarantee": GUARANTEE,
    "code": CODES,
    "markup": MARKUP,
    "unfilled": UNFILLED,
    "exclamation": EXCLAIMING,
    "control": CONTROL,
    "excuse": EXCUSES,
    "marketing": MARKETING,
}
TEMPLATE_RULES: Final = {
    "blame": BLAME,
    "guarantee": GUARANTEE,
    "exclamation": EXCLAIMING,
    "excuse": EXCUSES,
    "marketing": MARKETING,
}


def lint(text: str) -> tuple[Finding, ...]:
    """Give every finding about a public reason; empty means that it may be said."""
    found = list(_found(REASON_RULES, text[:LONGEST_READ]))
    if not text.strip():
        found.append(Finding("empty", "", 1, "a reason has words", f"1 to {LONGEST_REASON} characters"))
    if len(text) > LONGEST_REASON:
        count = f"{len(text)} characters"
        found.append(
            Finding("length", count, LONGEST_REASON + 1, "a reason is short", f"at most {LONGEST_REASON} characters")
        )
    return tuple(found)


def lint_template(source: str) -> tuple[tuple[int, Finding], ...]:
    """Give the findings about the words of a template, each with its line; syntax, tags and styles are no words."""
    plain = words.TEMPLATE_SYNTAX.sub(_blank, source)
    plain = words.TALK_OF_PROMISES.sub(_blank, plain)
    return tuple(
        (number, finding)
        for number, line in enumerate(plain.split("\n"), 1)
        for finding in _found(TEMPLATE_RULES, line)
    )


def _blank(match: re.Match[str]) -> str:
    """Keep lines and columns where they are."""
    return re.sub(r"[^\n]", " ", match.group(0))


def _found(rules: dict[str, Rule], text: str) -> Iterator[Finding]:
    for code, rule in rules.items():
        match = rule.pattern.search(text)
        if match:
            yield Finding(code, _shown(match.group(0)), match.start() + 1, rule.why, rule.allowed)


def _shown(text: str) -> str:
    return "".join(char if char.isprintable() else "·" for char in text[:40])
