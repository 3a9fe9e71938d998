"""What the planner answers as a case clears, closes and reopens, and while a mail is under way."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tests.builders import at
from tests.unit.plans import (
    LATER,
    SHIPPING,
    ended,
    heard,
    order,
    planned,
    said,
    until,
)

MORE = {"available": Decimal(100)}
READY = {"available": Decimal(120)}
SHIPPED = {"available": Decimal(0), "shipped": Decimal(120)}
YESTERDAY = {"expected_on": date(2026, 5, 20)}
EVE = {"expected_on": date(2026, 5, 26)}

CASES = [
    pytest.param(
        lambda: planned(heard(order({"available": Decimal(120)}), window=until(at(21, 9))), now=at(21, 9)),
        [
            "mail stock-cleared",
            "  B-1042/1 R40 stock-cleared decisive news",
            "    all-ready, line-cleared",
            "    next 25.05. 10:00; replaces 27.05. 10:00",
            "wakes 27.05. 18:00:00.001000",
        ],
        id="all ready has the shipping step next",
    ),
    pytest.param(
        lambda: planned(heard(order(SHIPPED), window=until(at(21, 9))), now=at(21, 9)),
        [
            "mail final-note",
            "  B-1042/1 R40 final-note decisive news closing",
            "    all-settled, line-cleared, shipped",
            "    closed; replaces 27.05. 10:00",
            "wakes 27.05. 18:00:00.001000",
        ],
        id="all shipped is the final note",
    ),
    pytest.param(
        lambda: planned(heard(order(READY), told=order(READY), checkpoint=SHIPPING), now=at(22, 10)),
        [
            "mail final-note",
            "  B-1042/1 R40 final-note promised closing",
            "    no change",
            "    closed",
            "wakes 22.05. 18:00:00.001000",
        ],
        id="the shipping step closes the case",
    ),
    pytest.param(
        lambda: planned(ended(now=SHIPPED, told=SHIPPED), now=at(22, 10)),
        ["not_needed R19 until never", "  nothing is delayed and nothing is left to tell", "wakes never"],
        id="a closed case sleeps",
    ),
    pytest.param(
        lambda: planned(replace(ended(now=MORE, told=READY), window=until(at(22, 10))), now=at(22, 10)),
        [
            "mail units-taken-back",
            "  B-1042/1 R21 units-taken-back decisive news",
            "    taken-back, reopened",
            "    next 29.05. 10:00",
            "wakes never",
        ],
        id="a closed case reopens",
    ),
    pytest.param(
        lambda: planned(heard(order(YESTERDAY), told=order(YESTERDAY)), now=at(21, 8)),
        [
            "mail production-changed",
            "  B-1042/1 R21 production-changed decisive news",
            "    date-passed",
            "    next 28.05. 10:00; replaces 27.05. 10:00",
            "wakes 27.05. 18:00:00.001000",
        ],
        id="a passed date is told on the next business day",
    ),
    pytest.param(
        lambda: planned(heard(order(EVE), told=order(EVE)), now=at(27, 8)),
        [
            "waiting R12 until 27.05. 10:00 (decisive: date-passed)",
            "  nothing new to tell; the buyer hears again at the promised checkpoint",
            "task unconfirmed-reminder (R13) to owner at 26.05. 10:00, due 27.05. 10:00",
            "task unconfirmed-warning (R14) to owner at 26.05. 16:00, due 27.05. 10:00",
            "task unconfirmed-warning (R14) to escalation at 26.05. 16:00, due 27.05. 10:00",
            "wakes 27.05. 10:00",
        ],
        id="a passed date waits for a checkpoint of that day",
    ),
    pytest.param(
        lambda: planned(heard(order(LATER), in_flight=True), now=at(21, 9)),
        ["wakes 26.05. 10:00"],
        id="while a mail is under way only the promise counts",
    ),
    pytest.param(
        lambda: planned(heard(in_flight=True), now=at(27, 19)),
        [
            "task promise-missed (R17) to owner at 28.05. 09:00, due 27.05. 10:00",
            "task promise-missed (R17) to escalation at 28.05. 09:00, due 27.05. 10:00",
            "missed 1",
            "wakes never",
        ],
        id="a promise runs out while the mail is under way",
    ),
]


@pytest.mark.parametrize(("situation", "lines"), CASES)
def test_the_plan_says(situation, lines):
    assert said(situation()) == lines
