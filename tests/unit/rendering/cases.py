"""One statement for each kind of mail, and more where a kind has several faces; made by the planner, not by hand."""

from dataclasses import replace

from schedules.cadence import NextCheckpoint
from schedules.completeness import Wording
from schedules.correspondence import Told
from schedules.events import Person
from schedules.facts import OrderFacts
from schedules.kinds import Kind, OwnerKind, PromisedAs, SetBy
from schedules.obligations import KIND_OF, Code
from schedules.planner import plan
from schedules.promises import Promise, kept_until
from schedules.rhythm import DEFAULT
from tests.builders import (
    BERLIN,
    ESCALATION,
    OWNER,
    WHERE,
    at,
    core_event,
    correspondence,
    line_facts,
    of_line,
    opened,
    order_facts,
    thread,
)
from worker.rendering.phrasebook import load_phrasebook
from worker.updates.compose import Reader, compose, with_links
from worker.updates.paste import answering_event
from worker.updates.statement import OwnerItem, OwnerStatement, SellerCard, UpdateStatement

WORDS = Wording(load_phrasebook())
CARD = SellerCard(
    slug="bergmann",
    name="Bergmann Linear",
    order_desk="orders@bergmann.example.com",
    support="support@bergmann.example.com",
    sender=Person(name="Bergmann Linear", email="updates@bergmann.example.com"),
)
READER = Reader(contact=Person(name="Purchasing", email="p@muster.example.com"), locale="en", zone=BERLIN)
DUE = NextCheckpoint(due_at=at(28, 10), promised_as=PromisedAs.DAY, set_by=SetBy.CADENCE, line="1")
ASKED = {"choices": ["wait", "split", "substitute", "adjust", "cancel"], "decision_needed": True}
SIMPLE = {"choices": ["wait", "split", "cancel"], "decision_needed": True}
SUBSTITUTE = {"sku": "BX-125", "product": "Linear bearing block 25 mm"}
BY_BUYER = {"name": "R. Muster", "role": "buyer"}


def event(kind, day, hour=9, **data):
    return core_event(kind, at(day, hour), **of_line(**data))


def first(*more, now=None, **changed) -> UpdateStatement:
    """A first notice of one line, or several."""
    facts = order_facts(line_facts(opened(**changed)), *more)
    return _planned(now or at(20, 9, 15), thread(facts))


def later(*events, day=22, hour=12, told=None, holding_notes=0, **changed) -> UpdateStatement:
    """The update after a first notice of the same line, once these events are in."""
    start = opened(**changed)
    before = told or order_facts(line_facts(start))
    facts = order_facts(line_facts(start, *events))
    return _planned(at(day, hour), _told(facts, before, holding_notes=holding_notes))


def _told(facts: OrderFacts, before: OrderFacts, checkpoint=DUE, **changed):
    said = Told(facts=before, accepted_at=at(20, 9, 15), kind=Kind.FIRST_NOTICE, checkpoint=checkpoint)
    promise = Promise(made_at=at(20, 9, 15), checkpoint=checkpoint, kept_until=kept_until(checkpoint, WHERE, DEFAULT))
    return thread(facts, told=said, promise=promise, window=None, **changed)


def _planned(now, *threads) -> UpdateStatement:
    made = plan(correspondence(*threads), DEFAULT, WHERE, WORDS, now)
    assert made.updates, made.verdicts
    orders = {one.facts.order: one.facts.po for one in threads}
    composed = compose(made.updates[0], CARD, READER, WORDS, now, orders)
    decide = {order: f"https://updates.example.com/d/token-of-{order}" for order in orders}
    return with_links(composed, decide, "https://updates.example.com/p/token-of-the-reader")


def _shipping() -> UpdateStatement:
    start = opened()
    cleared = event("stock.cleared", 21)
    step = replace(DUE, due_at=at(22, 10), shipping_step=True)
    ready = order_facts(line_facts(start, cleared))
    return _planned(at(22, 10), _told(ready, ready, step))


def _many() -> UpdateStatement:
    lines = [
        replace(line_facts(opened(line=str(number), sku=f"BX-{number}")), changed_at=at(20)) for number in range(2, 31)
    ]
    before = order_facts(line_facts(opened()), *lines)
    after = order_facts(line_facts(opened(), event("stock.allocated", 22, available=100)), *lines)
    return _planned(at(22, 12), _told(after, before))


def _merged() -> UpdateStatement:
    other = replace(
        order_facts(line_facts(opened(order="B-1043", sku="RS-400", product="Guide rail 400 mm"))), order="B-1043"
    )
    return _planned(at(20, 9, 15), thread(order_facts()), thread(replace(other, po=""), thread_id=2))


def _left() -> UpdateStatement:
    gone = replace(order_facts(), lines=())
    return _planned(at(22, 12), _told(gone, order_facts(), leaving=True))


def _reminded() -> UpdateStatement:
    start = opened(**ASKED, substitute=SUBSTITUTE, decide_by="2026-05-26", next_checkpoint="2026-06-10")
    facts = order_facts(line_facts(start))
    due = replace(DUE, due_at=at(10, 10, month=6), set_by=SetBy.PERSON)
    return _planned(at(25, 10), _told(facts, facts, due))


