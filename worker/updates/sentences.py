"""Sentences for the seller's people: what an event said, what a change is, what an owner was told (R28).

Mails to buyers have their own words, in templates; these stand in the journal, in `explain` and in the demo.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from schedules.changes import Name
from schedules.kinds import Kind
from schedules.obligations import Code

CHANGE: Final[Mapping[Name, str]] = {
    Name.CASE_OPENED: "units are delayed and the buyer knows nothing of it",
    Name.ALL_SETTLED: "nothing is left to ship",
    Name.ALL_READY: "all units are ready",
    Name.REOPENED: "units are delayed again",
    Name.TAKEN_BACK: "units were taken back",
    Name.DATE_LATER: "the expected date moved later by two business days or more",
    Name.DATE_PASSED: "the expected date passed with units delayed",
    Name.DATE_LOST: "there is no expected date any more",
    Name.DECISION_NEEDED: "the buyer is asked to decide",
    Name.DECISION_RECORDED: "a decision was recorded",
    Name.CANNOT_FULFIL: "it cannot be fulfilled",
    Name.CANCELLED: "units were cancelled",
    Name.LINE_OPENED: "one more line is delayed",
    Name.LINE_CLEARED: "one of the lines is ready",
    Name.LINE_CLOSED: "one of the lines was closed",
    Name.RELEASED: "a tenth of the delayed units or more became ready",
    Name.DATE_GIVEN: "there is an expected date",
    Name.DATE_CONFIRMED: "the expected date is confirmed",
    Name.DATE_EARLIER: "the expected date moved earlier by two business days or more",
    Name.DATE_SLIPPED_LITTLE: "the expected date slipped by a business day",
    Name.CAUSE_CHANGED: "the cause changed",
    Name.ORDERED_RAISED: "the ordered quantity was raised",
    Name.RELEASED_LITTLE: "less than a tenth of the delayed units became ready",
    Name.DATE_EARLIER_LITTLE: "the expected date moved earlier by a business day",
    Name.DATE_UNCONFIRMED: "the expected date is an estimate again",
    Name.SHIPPED: "units shipped",
    Name.ORDERED_LOWERED: "the ordered quantity was lowered",
    Name.REASON_CHANGED: "the reason is worded anew",
    Name.OUTLOOK_CHANGED: "the outlook changed",
    Name.ITEM_CHANGED: "the item changed",
    Name.CHOICES_CHANGED: "the choices changed",
    Name.DEADLINE_CHANGED: "the day to decide by moved",
    Name.PROMISED_DAY_CHANGED: "the day first promised was corrected",
    Name.OWNER_CHANGED: "somebody else answers for the order",
}

SAID_BY_THE_WHOLE: Final[Mapping[Name, tuple[Name, ...]]] = {
    Name.ALL_READY: (Name.LINE_CLEARED,),
    Name.ALL_SETTLED: (Name.LINE_CLEARED, Name.LINE_CLOSED),
}

OWNER_TOLD: Final[Mapping[Code, str]] = {
    Code.LACKS_FACTS: "an update waits for what is missing",
    Code.FREE_TEXT_REFUSED: "a text yields to an approved phrase",
    Code.PAST_CHECKPOINT: "a checkpoint in the past yields to the cadence",
    Code.FIRST_NOTICE_HALF: "half of the time for the first notice is over",
    Code.FIRST_NOTICE_LATE: "the time for the first notice is over",
    Code.UNCONFIRMED_REMINDER: "nothing confirms the facts before the checkpoint",
    Code.UNCONFIRMED_WARNING: "without a confirmation the checkpoint brings a holding note",
    Code.HOLDING_NOTE_SENT: "the buyer got a holding note, because nothing was confirmed",
    Code.CASE_HANDED_OVER: "the case passed to the escalation contact after holding notes in a row",
    Code.PROMISE_MISSED: "an update did not leave at its promised time",
    Code.WAITING_EVENT: "an event waits because its figures do not add up",
    Code.UNDELIVERED: "the buyer did not get the news",
    Code.TELL_BY_PHONE: "the buyer is to be told by phone",
    Code.DECISION_MADE: "the buyer decided",
    Code.LISTING_CONTRADICTION: "the listing contradicts an open backorder",
    Code.CLOSURE_REVIEW: "what to learn from a closed case",
    Code.PLANNING_REVIEW: "the planning review",
    Code.SOURCE_STALE: "a polled source has not been read for a while",
    Code.OPERATOR: "the operator was told",
}


def changes_said(names: Sequence[str]) -> str:
    """Give the changes of a decision as one clause, each once; what the whole order says, no line repeats."""
    whole = {other for name in names for other in SAID_BY_THE_WHOLE.get(Name(name), ())}
    return "; ".join(dict.fromkeys(CHANGE[Name(name)] for name in names if Name(name) not in whole))


def why_sent(section: Mapping[str, Any]) -> str:
    """Say why a section went out, from its JSON."""
    news = changes_said([change["name"] for change in section["changes"]])
    if section["merged"]:
        return f"went along with another order's update: {news or 'its checkpoint is near'}"
    if section["promised"]:
        return f"the promised checkpoint came; {news or 'no news'}"
    if section["kind"] == Kind.CONTACT_CHANGED:
        return "the order has another contact; this is the last note to the one before"
    return f"news for the buyer: {news}" if news else "the buyer is reminded of an open decision"


def owner_told(code: str, lacking: Sequence[str]) -> str:
    """Say what an owner's mail was about, and what lacks, if anything does."""
    said = OWNER_TOLD[Code(code)]
    return f"{said}: {'; '.join(lacking)}" if lacking else said


def event_said(kind: str, data: Mapping[str, Any]) -> str:
    """Say an event (its type and JSON data) as one line; names of people and addresses stay out."""
    words = [_subject(data), EVENT.get(kind, kind), *_figures(data)]
    return " ".join(word for word in words if word)


EVENT: Final[Mapping[str, str]] = {
    "backorder.opened": "opened",
    "line.changed": "changed",
    "stock.received": "received",
    "stock.allocated": "allocated",
    "stock.cleared": "all units are ready",
    "production.changed": "production says",
    "review.recorded": "reviewed by a person",
    "decision.requested": "a decision is asked for",
    "decision.recorded": "the buyer or seller decided",
    "decision.approved": "the decision is approved",
    "split.approved": "the split is approved",
    "shipment.sent": "shipped",
    "line.cancelled": "cancelled",
    "owner.assigned": "has another owner",
    "contact.changed": "has another contact",
    "buyer.told": "the buyer was told by phone",
    "backorder.closed": "closed",
    "seller.paused": "paused",
    "seller.resumed": "resumed",
}
FIGURES: Final = ("ordered", "available", "shipped", "units", "cause", "outlook", "choice", "outcome", "decide_by")


def _subject(data: Mapping[str, Any]) -> str:
    if data.get("line"):
        return f"line {data['line']}"
    return f"item {data['sku']}" if data.get("sku") and not data.get("order") else ""


def _figures(data: Mapping[str, Any]) -> list[str]:
    found = [f"{name.replace('_', ' ')} {data[name]}" for name in FIGURES if data.get(name) is not None]
    if "expected_on" in data:
        sure = " (confirmed)" if data.get("confirmed") or data.get("expected_confirmed") else ""
        found.append(f"expected {data['expected_on']}{sure}" if data["expected_on"] else "no expected date")
    if data.get("next_checkpoint"):
        found.append(f"next checkpoint {data['next_checkpoint']}")
    return [", ".join(found)] if found else []
