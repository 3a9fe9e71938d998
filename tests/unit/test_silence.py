"""When silence counts, by the preset for the US delay option (R39)."""

from dataclasses import replace
from datetime import date

import pytest

from schedules.kinds import Choice
from schedules.rhythm import DEFAULT
from schedules.scene import scene_of
from schedules.silence import Lapse, lapse, silence_means
from tests.builders import WHERE, WORDING, at, correspondence, thread
from tests.unit.plans import BASE, heard, order

CANCELS = replace(DEFAULT, silence_cancels_after_days=30)
ASKED = {
    "decision_needed": True,
    "choices": (Choice.WAIT, Choice.CANCEL),
    "promised_on": date(2026, 5, 10),
    "expected_on": None,
}


def asked(**changed):
    return heard(order(ASKED | changed), told=order(ASKED | changed))


def found(one, rhythm=CANCELS):
    return lapse(scene_of(one, correspondence(one), WHERE, rhythm, WORDING, at(21)))


@pytest.mark.parametrize(
    ("changed", "ends"),
    [
        pytest.param({"decide_by": date(2026, 5, 26)}, at(27, 0), id="a day is over when it ends in the buyer's zone"),
        pytest.param({"decide_by": at(26, 12)}, at(26, 12), id="a moment is over as it comes"),
        pytest.param({}, at(27, 10), id="without one the checkpoint ends it"),
        pytest.param({"decide_by": date(2026, 5, 18)}, at(27, 10), id="so it does where the day had passed"),
    ],
)
def test_r39_silence_counts_from_what_the_mail_said(changed, ends):
    assert found(asked(**changed)) == Lapse(order="B-1042", lines=("1",), at=ends)


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(thread(order(ASKED)), id="nothing was asked for in an accepted mail"),
        pytest.param(heard(order(ASKED)), id="the mail did not ask"),
        pytest.param(heard(order(ASKED | {"decision_needed": False}), told=order(ASKED)), id="it was answered"),
        pytest.param(replace(asked(), paused_by="Desk"), id="paused"),
        pytest.param(replace(asked(), leaving=True), id="another contact has the order"),
    ],
)
def test_r39_silence_counts_only_while_what_was_asked_for_stands(one):
    assert found(one) is None


@pytest.mark.parametrize(
    ("dated", "cancels"),
    [
        pytest.param({"expected_on": date(2026, 6, 9)}, False, id="a first delay within 30 days"),
        pytest.param({"expected_on": date(2026, 6, 10)}, True, id="a longer one"),
        pytest.param({"expected_on": date(2026, 6, 1), "asked_for": date(2026, 5, 25)}, True, id="a later one"),
        pytest.param({"expected_on": date(2026, 6, 1), "asked_for": date(2026, 6, 1)}, False, id="the same again"),
        pytest.param({"expected_on": date(2026, 5, 12), "passed": True}, True, id="a day that has passed"),
        pytest.param({"promised_on": None}, False, id="nothing was promised, so nothing is late"),
    ],
)
def test_r39_silence_consents_to_a_first_short_delay_only(dated, cancels):
    line = replace(BASE, **(ASKED | dated))

    assert silence_means(line, CANCELS) is (Choice.CANCEL if cancels else Choice.WAIT)


def test_r39_without_the_preset_silence_never_counts():
    assert found(asked(), DEFAULT) is None
