"""Decisions: judged at arrival, approved where that is plain, told to both sides, reminded of once (R6, R33, R38)."""

import pytest

from tests.builders import at
from tests.stories import Story

CHOICES = {"choices": ["wait", "split", "cancel"], "decision_needed": True}
BUYER = {"name": "Purchasing", "role": "buyer"}


def asked(**changed):
    return Story().opened(at(20, 9), **(CHOICES | changed))


def decided(story, when, choice, **data):
    by = data.pop("by", BUYER)
    return story.then("decision.recorded", when, seller="bergmann", order="B-1042", choice=choice, by=by, **data)


def refusals(told):
    return [reason for one in told.summary["events"]["details"] for reason in one["reasons"]]


@pytest.mark.parametrize(
    ("choice", "data", "approved"),
    [("wait", {}, True), ("split", {"units": 50}, True), ("split", {}, True), ("cancel", {}, False)],
)
def test_r38_waiting_and_a_split_within_what_is_available_are_approved_at_once(tmp_path, choice, data, approved):
    story = decided(asked(), at(20, 10), choice, line="1", **data)
    told = story.told(tmp_path, at(20, 18))

    assert told.facts().lines[0].decision.approved is approved
    assert told.kinds()[-1] == "decision-confirmed"


def test_r38_the_owner_hears_of_a_decision_at_once(tmp_path):
    told = decided(asked(), at(20, 10), "cancel").told(tmp_path, at(20, 18))

    mail = next(mail for mail in told.mails if mail["X-Backorder-Kind"] == "decision-made")
    assert "north@bergmann.example.com" in mail["To"]
    assert '"type": "decision.approved"' in mail.get_body(("plain",)).get_content()


def test_r38_an_approval_is_told_and_the_same_decision_again_is_not(tmp_path):
    story = decided(asked(), at(20, 10), "cancel")
    decided(story, at(20, 13), "cancel")
    by = {"name": "Order desk"}
    story.then("decision.approved", at(21, 9), seller="bergmann", order="B-1042", choice="cancel", by=by)
    story.then("decision.approved", at(21, 14), seller="bergmann", order="B-1042", choice="cancel", by=by)
    told = story.told(tmp_path, at(21, 18))

    assert told.to_buyer()[1:] == [("decision-confirmed", at(20, 10, 15)), ("decision-confirmed", at(21, 9, 15))]


def test_r38_a_split_that_was_approved_stays_so_whatever_arrives_late(tmp_path):
    story = decided(asked(), at(20, 11), "split", line="1", units=80)
    story.line("stock.allocated", at(20, 10), seen=at(20, 12), available=70)
    told = story.told(tmp_path, at(20, 18))

    assert told.facts().lines[0].decision.approved


@pytest.mark.parametrize(
    ("choice", "data", "says"),
    [
        ("split", {"line": "1", "units": 90}, "units: found 90; allowed: at most the 80 that are available"),
        ("adjust", {"line": "1", "units": 60}, "units: found 60; allowed: at least 80"),
    ],
)
def test_r6_a_decision_that_cannot_be_is_refused_with_the_reason(tmp_path, choice, data, says):
    told = decided(asked(), at(20, 10), choice, **data).told(tmp_path, at(20, 18))

    assert told.summary["events"]["rejected"] == 1
    assert says in refusals(told)[0]
    assert told.kinds() == ["first-notice"]


def test_r38_a_buyers_second_answer_is_refused_and_the_first_stands(tmp_path):
    story = decided(asked(), at(20, 10), "split", line="1", units=50)
    told = decided(story, at(20, 12), "cancel").told(tmp_path, at(20, 18))

    assert "which was chosen already" in refusals(told)[0]
    assert told.facts().lines[0].decision.choice == "split"


def test_r6_a_decision_for_a_closed_line_is_refused(tmp_path):
    story = asked().line("backorder.closed", at(20, 10), outcome="fulfilled")
    told = decided(story, at(20, 12), "wait", line="1").told(tmp_path, at(20, 18))

    assert "which is closed (fulfilled)" in refusals(told)[0]


def test_r4_a_decision_for_an_unknown_line_waits_and_is_judged_when_the_line_opens(tmp_path):
    story = decided(Story(), at(20, 10), "split", line="1", units=50)
    told = story.opened(at(20, 9), seen=at(20, 11), **CHOICES).told(tmp_path, at(20, 18))

    assert told.summary["events"]["waiting"] == 0
    assert told.facts().lines[0].decision.approved


def test_r33_one_reminder_a_business_day_before_and_not_in_between(tmp_path):
    told = asked(decide_by="2026-06-02", next_checkpoint="2026-06-10").told(tmp_path, at(5, 18, month=6))

    assert told.to_buyer() == [("first-notice", at(20, 9, 15)), ("decision-needed", at(1, 10, month=6))]
    assert "by Tuesday 2 June 2026" in " ".join(told.text(0, "decision-needed").split())


def test_r33_no_reminder_once_the_buyer_has_decided(tmp_path):
    story = decided(asked(decide_by="2026-06-02", next_checkpoint="2026-06-10"), at(28, 10), "wait")

    assert story.told(tmp_path, at(5, 18, month=6)).kinds() == ["first-notice", "decision-confirmed"]


def test_r33_an_update_in_the_last_business_day_carries_the_reminder(tmp_path):
    story = asked(decide_by="2026-06-03", next_checkpoint="2026-06-02").reviewed(at(1, 9, month=6))
    told = story.told(tmp_path, at(3, 18, month=6))

    assert [at_ for kind, at_ in told.to_buyer() if kind == "decision-needed"] == [at(2, 10, month=6)]


def test_contract_replaces_closes_the_line_that_another_one_stands_for(tmp_path):
    story = Story().opened(at(20, 9))
    story.opened(at(21, 9), line="2", sku="BX-125", replaces={"order": "B-1042", "line": "1"})
    told = story.told(tmp_path, at(22, 18))

    assert [line.closed for line in told.facts().lines] == ["substituted", None]
    assert told.facts().delayed == 40