UPDATES = {
    "first-notice": lambda: first(**(ASKED | {"substitute": SUBSTITUTE}), expected_on="2026-06-10"),
    "first-notice-no-date": first,
    "first-notice-several-lines": lambda: first(
        line_facts(
            opened(line="2", sku="RS-400", product="Guide rail 400 mm", ordered=1, available=0, cause="transport")
        ),
        expected_on="2026-06-10",
        expected_confirmed=True,
    ),
    "first-notice-cannot-fulfil": lambda: first(
        outlook="cannot_fulfil", choices=["wait", "cancel"], decision_needed=True
    ),
    "first-notice-merged": _merged,
    "partial-release": lambda: later(event("stock.allocated", 22, available=100)),
    "partial-release-many-lines": _many,
    "stock-cleared": lambda: later(event("stock.cleared", 22)),
    "stock-cleared-part-cancelled": lambda: later(
        event("line.cancelled", 21, units=5),
        event("stock.cleared", 22),
        told=order_facts(line_facts(opened(), event("line.cancelled", 21, units=5))),
    ),
    "production-changed": lambda: later(
        event("production.changed", 22, expected_on="2026-06-24"), expected_on="2026-06-10", expected_confirmed=True
    ),
    "units-taken-back": lambda: later(event("stock.allocated", 22, available=60)),
    "line-cancelled": lambda: later(event("line.cancelled", 22, units=15)),
    "decision-needed": lambda: later(event("decision.requested", 22, choices=["wait", "split"])),
    "decision-needed-reminder": _reminded,
    "decision-confirmed": lambda: later(event("decision.recorded", 22, choice="cancel", by=BY_BUYER), **SIMPLE),
    "decision-confirmed-approved": lambda: later(
        event("decision.approved", 22, choice="split", units=50, by=BY_BUYER), **SIMPLE
    ),
    "checkpoint-review": lambda: later(
        event("review.recorded", 27, by="Order desk North", confirmed="The measurement has begun"), day=28, hour=10
    ),
    "holding-note": lambda: later(day=28, hour=10),
    "holding-note-handed-over": lambda: later(day=28, hour=10, holding_notes=2),
    "final-note": lambda: later(event("shipment.sent", 22, shipped=120)),
    "final-note-at-the-shipping-step": _shipping,
    "contact-changed": _left,
}


def item(code: Code, **changed) -> OwnerItem:
    url = "" if code is Code.OPERATOR else "https://updates.example.com/r/token-of-the-owner"
    values = {
        "url": url,
        "order": "B-1042",
        "company": "Muster Maschinenbau",
        "line": "1",
        "code": code,
        "due_at": at(28, 10),
    }
    lacking = changed.get("lacking", ())
    answer = answering_event(code, "bergmann", "B-1042", "1", tuple(lacking), at(22, 10))
    return OwnerItem(**(values | {"sku": "BX-120", "product": "Linear bearing block 20 mm", "event": answer} | changed))


OWNER_ITEMS = {
    OwnerKind.FACTS_MISSING: [item(Code.LACKS_FACTS, lacking=("reason_text: found no text; allowed: a short text",))],
    OwnerKind.REVIEW_REMINDER: [
        item(Code.UNCONFIRMED_REMINDER, confirmed_since=at(20, 9)),
        item(Code.UNCONFIRMED_WARNING, order="B-1043", confirmed_since=at(20, 9)),
    ],
    OwnerKind.ESCALATION: [item(Code.PROMISE_MISSED)],
    OwnerKind.DECISION_MADE: [
        item(
            Code.DECISION_MADE,
            lacking=("choice: cancel",),
            note="R. Muster chose for line 1: cancel; it waits for you.",
        )
    ],
    OwnerKind.UNDELIVERED: [item(Code.UNDELIVERED, note="The mail came back: 5.1.1 no such mailbox.")],
    OwnerKind.TELL_BUYER: [
        item(
            Code.TELL_BY_PHONE,
            note="Paused by Order desk North.",
            say="20 units more are ready.\n\nYou hear from us again on 3 June.",
        )
    ],
    OwnerKind.LISTING_CONTRADICTION: [
        item(
            Code.LISTING_CONTRADICTION,
            due_at=None,
            lacking=("its listing says ready", "12 paid clicks in the last 7 days"),
        )
    ],
    OwnerKind.CLOSURE_REVIEW: [item(Code.CLOSURE_REVIEW, due_at=None)],
    OwnerKind.PLANNING_REVIEW: [
        item(
            Code.PLANNING_REVIEW,
            **dict.fromkeys(("order", "company", "line", "sku", "product"), ""),
            due_at=None,
            note="12 backorders in 8 weeks, 3 still open, 6 days delayed on average.",
            lacking=(
                "By cause: 9 supplier timing, 3 inspection hold.",
                "BX-120 was short again 2 times within 60 days.",
            ),
            url="https://updates.example.com/review?seller=bergmann",
        )
    ],
    OwnerKind.OPERATOR_NOTICE: [
        item(Code.OPERATOR, order="", line="", sku="", product="", due_at=None, note="Mail waits.")
    ],
}


def owners(kind: OwnerKind) -> OwnerStatement:
    """A list of a kind to the owner; to the escalation contact where it is one."""
    to = ESCALATION if kind is OwnerKind.ESCALATION else OWNER
    items = tuple(OWNER_ITEMS[kind])
    return OwnerStatement(kind=kind, seller=CARD, to=to, locale="en", zone=BERLIN, at=at(22, 10), items=items)


assert set(OWNER_ITEMS) == set(OwnerKind)
assert all(KIND_OF[one.code] is kind for kind, found in OWNER_ITEMS.items() for one in found)
