"""Every change with the line it is about, what was told and what is true now (R19, R20)."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from schedules.changes import Name, changes
from schedules.facts import Decision
from schedules.kinds import Cause, Choice, Outcome, Outlook
from tests.builders import ESCALATION, OWNER, WHERE, at, line_facts, order_facts

D = Decimal
OTHER_DAY = date(2026, 6, 26)
DAY = date(2026, 6, 12)
BASE = line_facts(expected_on=DAY, expected_confirmed=True, choices=(Choice.WAIT,))
FIRST, SECOND = replace(BASE, line="1"), replace(BASE, line="2")
SPLIT = Decision(choice=Choice.SPLIT, units=D(80), approved=False, at=at(21))
ASKED = {"decision_needed": True, "decide_by": date(2026, 5, 29)}


def found(told, now):
    made = changes(
        order_facts(FIRST, replace(SECOND, **told)), order_facts(FIRST, replace(SECOND, **now)), WHERE.common
    )
    return [(one.name, one.line, one.was, one.now) for one in made]


@pytest.mark.parametrize(
    ("told", "now", "expected"),
    [
        pytest.param({}, {"available": D(100)}, [(Name.RELEASED, "2", D(40), D(20))], id="released"),
        pytest.param({}, {"available": D(81)}, [(Name.RELEASED_LITTLE, "2", D(40), D(1))], id="a unit"),
        pytest.param({}, {"available": D(70)}, [(Name.TAKEN_BACK, "2", D(80), D(70))], id="taken back"),
        pytest.param({}, {"available": D(120)}, [(Name.LINE_CLEARED, "2", D(40), D(120))], id="a line is ready"),
        pytest.param(
            {},
            {"shipped": D(80), "available": D(0)},
            [(Name.SHIPPED, "2", D(0), D(80))],
            id="a shipment of what was ready releases nothing",
        ),
        pytest.param(
            {},
            {"shipped": D(90), "available": D(0)},
            [(Name.RELEASED, "2", D(40), D(10)), (Name.SHIPPED, "2", D(0), D(90))],
            id="a shipment of more than was ready",
        ),
        pytest.param({}, {"ordered": D(150)}, [(Name.ORDERED_RAISED, "2", D(120), D(150))], id="raised"),
        pytest.param({}, {"ordered": D(110)}, [(Name.ORDERED_LOWERED, "2", D(120), D(110))], id="lowered"),
        pytest.param({}, {"cancelled": D(10)}, [(Name.CANCELLED, "2", D(0), D(10))], id="some cancelled"),
        pytest.param(
            {}, {"cancelled": D(40)}, [(Name.CANCELLED, "2", D(0), D(40))], id="all that was delayed cancelled"
        ),
        pytest.param(
            {}, {"closed": Outcome.FULFILLED}, [(Name.LINE_CLOSED, "2", None, Outcome.FULFILLED)], id="closed"
        ),
        pytest.param(
            {},
            {"closed": Outcome.CANCELLED, "cancelled": D(40)},
            [(Name.CANCELLED, "2", None, Outcome.CANCELLED)],
            id="closed as cancelled",
        ),
        pytest.param(
            {"available": D(120)},
            {"available": D(120), "closed": Outcome.CANCELLED},
            [(Name.LINE_CLOSED, "2", None, Outcome.CANCELLED)],
            id="cancelled with nothing delayed is only closed",
        ),
        pytest.param(
            {"closed": Outcome.FULFILLED}, {"closed": Outcome.FULFILLED}, [], id="a closing already told is none"
        ),
        pytest.param({}, {"expected_on": OTHER_DAY}, [(Name.DATE_LATER, "2", DAY, OTHER_DAY)], id="later"),
        pytest.param(
            {"expected_on": OTHER_DAY}, {"expected_on": DAY}, [(Name.DATE_EARLIER, "2", OTHER_DAY, DAY)], id="earlier"
        ),
        pytest.param({}, {"expected_on": None}, [(Name.DATE_LOST, "2", DAY, None)], id="lost"),
        pytest.param({"expected_on": None}, {}, [(Name.DATE_GIVEN, "2", None, DAY)], id="given"),
        pytest.param(
            {"expected_confirmed": False}, {}, [(Name.DATE_CONFIRMED, "2", DAY, DAY)], id="an estimate is confirmed"
        ),
        pytest.param(
            {}, {"expected_confirmed": False}, [(Name.DATE_UNCONFIRMED, "2", DAY, DAY)], id="an estimate again"
        ),
        pytest.param(
            {"expected_on": None, "expected_confirmed": False},
            {"expected_on": None, "expected_confirmed": True},
            [],
            id="without a date there is nothing to confirm",
        ),
        pytest.param(
            {"expected_on": date(2026, 6, 11), "expected_confirmed": False},
            {},
            [
                (Name.DATE_SLIPPED_LITTLE, "2", date(2026, 6, 11), DAY),
                (Name.DATE_CONFIRMED, "2", date(2026, 6, 11), DAY),
            ],
            id="moved little and confirmed with it",
        ),
        pytest.param(
            {"expected_on": date(2026, 6, 11), "expected_confirmed": False},
            {"expected_confirmed": False},
            [(Name.DATE_SLIPPED_LITTLE, "2", date(2026, 6, 11), DAY)],
            id="moved little, still an estimate",
        ),
        pytest.param({}, {"passed": True}, [(Name.DATE_PASSED, "2", DAY, DAY)], id="passed"),
        pytest.param({"passed": True}, {"passed": True}, [], id="a passed date already told is none"),
        pytest.param(
            {"passed": True, "expected_on": date(2026, 5, 8)},
            {"passed": True, "expected_on": date(2026, 5, 11)},
            [
                (Name.DATE_PASSED, "2", date(2026, 5, 8), date(2026, 5, 11)),
                (Name.DATE_SLIPPED_LITTLE, "2", date(2026, 5, 8), date(2026, 5, 11)),
            ],
            id="another passed date is told",
        ),
        pytest.param(
            {},
            {"cause": Cause.TRANSPORT, "reason": "x"},
            [(Name.CAUSE_CHANGED, "2", Cause.INSPECTION_HOLD, Cause.TRANSPORT)],
            id="the cause says more than the reason",
        ),
        pytest.param({}, {"reason": "x"}, [(Name.REASON_CHANGED, "2", None, "x")], id="the reason"),
        pytest.param(
            {"reason_text": "a"}, {"reason_text": "b"}, [(Name.REASON_CHANGED, "2", None, None)], id="its text"
        ),
        pytest.param(
            {},
            {"outlook": Outlook.UNCERTAIN},
            [(Name.OUTLOOK_CHANGED, "2", Outlook.TEMPORARY, Outlook.UNCERTAIN)],
            id="the outlook",
        ),
        pytest.param(
            {},
            {"outlook": Outlook.CANNOT_FULFIL},
            [
                (Name.CANNOT_FULFIL, "2", Outlook.TEMPORARY, Outlook.CANNOT_FULFIL),
                (Name.CHOICES_CHANGED, "2", (Choice.WAIT,), ()),
            ],
            id="it cannot be fulfilled, and nobody may wait for it",
        ),
        pytest.param({}, {"sku": "X", "product": ""}, [(Name.ITEM_CHANGED, "2", BASE.product, "X")], id="another item"),
        pytest.param({"product": ""}, {"product": "P"}, [(Name.ITEM_CHANGED, "2", BASE.sku, "P")], id="a name for it"),
        pytest.param(
            {}, {"promised_on": DAY}, [(Name.PROMISED_DAY_CHANGED, "2", None, DAY)], id="the day first promised"
        ),
        pytest.param({}, {"decision": SPLIT}, [(Name.DECISION_RECORDED, "2", None, Choice.SPLIT)], id="a decision"),
        pytest.param({"decision": SPLIT}, {"decision": SPLIT}, [], id="the same decision again"),
        pytest.param(
            {"decision": SPLIT},
            {"decision": replace(SPLIT, approved=True)},
            [(Name.DECISION_RECORDED, "2", None, Choice.SPLIT)],
            id="its approval",
        ),
        pytest.param({"decision": SPLIT}, {}, [], id="a decision that fell away"),
        pytest.param({}, ASKED, [(Name.DECISION_NEEDED, "2", None, date(2026, 5, 29))], id="asked"),
        pytest.param(
            ASKED,
            ASKED | {"decide_by": DAY},
            [(Name.DEADLINE_CHANGED, "2", date(2026, 5, 29), DAY)],
            id="another day to answer by",
        ),
        pytest.param(ASKED, {"decide_by": DAY}, [], id="no decision is open, so no deadline"),
        pytest.param(ASKED, ASKED, [], id="asked before"),
        pytest.param(
            {},
            {"choices": (Choice.WAIT, Choice.CANCEL)},
            [(Name.CHOICES_CHANGED, "2", (Choice.WAIT,), (Choice.WAIT, Choice.CANCEL))],
            id="the choices",
        ),
    ],
)
def test_r20_each_difference_says_its_line_what_was_told_and_what_is_true(told, now, expected):
    assert found(told, now) == expected


def test_r20_what_is_told_of_a_delayed_line_is_not_told_of_one_that_is_ready():
    ready = {"available": D(120)}
    more = {"expected_on": OTHER_DAY, "cause": Cause.TRANSPORT, "reason": "x", **ASKED}

    assert found(ready, ready | more) == []


def test_r20_somebody_else_answers_for_the_order():
    told, now = order_facts(FIRST), replace(order_facts(FIRST), owner=ESCALATION)
    (one,) = changes(told, now, WHERE.common)

    assert (one.name, one.line, one.was, one.now) == (Name.OWNER_CHANGED, "", OWNER, ESCALATION)


def test_r40_a_case_that_was_ready_reopens_with_the_line_that_is_new():
    ready = replace(FIRST, available=D(120))
    made = changes(order_facts(ready), order_facts(ready, SECOND), WHERE.common)

    assert [(one.name, one.line, one.now) for one in made] == [
        (Name.CASE_OPENED, "2", None),
        (Name.LINE_OPENED, "2", D(40)),
    ]


def test_r40_or_with_units_that_are_delayed_again():
    ready = replace(FIRST, available=D(120))
    names = [one.name for one in changes(order_facts(ready), order_facts(replace(ready, ordered=D(130))), WHERE.common)]

    assert names == [Name.REOPENED, Name.ORDERED_RAISED, Name.CHOICES_CHANGED]


def test_r20_a_line_that_opens_with_nothing_delayed_is_no_change():
    ready = replace(SECOND, available=D(120))

    assert changes(order_facts(FIRST), order_facts(FIRST, ready), WHERE.common) == ()


def test_r20_a_release_onto_a_line_that_had_nothing_delayed_counts_in_full():
    told, now = {"available": D(120)}, {"ordered": D(200), "available": D(121)}

    assert (Name.RELEASED, "2", D(0), D(1)) in found(told, now)


def test_r40_all_ready_and_all_settled_are_said_of_the_whole_order():
    told = order_facts(FIRST)
    ready = changes(told, order_facts(replace(FIRST, available=D(120))), WHERE.common)
    shipped = changes(told, order_facts(replace(FIRST, available=D(0), shipped=D(120))), WHERE.common)

    assert [one.name for one in ready] == [Name.ALL_READY, Name.LINE_CLEARED]
    assert [one.name for one in shipped] == [Name.ALL_SETTLED, Name.LINE_CLEARED, Name.SHIPPED]
    assert (ready[0].line, shipped[0].line) == ("", "")
