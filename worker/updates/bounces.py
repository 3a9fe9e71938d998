"""What a mail that came back says of an address (R47): a verdict by general rules, in the order of what is surest.

The form comes first (feedback report, delivery status, automatic answer), then phrases, then codes: a phrase is nearer
to what happened than the code beside it, which many servers choose carelessly.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

ARRIVED: Final = frozenset({"delivered", "relayed", "expanded"})


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


@dataclass(frozen=True, slots=True)
class StatusGroup:
    """What a delivery status says of one recipient (RFC 3464)."""

    recipient: str
    action: str
    status: str
    diagnostic: str

    @property
    def arrived(self) -> bool:
        return self.action in ARRIVED


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A mail that came back, read."""

    subject: str = ""
    sender: str = ""
    return_path: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    groups: tuple[StatusGroup, ...] = ()
    feedback: str | None = None
    disposition: bool = False
    text: str = ""
    has_copy: bool = False
    recipients: tuple[str, ...] = ()
    handed_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict with what it rests on; `final` is False for a report of a delay only."""

    verdict: BounceVerdict
    status: str
    why: str
    final: bool = True


def judge(report: Report) -> Judged:
    """Give the verdict on a report."""
    if report.feedback is not None:
        verdict = BounceVerdict.NOT_A_BOUNCE if report.feedback == "not-spam" else BounceVerdict.COMPLAINT
        return Judged(verdict, "", f"feedback report: {report.feedback}"[:80])
    failed = [group for group in report.groups if not group.arrived]
    if report.groups and not failed:
        return Judged(BounceVerdict.DELIVERED, _first_status(report.groups[0].status), "the status says it arrived")
    if not failed and _automatic(report):
        return Judged(BounceVerdict.AUTO_REPLY, "", "its headers or subject name an automatic answer")
    if failed or _tells_of_failure(report):
        return _failure(report, failed)
    return Judged(BounceVerdict.NOT_A_BOUNCE, "", "neither its form nor its words tell of a failure")


STATUS: Final = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
REPLY: Final = re.compile(r"(?<![\d.\-])([45]\d\d)(?=[ \-,:;)#]|$)")


def _failure(report: Report, failed: list[StatusGroup]) -> Judged:
    diagnostics = " ".join(group.diagnostic for group in failed)
    said = " ".join(f"{diagnostics} {report.text} {report.subject}".split())
    status = _first_status(diagnostics) or _first_status(failed[0].status if failed else "") or _first_status(said)
    final = not failed or any(group.action != "delayed" for group in failed)
    if not final or DELAY.search(report.subject):
        return Judged(BounceVerdict.SOFT, status, "delayed, and still tried", final=False)
    for words in (diagnostics, said):
        for verdict, name, pattern in RULES:
            if words and pattern.search(words):
                return Judged(verdict, status, name)
    if status in HARD_STATUS or any(status.startswith(f"{one}.") for one in HARD_STATUS):
        return Judged(BounceVerdict.HARD, status, f"status {status}")
    return Judged(BounceVerdict.SOFT, status, f"status {status}" if status else "a failure without a known reason")


def _first_status(text: str) -> str:
    found = STATUS.search(text)
    return found[1] if found else ""


HARD_STATUS: Final = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.4.4"})
"""RFC 3463 and 7505: no such mailbox, no such host, bad syntax, moved, takes no mail, no route to the host."""

DELAY: Final = re.compile(r"\bdelay(?:ed)?\b|still being retried|\bwarning:? could not send", re.IGNORECASE)


def _rule(verdict: BounceVerdict, name: str, *phrases: str) -> tuple[BounceVerdict, str, re.Pattern[str]]:
    return verdict, name, re.compile("|".join(f"(?:{phrase})" for phrase in phrases), re.IGNORECASE)


HARD: Final = BounceVerdict.HARD
SOFT: Final = BounceVerdict.SOFT
RULES: Final = (
    _rule(
        SOFT,
        "the mailbox is full",
        r"(?:mailbox|inbox|mail ?box|account|user|recipient|disk)\W+(?:\w+\W+){0,4}(?:full|over ?quota|exceed\w*)",
        r"(?:over|exceed\w*|out of)\W+(?:\w+\W+){0,4}(?:quota|storage|disk space|space)",
        r"quota\W+(?:\w+\W+){0,2}(?:exceed\w*|full|violation|reached)",
        r"insufficient (?:system )?(?:storage|disk|space)",
        r"not enough (?:storage )?space",
    ),
    _rule(
        SOFT,
        "the mail is too large",
        r"(?:message|mail|size)\W+(?:\w+\W+){0,5}(?:too (?:large|big|long)|exceed\w*)",
        r"exceed\w*\W+(?:\w+\W+){0,5}(?:size|limit)",
        r"message size",
    ),
    _rule(
        SOFT,
        "the sender is not accepted",
        r"sender (?:address|domain|id|verify|rejected|denied|is not|was|unknown|not)",
        r"(?:return|from|sender'?s?|envelope) (?:address|domain)\W+(?:\w+\W+){0,4}(?:does ?n[o']t|not|invalid|reject\w*)",
        r"\b(?:spf|dkim|dmarc|arc|dnssec)\b",
        r"unauthenticated|not authenticated|authenticat\w+ (?:is )?(?:required|failed)|must (?:be )?authenticate",
        r"(?:reverse|ptr|rdns)\b",
        r"helo|ehlo",
    ),
    _rule(
        SOFT,
        "blocked by policy or as unwanted",
        r"\bspam|\bjunk\b|unsolicited|blacklist|block ?list|black list|\brbl\b|dnsbl|spamhaus|spamcop|barracuda",
        r"\bblock(?:ed|ing)?\b|banned|reputation|poor\W+\w+\W+score",
        r"polic(?:y|ies)|administrative(?:ly)? prohib|not (?:allowed|permitted)|access denied|permission denied",
        r"virus|malware|phish\w*|infected|content (?:rejected|filter|denied)|attachment",
        r"relay(?:ing)?\W+(?:\w+\W+){0,3}(?:denied|not|prohibit\w*)|(?:no|unable to|not? \w+) relay|denied\W+relay",
    ),
    _rule(
        SOFT,
        "the account is closed for now",
        r"suspend\w*|(?:account|mailbox|user|recipient)\W+(?:\w+\W+){0,4}(?:disabled|inactive|locked|blocked|frozen)",
        r"(?:disabled|inactive|not active|locked)\W+(?:\w+\W+){0,2}(?:account|mailbox|user|recipient)",
    ),
)
