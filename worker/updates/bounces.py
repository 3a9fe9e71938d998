"""What a mail that came back says of an address (R47): a verdict by general rules, in the order of what is surest.

The form comes first (feedback report, delivery status, automatic answer), then phrases, then codes: a phrase is nearer
to what happened than the code beside it, which many servers choose carelessly.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from worker.updates.bouncewords import NO_SUCH_ADDRESS, RULES, BounceVerdict

ARRIVED: Final = frozenset({"delivered", "relayed", "expanded"})


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
    if COMPLAINT.search(report.text) or WANTS_NO_MORE.search(report.subject):
        return Judged(BounceVerdict.COMPLAINT, "", "the reader wants no more of it")
    failed = [group for group in report.groups if not group.arrived]
    if report.groups and not failed:
        return Judged(BounceVerdict.DELIVERED, _first_status(report.groups[0].status), "the status says it arrived")
    if not failed and _automatic(report):
        return Judged(BounceVerdict.AUTO_REPLY, "", "its headers or subject name an automatic answer")
    if failed or _tells_of_failure(report):
        return _failure(report, failed)
    return Judged(BounceVerdict.NOT_A_BOUNCE, "", "neither its form nor its words tell of a failure")


STATUS: Final = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
HARD_STATUS: Final = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.4.4"})
"""RFC 3463 and 7505: no such mailbox, no such host, bad syntax, moved, takes no mail, no route to the host."""
DELAY: Final = re.compile(r"\bdelay(?:ed)?\b|still being retried|\bwarning:? could not send", re.IGNORECASE)
AUTOMATIC_SUBJECT: Final = re.compile(
    r"^\W*(?:auto(?:matic|mated)?[ :\-]|out of (?:the )?office|vacation|on (?:holiday|leave|vacation)|abwesen|absen)",
    re.IGNORECASE,
)
FAILURE: Final = re.compile(
    r"undeliver|not (?:be )?deliver|deliver\w* (?:\w+ ){0,3}fail|fail\w* (?:\w+ ){0,3}deliver"
    r"|returned (?:mail|to sender)|failure notice|mail (?:delivery )?(?:system|failed|failure|error)|bounce"
    r"|message (?:could not|status|failed)|unable to deliver|non[- ]?delivery"
    r"|could not (?:be )?(?:sent|send|deliver)|delivery (?:status|notification|problem|report)",
    re.IGNORECASE,
)
COMPLAINT: Final = re.compile(r'"(?:notification|event|feedback)_?type"\s*:\s*"(?:complaint|abuse|spam)', re.IGNORECASE)
BARE_REPLY: Final = re.compile(r"(?<![\d.\-])5\d\d(?:[ \-:]+)(?!5\.\d)")
REPLY_FOR_NOW: Final = re.compile(r"(?<![\d.\-])4[25]\d(?=[ \-,:;)#]|$)")
REPLY_FOR_GOOD: Final = re.compile(r"(?<![\d.\-])5\d\d(?=[ \-,:;)#]|$)")
UNDEFINED_STATUS: Final = "5.0.0"
WANTS_NO_MORE: Final = re.compile(r"^\W*unsubscribe\W*$", re.IGNORECASE)
STAGE: Final = re.compile(
    r"(?:after|in (?:reply|response) to|command|>>>|\[)[: ]*(?:the )?(?:sender )?(?:end of )?"
    r"(rcpt|mail from|data|initial connection|helo|ehlo)",
    re.IGNORECASE,
)
MACHINE_SENDER: Final = re.compile(r"mailer-?daemon|post_?master|mail delivery|mail administrator|<>", re.IGNORECASE)


def _automatic(report: Report) -> bool:
    headers = report.headers
    if FAILURE.search(report.subject) or MACHINE_SENDER.search(report.sender):
        return False
    said = headers.get("auto-submitted", "").lower().startswith("auto-replied")
    marked = any(name in headers for name in ("x-autoreply", "x-autorespond", "x-auto-response-suppress-reply"))
    precedence = headers.get("precedence", "").lower() in {"auto_reply", "auto-reply"}
    return said or marked or precedence or bool(AUTOMATIC_SUBJECT.search(report.subject))


def _tells_of_failure(report: Report) -> bool:
    if report.recipients or FAILURE.search(report.subject):
        return True
    from_machine = bool(MACHINE_SENDER.search(report.sender)) or (report.return_path or "x").strip() == "<>"
    words = FAILURE.search(report.text) or STATUS.search(report.text) or any(p.search(report.text) for _, _, p in RULES)
    return from_machine and (bool(words) or report.has_copy)


def _failure(report: Report, failed: list[StatusGroup]) -> Judged:
    diagnostics = " ".join(group.diagnostic for group in failed)
    said = " ".join(f"{diagnostics} {report.text} {report.subject}".split())
    status = _first_status(diagnostics) or _first_status(failed[0].status if failed else "") or _first_status(said)
    if (failed and all(group.action == "delayed" for group in failed)) or DELAY.search(report.subject):
        return Judged(BounceVerdict.SOFT, status, "delayed, and still tried", final=False)
    if status.startswith("4."):
        return Judged(BounceVerdict.SOFT, status, f"status {status}: temporary by its own word")
    found = STAGE.search(said)
    stage = found[1].lower() if found else ""
    if stage not in {"", "rcpt"} and status not in HARD_STATUS:
        return Judged(BounceVerdict.SOFT, status, f"refused at {stage}, which is not about the address")
    for words in (diagnostics, said):
        for verdict, name, pattern in RULES:
            if words and pattern.search(words):
                if verdict is BounceVerdict.HARD and _doubtful(name, words, status, stage):
                    return Judged(BounceVerdict.SOFT, status, f"{name}, but said without proof")
                return Judged(verdict, status, name)
    if status in HARD_STATUS:
        return Judged(BounceVerdict.HARD, status, f"status {status}")
    return Judged(BounceVerdict.SOFT, status, f"status {status}" if status else "a failure without a known reason")


def _doubtful(name: str, words: str, status: str, stage: str) -> bool:
    """Tell whether words that condemn an address stand on nothing: no status of their own, no stage, no name.

    Many servers say `550 User unknown` after the content, for a filter or a full mailbox.
    """
    if stage == "rcpt" or status in HARD_STATUS:
        return False
    if REPLY_FOR_NOW.search(words) and not REPLY_FOR_GOOD.search(words):
        return True
    if name != NO_SUCH_ADDRESS:
        return False
    bare = BARE_REPLY.search(words) is not None
    if status == UNDEFINED_STATUS:
        return bare and "@" not in words
    return bare if not status else status.startswith(("5.2.", "5.7."))


def _first_status(text: str) -> str:
    found = STATUS.search(text)
    return found[1] if found else ""
