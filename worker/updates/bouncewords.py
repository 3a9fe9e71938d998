"""Phrases by which mail servers say why, in many wordings: what excuses the address comes before what condemns it."""

import re
from enum import StrEnum
from typing import Final


class BounceVerdict(StrEnum):
    """What a mail that came back means."""

    HARD = "hard"
    """The address is unknown, moved, refuses all mail, or its host does not exist."""
    SOFT = "soft"
    """Any other failure or delay."""
    COMPLAINT = "complaint"
    """The reader called the mail unwanted."""
    AUTO_REPLY = "auto-reply"
    """A machine answered for a person."""
    DELIVERED = "delivered"
    """A report of success."""
    NOT_A_BOUNCE = "not-a-bounce"
    """None of these."""


NO_SUCH_ADDRESS: Final = "no such address"
HARD: Final = BounceVerdict.HARD
SOFT: Final = BounceVerdict.SOFT


def _rule(verdict: BounceVerdict, name: str, *phrases: str) -> tuple[BounceVerdict, str, re.Pattern[str]]:
    return verdict, name, re.compile("|".join(f"(?:{phrase})" for phrase in phrases), re.IGNORECASE)


RULES: Final = (
    _rule(HARD, "the recipient is refused", r"recipient address rejected(?:: access denied|\.(?:\s|$))"),
    _rule(
        SOFT,
        "the mailbox is full",
        r"(?:mail ?box|inbox|account|user|recipient|disk)[^\w.]+(?:\w+[^\w.]+){0,4}(?:full|over ?quota|exceed\w*)",
        r"(?:over|exceed\w*|out of)\W+(?:\w+\W+){0,4}(?:quota|storage|disk space|space)",
        r"quota[^\w.]+(?:\w+[^\w.]+){0,2}(?:exceed\w*|full|violation|reached)",
        r"insufficient (?:system )?(?:storage|disk|space)|not enough (?:\w+ )?space",
    ),
    _rule(
        SOFT,
        "the mail is too large",
        r"(?:message|mail|size)[^\w.]+(?:\w+[^\w.]+){0,5}(?:too (?:large|big|long)|exceed\w*)",
        r"exceed\w*[^\w.]+(?:\w+[^\w.]+){0,5}(?:size|limit)|message size",
    ),
    _rule(
        SOFT,
        "the sender is not accepted",
        r"sender (?:address|domain|id|verify|rejected|denied|is not|was|unknown|not)",
        r"(?:return|from|sender'?s?|envelope) (?:address|domain)[^\w.]+(?:\w+[^\w.]+){0,4}"
        r"(?:does ?n[o']t|not|invalid|reject\w*)",
        r"\b(?:spf|dkim|dmarc|arc|dnssec)\b|\b(?:reverse|ptr|rdns)\b|\b(?:helo|ehlo)\b",
        r"unauthenticated|not authenticated|authenticat\w+ (?:is )?(?:required|failed)|must (?:be )?authenticate",
    ),
    _rule(
        SOFT,
        "blocked by policy or as unwanted",
        r"\bspam|\bjunk\b|unsolicited|black ?list|block ?list|\brbl\b|dnsbl|reputation",
        r"\bblock(?:ed|ing)?\b|banned|poor\W+\w+\W+score",
        r"polic(?:y|ies)|administrative(?:ly)? prohib|not (?:allowed|permitted)|access denied|permission (?:denied|to)",
        r"\bvirus(?:es)?\b|malware|phish\w*|infected|content (?:rejected|filter|denied)|attachment",
        r"relay(?:ing)?\W+(?:\w+\W+){0,3}(?:denied|not|prohibit\w*)|(?:no|unable to|not? \w+) relay|denied\W+relay",
    ),
    _rule(
        SOFT,
        "not now",
        r"too many (?:\w+ ){0,3}(?:recipients|messages|connections|errors|mails|hops|sessions)|rate limit|throttl",
        r"try again later|temporar(?:y|ily)|grey-?list|timed? ?out|connection (?:refused|reset|lost|dropped)|\bloop",
    ),
    _rule(
        SOFT,
        "the account is closed for now",
        r"suspend\w*",
        r"(?:account|mailbox|user|recipient)[^\w.]+(?:\w+[^\w.]+){0,4}(?:disabled|inactive|locked|blocked|frozen)",
        r"(?:disabled|inactive|not active|locked)[^\w.]+(?:\w+[^\w.]+){0,2}(?:account|mailbox|user|recipient)",
    ),
    _rule(
        HARD,
        NO_SUCH_ADDRESS,
        r"(?:unknown|invalid|no such|non-?exist\w*|bad|illegal)[^\w.]+(?:\w+[^\w.]+){0,2}"
        r"(?:user|userid|recipient|address|mailbox|account|person|local[- ]part|alias|name here|users?)\b",
        r"(?:user|userid|recipient|address|mailbox|account|addressee)[^\w.]+(?:[\w@<>-]+[^\w.]+){0,5}"
        r"(?:unknown|does ?n[o']t exist|not exist|not found|non-?exist\w*|invalid|not known|not listed|unrecognized)",
        r"(?:no|not an?|isn't an?)[^\w.]+(?:\w+[^\w.]+){0,2}(?:mailbox|user|account|recipient|address)[^\w.]+"
        r"(?:\w+[^\w.]+){0,2}(?:here|by that name|with that name|found|exists?|such)",
        r"not (?:listed in|a (?:valid|known|local)|our customer|found in)",
        r"(?:does ?n[o']t|do not|did not) (?:exist|match any|have an? (?:[\w.-]+ )?account)",
        r"no (?:longer|more) (?:\w+ ){0,3}(?:exist\w*|valid|available|in use|work\w*|employed|active|with)",
        r"\bmoved\b|changed (?:his|her|their|my|the) address|has left|mailbox unavailable",
    ),
    _rule(
        HARD,
        "no such host",
        r"(?:host|domain|server)[^\w.]+(?:[\w.-]+[^\w.]+){0,4}"
        r"(?:unknown|not found|does ?n[o']t exist|not exist|not reachable|could ?n[o']t be found)",
        r"(?:unknown|no such|invalid|illegal|bad)[^\w.]+(?:\w+[^\w.]+){0,2}(?:host|domain)",
        r"unrouteable|nxdomain|no (?:mx|dns) (?:record|entr)|name or service not known|can't find any host named",
    ),
    _rule(
        HARD,
        "it takes no mail",
        r"does ?n[o']t accept (?:any )?(?:mail|e-mail|email)|null ?mx|not accepting (?:network )?(?:messages|mail)",
        r"indicated no smtp service",
    ),
)
