"""The last guard: no incomplete update leaves, whatever composed it (R8); and what answers an owner's item (R9)."""

import json
from dataclasses import replace

import pytest

from schedules.completeness import Element
from schedules.events import Person
from schedules.kinds import Outlook
from schedules.obligations import Code
from tests.builders import at
from tests.unit.rendering.cases import first
from worker.updates.checklist import checked, passes
from worker.updates.paste import answering_event

COMPLETE = first()


def with_line(**changed):
    section = COMPLETE.sections[0]
    return replace(COMPLETE, sections=(replace(section, lines=(replace(section.lines[0], **changed),)),))


def with_section(**changed):
    return replace(COMPLETE, sections=(replace(COMPLETE.sections[0], **changed),))


def failed(statement):
    return {verdict.element for verdict in checked(statement, statement.at) if not verdict.passed}


def test_r8_a_complete_update_passes():
    assert failed(COMPLETE) == set()
    assert passes(checked(COMPLETE, COMPLETE.at))


@pytest.mark.parametrize(
    ("statement", "element"),
    [
        pytest.param(with_line(sku="", product=""), Element.ITEM, id="no item"),
        pytest.param(with_line(available=-1), Element.QUANTITY, id="a negative figure"),
        pytest.param(with_line(reason=None), Element.REASON, id="no reason"),
        pytest.param(
            with_line(outlook=Outlook.CANNOT_FULFIL, offered=("wait",)),
            Element.CHOICES,
            id="to wait for what never comes",
        ),
        pytest.param(with_section(checkpoint=None), Element.CHECKPOINT, id="no next checkpoint"),
        pytest.param(with_section(closing=True), Element.CHECKPOINT, id="a closed case with a checkpoint"),
        pytest.param(with_section(owner=Person(name="Nobody")), Element.OWNER, id="nobody to reach"),
        pytest.param(replace(COMPLETE, at=at(1, month=12)), Element.CHECKPOINT, id="a checkpoint in the past"),
    ],
)
def test_r8_what_lacks_an_element_does_not_leave(statement, element):
    assert failed(statement) == {element}
    assert not passes(checked(statement, statement.at))


@pytest.mark.parametrize(
    ("code", "lacking", "kind", "data"),
    [
        (Code.LACKS_FACTS, ("reason_text: found no text",), "line.changed", {"line": "1", "reason_text": "…"}),
        (Code.LACKS_FACTS, ("choices: found none",), "line.changed", {"line": "1", "choices": ["…"]}),
        (Code.LACKS_FACTS, ("owner: found no address",), "line.changed", {"line": "1", "reason_text": "…"}),
        (Code.PAST_CHECKPOINT, (), "review.recorded", {"next_checkpoint": "…", "by": "…"}),
        (Code.UNCONFIRMED_REMINDER, (), "review.recorded", {"confirmed": "…", "next_checkpoint": "…", "by": "…"}),
        (Code.TELL_BY_PHONE, (), "buyer.told", {"by": "…", "next_checkpoint": "…"}),
        (Code.CLOSURE_REVIEW, (), "closure.reviewed", {"cause": "…", "proposals": [], "by": "…"}),
        (
            Code.DECISION_MADE,
            ("choice: split, 40 units",),
            "decision.approved",
            {"choice": "split", "by": {"name": "…"}, "line": "1"},
        ),
    ],
)
def test_r9_an_owner_gets_the_event_that_answers_ready_to_complete(code, lacking, kind, data):
    event = json.loads(answering_event(code, "bergmann", "B-1", "1", lacking, at(20)))

    assert event["type"] == kind
    assert event["data"] == {"seller": "bergmann", "order": "B-1"} | data


def test_an_item_that_no_event_answers_has_none():
    assert answering_event(Code.UNDELIVERED, "bergmann", "B-1", "", (), at(20)) == ""


def test_a_decision_about_the_whole_order_names_no_line():
    event = json.loads(answering_event(Code.DECISION_MADE, "bergmann", "B-1", "", (), at(20)))

    assert "line" not in event["data"]
    assert event["data"]["choice"] == "…"
