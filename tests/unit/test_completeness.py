"""What an update lacks is known before it is composed (R8, R9)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from schedules.completeness import Element, Wording, lacking, owner_of, replaced
from schedules.events import Person
from schedules.facts import Substitute
from schedules.kinds import Cause, Choice, Outlook
from tests.builders import ESCALATION, OWNER, WORDING, line_facts, order_facts

BASE = line_facts(choices=(Choice.WAIT, Choice.SPLIT))
REFUSING = Wording(WORDING.phrasebook, frozenset({"their fault"}))


@pytest.mark.parametrize(
    ("changed", "owner", "element", "field", "found"),
    [
        pytest.param({"sku": "", "product": ""}, OWNER, Element.ITEM, "sku", "nothing", id="no item"),
        pytest.param({"cause": Cause.OTHER}, OWNER, Element.REASON, "reason_text", "no text", id="no reason"),
        pytest.param(
            {"cause": Cause.OTHER, "reason_text": "their fault"},
            OWNER,
            Element.REASON,
            "reason_text",
            "a text that fails the wording rules",
            id="a refused reason",
        ),
        pytest.param(
            {"decision_needed": True, "choices": ()}, OWNER, Element.CHOICES, "choices", "none", id="nothing to choose"
        ),
        pytest.param(
            {"decision_needed": True, "choices": (Choice.WAIT,), "outlook": Outlook.CANNOT_FULFIL},
            OWNER,
            Element.CHOICES,
            "choices",
            "wait",
            id="nothing that applies",
        ),
        pytest.param(
            {"choices": (Choice.SUBSTITUTE,)},
            OWNER,
            Element.CHOICES,
            "substitute",
            "choice `substitute` without a substitute",
            id="no substitute named",
        ),
        pytest.param({}, Person(name="Nobody"), Element.OWNER, "owner", "no address", id="nobody to reach"),
    ],
)
def test_r9_what_is_missing_is_named_with_its_field(changed, owner, element, field, found):
    (lack,) = lacking(replace(BASE, **changed), owner, REFUSING)

    assert (lack.line, lack.element, lack.field, lack.found) == ("1", element, field, found)
    assert str(lack).startswith(f"{field}: found {found}; allowed: ")
    assert len(lack.allowed) > 20


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({}, id="complete"),
        pytest.param({"sku": ""}, id="a product name is enough"),
        pytest.param({"cause": Cause.OTHER, "reason_text": "A worn tool is being replaced"}, id="a text of its own"),
        pytest.param({"cause": Cause.OTHER, "available": Decimal(120)}, id="nothing delayed needs no reason"),
        pytest.param({"choices": (Choice.SUBSTITUTE,), "substitute": Substitute(sku="X")}, id="a substitute named"),
    ],
)
def test_r9_a_complete_line_lacks_nothing(changed):
    assert lacking(replace(BASE, **changed), OWNER, REFUSING) == ()


@pytest.mark.parametrize(
    ("changed", "field", "found"),
    [
        pytest.param({"reason_text": "their fault"}, "reason_text", "“their fault”", id="a reason"),
        pytest.param({"confirmed_text": "their fault"}, "confirmed", "“their fault”", id="what a review said"),
        pytest.param({"reason": "no-such"}, "reason", "`no-such`", id="a key nobody approved"),
    ],
)
def test_r9_what_yields_to_an_approved_phrase_is_told_to_the_owner(changed, field, found):
    (note,) = replaced(replace(BASE, **changed), REFUSING)

    assert (note.field, note.found) == (field, found)
    assert replaced(BASE, REFUSING) == ()


def test_r31_a_text_is_said_only_if_it_passes():
    assert REFUSING.said("their fault") is None
    assert REFUSING.said("") is None
    assert REFUSING.said("A worn tool is being replaced") == "A worn tool is being replaced"
    assert REFUSING.reason(replace(BASE, reason_text="Fine")).key == "free-text"
    assert REFUSING.reason(replace(BASE, reason_text="their fault")).key == "inspection_hold"
    assert REFUSING.reason(replace(BASE, reason="transport")).text == "Approved text for transport"


def test_the_orders_owner_answers_else_the_sellers_default():
    assert owner_of(replace(order_facts(), owner=ESCALATION), OWNER) == ESCALATION
    assert owner_of(replace(order_facts(), owner=None), OWNER) == OWNER
    assert owner_of(replace(order_facts(), owner=Person(name="x")), OWNER) == OWNER
