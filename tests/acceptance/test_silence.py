"""What silence means: the order keeps waiting, or a preset cancels what nobody accepted (R39)."""

from datetime import date

import pytest

from schedules.kinds import Choice
from schedules.silence import silence_means
from tests.builders import at, line_facts
from tests.stories import Story
from worker.presets import presets

US = "us-delay-option"
ASKED = {"choices": ["wait", "cancel"], "decision_needed": True, "promised_on": "2026-05-22"}


@pytest.mark.parametrize(
    ("changed", "means"),
    [
        ({"expected_on": date(2026, 6, 21)}, Choice.WAIT),
        ({"expected_on": date(2026, 6, 22)}, Choice.CANCEL),
        ({"expected_on": None}, Choice.CANCEL),
        ({"expected_on": date(2026, 6, 10), "asked_for": date(2026, 6, 1)}, Choice.CANCEL),
        ({"expected_on": date(2026, 6, 1), "asked_for": date(2026, 6, 1)}, Choice.WAIT),
        ({"expected_on": date(2026, 6, 1), "passed": True}, Choice.CANCEL),
        ({"expected_on": date(2026, 9, 1), "promised_on": None}, Choice.WAIT),
    ],
    ids=["30 days", "31 days", "no day", "a later delay", "the first delay", "passed", "nothing promised"],
)
def test_r39_silence_consents_to_a_first_delay_of_30_days_and_to_nothing_else(changed, means):
    line = line_facts(**({"promised_on": date(2026, 5, 22), "decision_needed": True} | changed))

    assert silence_means(line, presets()[US]) is means
    assert silence_means(line, presets()["default"]) is Choice.WAIT


def test_r39_what_nobody_accepted_in_time_is_cancelled_and_the_mail_had_said_so(tmp_path):
    told = Story(policy=US).opened(**ASKED, decide_by="2026-05-27").told(tmp_path, at(29, 12))

    assert "Without an answer, the delayed units are cancelled." in told.text(0, "first-notice")
    assert told.facts().lines[0].cancelled == 40
    assert told.decisions("dropped", "R39")[0]["at"] == "2026-05-27T22:00:00Z"
    assert told.kinds()[-1] in {"line-cancelled", "stock-cleared"}
    assert "40 units" in told.text(-1)


def test_r39_without_a_preset_the_order_keeps_waiting(tmp_path):
    told = Story().opened(**ASKED, decide_by="2026-05-27").told(tmp_path, at(29, 12))

    assert "Without an answer, the order keeps waiting." in told.text(0, "first-notice")
    assert told.facts().lines[0].cancelled == 0


def test_r39_an_answer_in_time_ends_the_question(tmp_path):
    story = Story(policy=US).opened(**ASKED, decide_by="2026-05-27")
    story.line("decision.recorded", at(27, 17), choice="wait", by={"name": "R. Muster", "role": "buyer"})

    assert story.told(tmp_path, at(29, 12)).facts().lines[0].cancelled == 0


def test_r39_silence_counts_only_after_a_request_that_was_accepted_and_did_not_bounce(tmp_path):
    story = Story(policy=US).opened(**ASKED, decide_by="2026-05-27")
    bounced = story.told(tmp_path, at(29, 12), [{"to": "p@muster.example.com", "answer": "bounce"}])

    assert bounced.facts().lines[0].cancelled == 0


def test_r39_a_second_later_delay_needs_the_buyers_word(tmp_path):
    story = Story(policy=US).opened(**ASKED, expected_on="2026-06-01", decide_by="2026-05-27")
    story.line("decision.recorded", at(26, 17), choice="wait", by={"name": "R. Muster", "role": "buyer"})
    story.line("production.changed", at(28, 9), expected_on="2026-06-10")
    story.then(
        "decision.requested",
        at(28, 9, 5),
        seller="bergmann",
        order="B-1042",
        choices=["wait", "cancel"],
        decide_by="2026-06-02",
    )
    told = story.told(tmp_path, at(3, 12, month=6))

    assert "Without an answer, the order keeps waiting." in told.text(0, "first-notice")
    assert told.facts().lines[0].cancelled == 40
    assert told.decisions("dropped", "R39")
