"""What the planner answers where it cannot write, where somebody left, and where a decision is open."""

from dataclasses import replace
from datetime import date

import pytest

from schedules.kinds import Cause, Choice
from tests.builders import at, thread
from tests.unit.plans import (
    DUE,
    LATER,
    heard,
    order,
    planned,
    said,
    until,
)

ASKED = {"decision_needed": True, "choices": (Choice.WAIT,)}
BY_FRIDAY = {"decide_by": date(2026, 5, 29)}
FAR = replace(DUE, due_at=at(3, 10, month=6))

CASES = [
    pytest.param(
        lambda: planned(heard(paused_by="Desk"), now=at(27, 10)),
        [
            "held R49 until never",
            "  paused by Desk",
            "call R49/B-1042/2026-05-20T07:15:00+00:00/2026-05-27T08:00:00+00:00: holding-note",
            "wakes 27.05. 18:00:00.001000",
        ],
        id="under a pause a promise becomes a call",
    ),
    pytest.param(
        lambda: planned(heard(order(LATER), paused_by="Desk", window=until(at(21, 9))), now=at(21, 9)),
        ["held R49 until never (decisive: date-later)", "  paused by Desk", "wakes 26.05. 10:00"],
        id="under a pause news wait",
    ),
    pytest.param(
        lambda: planned(heard(paused_by="Desk"), now=at(21, 9)),
        ["held R49 until 27.05. 10:00", "  paused by Desk", "wakes 26.05. 10:00"],
        id="under a pause a promise ahead is only named",
    ),
    pytest.param(
        lambda: planned(heard(order(LATER), window=until(at(21, 9))), now=at(21, 9), unreachable=True),
        [
            "held R50 until never (decisive: date-later)",
            "  the buyer has no working address: he is to be told by phone",
            "call R50/B-1042/2026-05-20T07:15:00+00:00/date-later:1: production-changed",
            "wakes 26.05. 10:00",
        ],
        id="without an address news are a call",
    ),
    pytest.param(
        lambda: planned(thread(order()), now=at(20, 9, 15), unreachable=True),
        [
            "held R50 until never (decisive: case-opened)",
            "  the buyer has no working address: he is to be told by phone",
            "call R50/B-1042/first/case-opened:: first-notice",
            "wakes 15.06. 08:00",
        ],
        id="without an address the first notice is a call",
    ),
    pytest.param(
        lambda: planned(heard(leaving=True), now=at(21, 9)),
        [
            "mail contact-changed",
            "  B-1042/ R50 contact-changed news closing",
            "    no change",
            "    closed",
            "wakes 27.05. 18:00:00.001000",
        ],
        id="a former contact gets a last note",
    ),
    pytest.param(
        lambda: planned(heard(leaving=True), now=at(20, 10)),
        [
            "waiting R50 until 20.05. 11:15",
            "  the last note to the former contact keeps two hours and sending hours",
            "wakes 20.05. 11:15",
        ],
        id="the last note keeps two hours",
    ),
    pytest.param(
        lambda: planned(thread(order(), leaving=True), now=at(21, 9)),
        ["not_needed R19 until never", "  nothing is delayed and nothing is left to tell", "wakes 15.06. 08:00"],
        id="who was never told gets no last note",
    ),
    pytest.param(
        lambda: planned(heard(order(ASKED), told=order(ASKED)), now=at(26, 10)),
        [
            "mail decision-needed",
            "  B-1042/1 R33 decision-needed decisive",
            "    no change",
            "    next 27.05. 10:00; reminds of 27.05. 10:00",
            "task unconfirmed-reminder (R13) to owner at 26.05. 10:00, due 27.05. 10:00",
            "wakes 27.05. 18:00:00.001000",
        ],
        id="an open decision is reminded of a business day before",
    ),
    pytest.param(
        lambda: planned(heard(order(ASKED), told=order(ASKED)), now=at(22, 10)),
        [
            "waiting R33 until 26.05. 10:00",
            "  a business day before its last day the buyer is reminded of the open decision",
            "wakes 26.05. 10:00",
        ],
        id="a reminder waits for its day",
    ),
    pytest.param(
        lambda: planned(
            heard(order(ASKED | {"cause": Cause.TRANSPORT}), told=order(ASKED), window=until(at(26, 9))), now=at(26, 10)
        ),
        [
            "mail decision-needed",
            "  B-1042/1 R33 decision-needed decisive news",
            "    cause-changed",
            "    next 27.05. 10:00; reminds of 27.05. 10:00",
            "task unconfirmed-reminder (R13) to owner at 26.05. 10:00, due 27.05. 10:00",
            "wakes 27.05. 18:00:00.001000",
        ],
        id="a reminder does not move the checkpoint by which to answer",
    ),
    pytest.param(
        lambda: planned(heard(order(ASKED | BY_FRIDAY), told=order(ASKED | BY_FRIDAY), checkpoint=FAR), now=at(28, 10)),
        [
            "mail decision-needed",
            "  B-1042/1 R33 decision-needed decisive",
            "    no change",
            "    next 04.06. 10:00; replaces 03.06. 10:00; reminds of 29.05. 10:00",
            "wakes 03.06. 18:00:00.001000",
        ],
        id="a day to decide by of its own leaves the checkpoint to the cadence",
    ),
    pytest.param(
        lambda: planned(heard(order(ASKED), told=order(ASKED), accepted=at(26, 12)), now=at(26, 14, 30)),
        [
            "waiting R12 until 27.05. 10:00",
            "  nothing new to tell; the buyer hears again at the promised checkpoint",
            "wakes 26.05. 16:00",
        ],
        id="who was asked within that day is not reminded",
    ),
    pytest.param(
        lambda: planned(heard(order(ASKED), told=order(ASKED), reminded_for=at(27, 10)), now=at(26, 10)),
        [
            "waiting R12 until 27.05. 10:00",
            "  nothing new to tell; the buyer hears again at the promised checkpoint",
            "task unconfirmed-reminder (R13) to owner at 26.05. 10:00, due 27.05. 10:00",
            "wakes 26.05. 16:00",
        ],
        id="reminded once is enough",
    ),
    pytest.param(
        lambda: planned(
            heard(order({"reason": "no-such-key", "next_checkpoint": date(2026, 5, 19), "checkpoint_set_at": at(20)})),
            now=at(21, 9),
        ),
        [
            "waiting R21 until 27.05. 10:00 (minor: reason-changed)",
            "  minor changes go along with the next update",
            "task free-text-refused (R9) to owner at 21.05. 09:00",
            "task past-checkpoint (R9) to owner at 21.05. 09:00",
            "wakes 26.05. 10:00",
        ],
        id="a refused text and a checkpoint in the past are told to the owner",
    ),
]


@pytest.mark.parametrize(("situation", "lines"), CASES)
def test_the_plan_says(situation, lines):
    assert said(situation()) == lines
