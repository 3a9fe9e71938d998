"""Decisions are judged once, on the facts of their arrival (R6, R38)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from schedules.commands import choice_of, ruling
from schedules.facts import Decision
from schedules.kinds import Choice, Outcome, Outlook
from tests.builders import at, core_event, line_facts, of_line, order_facts

D = Decimal
BASE = line_facts(choices=(Choice.WAIT, Choice.SPLIT, Choice.ADJUST))
BUYER = {"name": "Purchasing", "role": "buyer"}
SELLER = {"name": "Desk", "role": "seller"}
WAITED = {"decision": Decision(choice=Choice.WAIT, approved=False, at=at(20))}
SPLIT_50 = {"decision": Decision(choice=Choice.SPLIT, units=D(50), approved=False, at=at(20))}


def ruled(changed, kind="decision.recorded", *, order=None, **data):
    event = core_event(kind, at(21), **(of_line(by=BUYER) | data))
    return ruling(order or order_facts(replace(BASE, **changed)), event)


@pytest.mark.parametrize(
    ("line", "data", "said"),
    [
        pytest.param({"closed": Outcome.FULFILLED}, {"choice": "wait"}, "closed (fulfilled)", id="a closed line"),
        pytest.param({"available": D(120)}, {"choice": "wait"}, "of which nothing is delayed", id="nothing delayed"),
        pytest.param({}, {"choice": "wait", "line": "9"}, "of which nothing is delayed", id="an unknown line"),
        pytest.param(WAITED, {"choice": "cancel"}, "wait, which was chosen already", id="a second answer"),
        pytest.param(SPLIT_50, {"choice": "split", "units": 60}, "chosen already", id="other units of it"),
        pytest.param({}, {"choice": "split", "units": 81}, "at most the 80 that are available", id="a split of more"),
        pytest.param({"available": D(0)}, {"choice": "split"}, "nothing of line 1 is available", id="of nothing"),
        pytest.param({"outlook": Outlook.CANNOT_FULFIL}, {"choice": "wait"}, "cannot be fulfilled", id="for ever"),
        pytest.param(
            {"shipped": D(10), "cancelled": D(5)},
            {"choice": "adjust", "units": 94},
            "at least 95",
            id="too few",
        ),
    ],
)
def test_r38_a_decision_that_the_facts_do_not_allow_is_refused_with_the_reason(line, data, said):
    made = ruled(line, **data)

    assert said in made.refusal
    assert (made.lines, made.approved) == ((), False)


@pytest.mark.parametrize(
    ("line", "data", "approved"),
    [
        pytest.param({}, {"choice": "wait"}, True, id="to wait"),
        pytest.param({}, {"choice": "split"}, True, id="a split of what is ready"),
        pytest.param({}, {"choice": "split", "units": 80}, True, id="a split of all that is ready"),
        pytest.param({}, {"choice": "adjust", "units": 80}, False, id="an adjustment needs the seller"),
        pytest.param({}, {"choice": "cancel"}, False, id="a cancellation needs the seller"),
        pytest.param(WAITED, {"choice": "wait"}, True, id="the same again"),
        pytest.param(WAITED, {"choice": "cancel", "by": SELLER}, False, id="the seller decides otherwise"),
        pytest.param(WAITED | {"decision_needed": True}, {"choice": "cancel"}, False, id="asked anew"),
    ],
)
def test_r38_waiting_and_a_split_of_what_is_ready_are_approved_at_once(line, data, approved):
    made = ruled(line, **data)

    assert (made.refusal, made.lines, made.approved) == ("", ("1",), approved)


def test_r38_an_approval_by_the_seller_is_no_request():
    made = ruled({}, "split.approved", units=40, by="Desk")

    assert (made.lines, made.approved) == (("1",), False)


def test_an_approved_split_need_not_say_so():
    assert choice_of(core_event("split.approved", at(21), **of_line(units=4, by="Desk"))) is Choice.SPLIT


def test_r38_a_decision_without_a_line_is_about_every_delayed_line_and_names_no_units():
    two = order_facts(BASE, replace(BASE, line="2"), replace(BASE, line="3", available=D(120)))

    assert ruled({}, order=two, line=None, choice="wait").lines == ("1", "2")
    assert "several lines" in ruled({}, order=two, line=None, choice="split", units=5).refusal


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({}, {}, True),
        ({}, {"choice": Choice.CANCEL}, False),
        ({"units": D(5)}, {"units": D(5)}, True),
        ({"units": D(5)}, {"units": D(6)}, False),
        ({"units": D(5)}, {"units": None}, False),
        ({"units": D(5)}, {"units": None, "approved": True}, True),
        ({"units": None}, {"units": D(6)}, True),
        ({"sku": "A"}, {"sku": "A"}, True),
        ({"sku": "A"}, {"sku": None}, True),
        ({"sku": "A"}, {"sku": "B"}, False),
    ],
)
def test_r38_the_same_decision_again_is_no_change(one, other, same):
    base = Decision(choice=Choice.SPLIT, approved=False, at=at(21))

    assert replace(base, **one).is_same_choice(replace(base, **other)) is same
