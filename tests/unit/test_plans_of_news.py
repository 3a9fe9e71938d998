"""What the planner answers when something changed, or nothing did."""

from decimal import Decimal

import pytest

from schedules.correspondence import PastUpdate
from schedules.kinds import Choice
from tests.builders import at
from tests.unit.plans import LATER, heard, order, planned, said, until

LITTLE = {"available": Decimal(81)}
MORE = {"available": Decimal(100)}
ASKED = {"decision_needed": True, "choices": (Choice.WAIT,)}
THREE = tuple(PastUpdate(at(day, 9), free=True) for day in (18, 19, 20))

CASES = [
    pytest.param(
        lambda: planned(heard(), now=at(20, 10)),
        [
            "waiting R12 until 27.05. 10:00",
            "  nothing new to tell; the buyer hears again at the promised checkpoint",
            "wakes 26.05. 10:00",
        ],
        id="without news it waits for the checkpoint",
    ),
    pytest.param(
        lambda: planned(heard(arrived_since_told=True), now=at(20, 10)),
        [
            "not_needed R19 until 27.05. 10:00",
            "  what arrived leaves no difference from what the buyer was told",
            "wakes 26.05. 10:00",
        ],
        id="what arrived made no difference",
    ),
    pytest.param(
        lambda: planned(heard(order(LITTLE), window=until(at(21, 9))), now=at(21, 9)),
        [
            "waiting R21 until 27.05. 10:00 (minor: released-little)",
            "  minor changes go along with the next update",
            "wakes 26.05. 10:00",
        ],
        id="a minor change waits for the next update",
    ),
    pytest.param(
        lambda: planned(heard(order(MORE), window=until(at(20, 12))), now=at(20, 12), last_update_at=at(20, 9, 15)),
        [
            "waiting R21 until 21.05. 09:15 (notable: released)",
            "  the gap after the last update is not over",
            "wakes 21.05. 09:15",
        ],
        id="a notable one keeps a day after the contact's last",
    ),
    pytest.param(
        lambda: planned(heard(order(MORE), window=until(at(21, 12))), now=at(21, 12), last_update_at=at(20, 9, 15)),
        [
            "mail partial-release",
            "  B-1042/1 R21 partial-release notable news",
            "    released",
            "    next 02.06. 10:00; replaces 27.05. 10:00",
            "wakes 27.05. 18:00:00.001000",
        ],
        id="a notable one leaves after that day",
    ),
    pytest.param(
        lambda: planned(heard(order(MORE), window=until(at(26, 12))), now=at(26, 12), last_update_at=at(20, 9, 15)),
        [
            "waiting R23 until 27.05. 10:00 (notable: released)",
            "  a notable change close to a checkpoint waits for it",
            "task unconfirmed-reminder (R13) to owner at 26.05. 10:00, due 27.05. 10:00",
            "wakes 26.05. 16:00",
        ],
        id="a notable one close to a checkpoint waits for it",
    ),
    pytest.param(
        lambda: planned(heard(order(MORE), window=until(at(21, 12))), now=at(21, 12), preference="checkpoints_only"),
        [
            "waiting R27 until 27.05. 10:00 (notable: released)",
            "  the buyer asked to hear at checkpoints and when it is decisive",
            "wakes 26.05. 10:00",
        ],
        id="who asked for checkpoints only waits for them",
    ),
    pytest.param(
        lambda: planned(heard(order(LATER), window=until(at(21, 12))), now=at(21, 12), preference="checkpoints_only"),
        [
            "mail production-changed",
            "  B-1042/1 R21 production-changed decisive news",
            "    date-later",
            "    next 09.06. 10:00; replaces 27.05. 10:00",
            "wakes 27.05. 18:00:00.001000",
        ],
        id="who asked for checkpoints only hears what is decisive",
    ),
    pytest.param(
        lambda: planned(
            heard(order(LITTLE), window=until(at(20, 9, 40))), now=at(20, 9, 40), preference="every_change"
        ),
        [
            "mail partial-release",
            "  B-1042/1 R21 partial-release minor news",
            "    released-little",
            "    next 01.06. 10:00; replaces 27.05. 10:00",
            "wakes 27.05. 18:00:00.001000",
        ],
        id="who asked for every change hears the minor one",
    ),
    pytest.param(
        lambda: planned(heard(order(MORE), window=until(at(21, 12)), history=THREE), now=at(21, 12)),
        [
            "waiting R26 until 25.05. 09:00 (notable: released)",
            "  the buyer had this week's updates about the order",
            "wakes 25.05. 09:00",
        ],
        id="three free updates in a week are enough",
    ),
    pytest.param(
        lambda: planned(heard(order(LATER), window=until(at(20, 10))), now=at(20, 10), last_update_at=at(20, 9, 15)),
        [
            "waiting R21 until 20.05. 11:15 (decisive: date-later)",
            "  the gap after the last update is not over",
            "wakes 20.05. 11:15",
        ],
        id="a decisive change keeps two hours",
    ),
    pytest.param(
        lambda: planned(heard(order(LATER), window=until(at(20, 12))), now=at(20, 12), last_update_at=at(20, 9, 15)),
        [
            "mail production-changed",
            "  B-1042/1 R21 production-changed decisive news",
            "    date-later",
            "    next 08.06. 10:00; replaces 27.05. 10:00",
            "wakes 27.05. 18:00:00.001000",
        ],
        id="a decisive change leaves after two hours",
    ),
    pytest.param(
        lambda: planned(heard(order(ASKED), window=until(at(20, 9, 30))), now=at(20, 9, 30)),
        [
            "mail decision-needed",
            "  B-1042/1 R21 decision-needed decisive news",
            "    decision-needed, choices-changed",
            "    next 01.06. 10:00; replaces 27.05. 10:00",
            "wakes 27.05. 18:00:00.001000",
        ],
        id="a decision needed keeps no gap",
    ),
    pytest.param(
        lambda: planned(heard(order(LATER), replacing=True, window=until(at(20, 12))), now=at(20, 9, 30)),
        [
            "mail production-changed",
            "  B-1042/1 R21 production-changed decisive news",
            "    date-later",
            "    next 08.06. 10:00; replaces 27.05. 10:00",
            "wakes 27.05. 18:00:00.001000",
        ],
        id="a replacement skips window and gap",
    ),
]


@pytest.mark.parametrize(("situation", "lines"), CASES)
def test_the_plan_says(situation, lines):
    assert said(situation()) == lines
