"""What goes alone although others are due (R25, R33, R50)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from schedules.kinds import Choice
from tests.builders import at
from tests.unit.plans import (
    CONFIRMED,
    DUE,
    LATER,
    heard,
    order,
    planned,
    said,
    until,
)

MORE = {"available": Decimal(100)}
ASKED = {"decision_needed": True, "choices": (Choice.WAIT,)}
FAR = replace(DUE, due_at=at(3, 10, month=6))

CASES = [
    pytest.param(
        lambda: planned(
            heard(order(LATER, name="B-1"), window=until(at(27, 9, 50)), thread_id=1, checkpoint=FAR),
            heard(order(CONFIRMED, name="B-2"), told=order(name="B-2"), thread_id=2),
            heard(order(name="B-3"), told=order(name="B-3"), thread_id=3),
            now=at(27, 9, 50),
        ),
        [
            "mail production-changed",
            "  B-1/1 R21 production-changed decisive news",
            "    date-later",
            "    next 11.06. 10:00; replaces 03.06. 10:00",
            "  B-2/1 R25 checkpoint-review confirmed merged",
            "    no change",
            "    next 03.06. 10:00; replaces 27.05. 10:00",
            "waiting R12 until 27.05. 10:00",
            "  nothing new to tell; the buyer hears again at the promised checkpoint",
            "task unconfirmed-reminder (R13) to owner at 26.05. 10:00, due 27.05. 10:00",
            "task unconfirmed-warning (R14) to owner at 26.05. 16:00, due 27.05. 10:00",
            "task unconfirmed-warning (R14) to escalation at 26.05. 16:00, due 27.05. 10:00",
            "wakes 27.05. 10:00",
        ],
        id="a checkpoint due in minutes goes along only if confirmed",
    ),
    pytest.param(
        lambda: planned(
            heard(order(ASKED, name="B-1"), window=until(at(21, 9)), thread_id=1),
            heard(order(LATER, name="B-2"), told=order(name="B-2"), window=until(at(21, 9)), thread_id=2),
            now=at(21, 9),
        ),
        [
            "mail decision-needed",
            "  B-1/1 R21 decision-needed decisive news",
            "    decision-needed, choices-changed",
            "    next 02.06. 10:00; replaces 27.05. 10:00",
            "mail production-changed",
            "  B-2/1 R21 production-changed decisive news",
            "    date-later",
            "    next 09.06. 10:00; replaces 27.05. 10:00",
            "wakes 27.05. 18:00:00.001000",
        ],
        id="a decision mail goes alone",
    ),
    pytest.param(
        lambda: planned(
            heard(order(LATER, name="B-1"), window=until(at(21, 9)), thread_id=1),
            heard(order(ASKED, name="B-2"), told=order(name="B-2"), window=until(at(21, 9, 10)), thread_id=2),
            now=at(21, 9),
        ),
        [
            "mail production-changed",
            "  B-1/1 R21 production-changed decisive news",
            "    date-later",
            "    next 09.06. 10:00; replaces 27.05. 10:00",
            "waiting R22 until 21.05. 09:10 (decisive: decision-needed, choices-changed)",
            "  the settle window is open, further changes may follow",
            "wakes 21.05. 09:10",
        ],
        id="a decision about to be asked for is not taken along",
    ),
    pytest.param(
        lambda: planned(
            heard(order(name="B-1"), leaving=True, thread_id=1),
            heard(order(name="B-2"), told=order(name="B-2"), leaving=True, thread_id=2),
            now=at(21, 9),
        ),
        [
            "mail contact-changed",
            "  B-1/ R50 contact-changed news closing",
            "    no change",
            "    closed",
            "  B-2/ R50 contact-changed news closing merged",
            "    no change",
            "    closed",
            "wakes 27.05. 18:00:00.001000",
        ],
        id="last notes to a former contact share one",
    ),
    pytest.param(
        lambda: planned(
            heard(order(name="B-1"), thread_id=1),
            heard(order(MORE, name="B-2"), told=order(name="B-2"), window=until(at(21, 12)), thread_id=2),
            now=at(21, 9),
        ),
        [
            "waiting R12 until 27.05. 10:00",
            "  nothing new to tell; the buyer hears again at the promised checkpoint",
            "waiting R22 until 21.05. 12:00 (notable: released)",
            "  the settle window is open, further changes may follow",
            "wakes 21.05. 12:00",
        ],
        id="the earliest alarm of all orders counts",
    ),
]


@pytest.mark.parametrize(("situation", "lines"), CASES)
def test_the_plan_says(situation, lines):
    assert said(situation()) == lines
