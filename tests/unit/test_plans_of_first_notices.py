"""What the planner answers while a thread is new, or lacks something."""

from dataclasses import replace
from decimal import Decimal

import pytest

from schedules.kinds import Cause
from tests.builders import at, thread
from tests.unit.plans import (
    heard,
    order,
    planned,
    said,
    until,
)

OTHER = {"cause": Cause.OTHER}

CASES = [
    pytest.param(
        lambda: planned(thread(order()), now=at(20, 9, 5)),
        [
            "waiting R22 until 20.05. 09:15 (decisive: case-opened)",
            "  the settle window is open, further changes may follow",
            "wakes 20.05. 09:15",
        ],
        id="a first notice waits for its settle window",
    ),
    pytest.param(
        lambda: planned(thread(order()), now=at(20, 9, 15)),
        [
            "mail first-notice",
            "  B-1042/1 R10 first-notice decisive news",
            "    case-opened",
            "    next 01.06. 10:00",
            "wakes never",
        ],
        id="a first notice leaves when its window ends",
    ),
    pytest.param(
        lambda: planned(thread(order(), window=until(at(20, 22, 15))), now=at(20, 22, 15)),
        [
            "waiting R24 until 21.05. 08:00 (decisive: case-opened)",
            "  outside the buyer's sending hours",
            "wakes 21.05. 08:00",
        ],
        id="at night it waits for the morning",
    ),
    pytest.param(
        lambda: planned(thread(order(OTHER)), now=at(20, 9, 15)),
        [
            "held R9 until 20.05. 11:00 (decisive: case-opened)",
            "  incomplete: reason_text: found no text; allowed: a short factual text, because the cause i",
            "task lacks-facts (R9) to owner at 20.05. 09:15",
            "wakes 20.05. 10:00",
        ],
        id="an incomplete one is held",
    ),
    pytest.param(
        lambda: planned(thread(order(OTHER)), now=at(20, 10)),
        [
            "held R9 until 20.05. 11:00 (decisive: case-opened)",
            "  incomplete: reason_text: found no text; allowed: a short factual text, because the cause i",
            "task lacks-facts (R9) to owner at 20.05. 10:00",
            "task first-notice-half (R10) to owner at 20.05. 10:00, due 20.05. 11:00",
            "wakes 20.05. 11:00",
        ],
        id="half of the limit reminds",
    ),
    pytest.param(
        lambda: planned(thread(order(OTHER)), now=at(20, 11)),
        [
            "held R9 until never (decisive: case-opened)",
            "  incomplete: reason_text: found no text; allowed: a short factual text, because the cause i",
            "task lacks-facts (R9) to owner at 20.05. 11:00",
            "task first-notice-half (R10) to owner at 20.05. 10:00, due 20.05. 11:00",
            "task first-notice-late (R10) to escalation at 20.05. 11:00, due 20.05. 11:00",
            "wakes 15.06. 08:00",
        ],
        id="at the limit nothing is complete",
    ),
    pytest.param(
        lambda: planned(thread(order(OTHER, {"line": "2"})), now=at(20, 11)),
        [
            "mail first-notice",
            "  B-1042/2 R10 first-notice decisive news",
            "    case-opened",
            "    next 01.06. 10:00",
            "task lacks-facts (R9) to owner at 20.05. 11:00",
            "task first-notice-half (R10) to owner at 20.05. 10:00, due 20.05. 11:00",
            "task first-notice-late (R10) to escalation at 20.05. 11:00, due 20.05. 11:00",
            "wakes never",
        ],
        id="at the limit the complete line leaves",
    ),
    pytest.param(
        lambda: planned(thread(order(OTHER, {"line": "2"})), now=at(20, 10, 30)),
        [
            "held R9 until 20.05. 11:00 (decisive: case-opened)",
            "  incomplete: reason_text: found no text; allowed: a short factual text, because the cause i",
            "task lacks-facts (R9) to owner at 20.05. 10:30",
            "task first-notice-half (R10) to owner at 20.05. 10:00, due 20.05. 11:00",
            "wakes 20.05. 11:00",
        ],
        id="before the limit one incomplete line holds all",
    ),
    pytest.param(
        lambda: planned(heard(order(OTHER), window=until(at(21, 9))), now=at(21, 9)),
        [
            "held R9 until 27.05. 10:00 (notable: cause-changed)",
            "  incomplete: reason_text: found no text; allowed: a short factual text, because the cause i",
            "task lacks-facts (R9) to owner at 21.05. 09:00",
            "wakes 26.05. 10:00",
        ],
        id="a told order that lacks something waits",
    ),
    pytest.param(
        lambda: planned(heard(order(OTHER)), now=at(27, 10)),
        [
            "mail holding-note",
            "  B-1042/1 R14 holding-note promised",
            "    no change",
            "    next 29.05. 10:00; under review 1",
            "task lacks-facts (R9) to owner at 27.05. 10:00",
            "wakes 27.05. 18:00:00.001000",
        ],
        id="what lacks stands as last told at a promise",
    ),
    pytest.param(
        lambda: planned(thread(order({"available": Decimal(120)})), now=at(20, 10)),
        ["not_needed R19 until never", "  nothing is delayed and nothing is left to tell", "wakes never"],
        id="nothing delayed was never a case",
    ),
    pytest.param(
        lambda: planned(thread(replace(order(), lines=())), now=at(20, 10)),
        ["wakes never"],
        id="an order without lines says nothing",
    ),
]


@pytest.mark.parametrize(("situation", "lines"), CASES)
def test_the_plan_says(situation, lines):
    assert said(situation()) == lines
