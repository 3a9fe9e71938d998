"""The wording rules: what a public reason may not say (R31). Data first, one small function behind it."""

import re
from dataclasses import dataclass
from typing import Final

LONGEST_REASON: Final = 120


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of a text: which rule, what was found, and why it may not stand."""

    code: str
    found: str
    why: str

    def __str__(self) -> str:
        return f"{self.code}: found “{self.found}”; {self.why}"


def _words(*words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)", re.IGNORECASE)


BLAME: Final = (
    _words(
        r"(?:our|the|a) (?:supplier|vendor|carrier|forwarder|manufacturer|subcontractor)s? (?:failed|let|forgot|did not"
        r"|didn't|cannot|could not|is late|are late|was late|were late|has failed)",
        r"suppliers? (?:failed|let us down|forgot|was late|is late|screwed)",
        r"carriers? (?:failed|lost|forgot|was late|is late|delayed)",
        r"(?:because of|due to|owing to|thanks to) (?:(?:our|the|a) )?"
        r"(?:supplier|vendor|carrier|forwarder|holidays?|christmas|easter|vacation|weather|strikes?|sick|staff|team"
        r"|warehouse|colleague|covid|war)s?",
        r"blame\w*",
        r"(?:his|her|their|our) fault",
        r"fault of",
        r"holidays?",
        r"bad weather",
        r"sick(?:ness)?",
        r"short-?staffed",
        r"understaffed",
        r"our (?:warehouse|purchasing|production|logistics) (?:team|staff|people|department)",
    ),
    "a reason is factual and blames nobody",
)
GUARANTEE: Final = (
    _words(
        r"guarantee\w*",
        r"promise[sd]?",
        r"definitely",
        r"certainly",
        r"for sure",
        r"surely",
        r"without fail",
        r"100 ?%",
        r"will (?:definitely )?(?:arrive|ship|be there|be delivered)",
        r"rest assured",
        r"no doubt",
    ),
    "a reason states what is, not what will surely be",
)
CODES: Final = (
    re.compile(r"\b(?:[A-Z]{2,}[-_]\d{2,}|[A-Z]+_[A-Z_\d]+|(?:ERR|ticket|jira|case|bug) ?#?\d+|#\d{3,}|0x[0-9a-f]+)\b"),
    "internal codes mean nothing to a buyer",
)
MARKUP: Final = (
    re.compile(r"<[^>]*>?|\{\{|\}\}|\{%|%\}|\{#|\]\(|https?://|www\.|[*_]{2}|`|&\w+;"),
    "plain words only: no markup, links or template syntax",
)
UNFILLED: Final = (re.compile("…"), "a placeholder is to be filled in")
EXCLAIMING: Final = (re.compile(r"!"), "updates are calm")
CONTROL: Final = (re.compile(r"[\x00-\x1f\x7f]"), "one line of printable text")
EXCUSES: Final = (
    _words(r"sorry", r"apolog\w+", r"regret\w*", r"unfortunately", r"excuse\w*", r"inconvenience\w*"),
    "updates state facts and next steps",
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
}
TEMPLATE_RULES: Final = {"exclamation": EXCLAIMING, "excuse": EXCUSES, "guarantee": GUARANTEE}
TEMPLATE_SYNTAX: Final = re.compile(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}|<!--.*?-->|<[^>]*>|!important")
NOT_A_GUARANTEE: Final = re.compile(r"promised for|was promised|promised update|update promised", re.IGNORECASE)


def lint(text: str) -> tuple[Finding, ...]:
    """Give every finding about a public reason; empty means that it may be said."""
    found = [
        Finding(code, match.group(0)[:40], why)
        for code, (pattern, why) in REASON_RULES.items()
        for match in [pattern.search(text)]
        if match
    ]
    if not text.strip():
        found.append(Finding("empty", "", "a reason has words"))
    if len(text) > LONGEST_REASON:
        found.append(Finding("length", f"{len(text)} characters", f"at most {LONGEST_REASON} characters"))
    return tuple(found)


def lint_template(line: str) -> tuple[Finding, ...]:
    """Give the findings about the words of one line of a template."""
    words = NOT_A_GUARANTEE.sub("", TEMPLATE_SYNTAX.sub("", line))
    return tuple(
        Finding(code, match.group(0), why)
        for code, (pattern, why) in TEMPLATE_RULES.items()
        for match in [pattern.search(words)]
        if match
    )
