"""What the planner answers as checkpoints come, confirmed and not."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.builders import at
from tests.unit.plans import (
    BY_PERSON,
    CONFIRMED,
    DUE,
    LATER,
    MOMENT,
    heard,
    order,
    planned,
    said,
    until,
)

TOMORROW = {"next_checkpoint": date(2026, 5, 28), "checkpoint_set_at": at(20, 12)}

CASES = [
    pytest.param(
        lambda: planned(heard(), now=at(26, 10)),
        [
            "waiting R12 until 27.05. 10:00",
            "  nothing new to tell; the buyer hears again at the promised checkpoint",
            "task unconfirmed-reminder (R13) to owner at 26.05. 10:00, due 27.05. 10:00",
            "wakes 26.05. 16:00",
        ],
        id="a business day before, the owner is reminded",
    ),
    pytest.param(
        lambda: planned(heard(), now=at(26, 9, 59)),
        [
            "waiting R12 until 27.05. 10:00",
            "  nothing new to tell; the buyer hears again at the promised checkpoint",
            "wakes 26.05. 10:00",
        ],
        id="not a minute sooner",
    ),
    pytest.param(
        lambda: planned(heard(), now=at(26, 16)),
        [
            "waiting R12 until 27.05. 10:00",
            "  nothing new to tell; the buyer hears again at the promised checkpoint",
            "task unconfirmed-reminder (R13) to owner at 26.05. 10:00, due 27.05. 10:00",
            "task unconfirmed-warning (R14) to owner at 26.05. 16:00, due 27.05. 10:00",
            "task unconfirmed-warning (R14) to escalation at 26.05. 16:00, due 27.05. 10:00",
            "wakes 27.05. 10:00",
        ],
        id="two business hours before, both are warned",
    ),
    pytest.param(
        lambda: planned(heard(checkpoint=replace(DUE, due_at=at(20, 15, 15))), now=at(20, 12, 15)),
        [
            "waiting R12 until 20.05. 15:15",
            "  nothing new to tell; the buyer hears again at the promised checkpoint",
            "task unconfirmed-reminder (R13) to owner at 20.05. 12:15, due 20.05. 15:15",
            "wakes 20.05. 13:15",
        ],
        id="a new checkpoint reminds at half its time",
    ),
    pytest.param(
        lambda: planned(heard(), now=at(27, 10)),
        [
            "mail holding-note",
            "  B-1042/1 R14 holding-note promised",
            "    no change",
            "    next 29.05. 10:00; under review 1",
            "wakes 27.05. 18:00:00.001000",
        ],
        id="an unconfirmed checkpoint is a holding note",
    ),
    pytest.param(
        lambda: planned(heard(order(CONFIRMED)), now=at(27, 10)),
        [
            "mail checkpoint-review",
            "  B-1042/1 R12 checkpoint-review promised confirmed",
            "    no change",
            "    next 03.06. 10:00",
            "wakes 27.05. 18:00:00.001000",
        ],
        id="a confirmed one is a review",
    ),
    pytest.param(
        lambda: planned(heard(order(CONFIRMED, {"line": "2"}), told=order({}, {"line": "2"})), now=at(27, 10)),
        [
            "mail checkpoint-review",
            "  B-1042/1,2 R12 checkpoint-review promised confirmed",
            "    no change",
            "    next 03.06. 10:00; under review 2",
            "wakes 27.05. 18:00:00.001000",
        ],
        id="one confirmed line makes a review that marks the other",
    ),
    pytest.param(
        lambda: planned(heard(holding_notes=2), now=at(27, 10)),
        [
            "mail holding-note",
            "  B-1042/1 R14 holding-note promised handed_over",
            "    no change",
            "    next 29.05. 10:00; under review 1",
            "wakes 27.05. 18:00:00.001000",
        ],
        id="the third holding note hands over",
    ),
    pytest.param(
        lambda: planned(heard(order(LATER | CONFIRMED), handed_over=True, window=until(at(21, 12))), now=at(21, 12)),
        [
            "mail production-changed",
            "  B-1042/1 R21 production-changed decisive news confirmed handed_over",
            "    date-later, owner-changed",
            "    next 09.06. 10:00; replaces 27.05. 10:00",
            "wakes 27.05. 18:00:00.001000",
        ],
        id="who got the case stays its owner",
    ),
    pytest.param(
        lambda: planned(heard(order(TOMORROW)), now=at(27, 10)),
        [
            "mail holding-note",
            "  B-1042/1 R14 holding-note promised",
            "    no change",
            "    next 28.05. 10:00; under review 1",
            "wakes 27.05. 18:00:00.001000",
        ],
        id="a holding note takes a nearer checkpoint that somebody set",
    ),
    pytest.param(
        lambda: planned(heard(order(CONFIRMED), quiet_updates=2), now=at(27, 10)),
        [
            "mail checkpoint-review",
            "  B-1042/1 R12 checkpoint-review promised confirmed",
            "    no change",
            "    next 10.06. 10:00",
            "wakes 27.05. 18:00:00.001000",
        ],
        id="quiet updates double the cadence",
    ),
    pytest.param(
        lambda: planned(heard(), now=at(27, 18) + timedelta(seconds=1)),
        [
            "waiting R12 until 28.05. 08:00",
            "  nothing new to tell; the buyer hears again at the promised checkpoint",
            "task promise-missed (R17) to owner at 28.05. 09:00, due 27.05. 10:00",
            "task promise-missed (R17) to escalation at 28.05. 09:00, due 27.05. 10:00",
            "missed 1",
            "wakes 28.05. 08:00",
        ],
        id="a promise runs out",
    ),
    pytest.param(
        lambda: planned(heard(), now=at(27, 18)),
        [
            "mail holding-note",
            "  B-1042/1 R14 holding-note promised",
            "    no change",
            "    next 29.05. 10:00; under review 1",
            "wakes 27.05. 18:00:00.001000",
        ],
        id="at its last moment it still can be kept",
    ),
    pytest.param(
        lambda: planned(replace(heard(), promise=None), now=at(28, 8)),
        [
            "mail holding-note",
            "  B-1042/1 R14 holding-note promised",
            "    no change",
            "    next 01.06. 10:00; under review 1",
            "wakes never",
        ],
        id="what was missed goes out in the morning",
    ),
    pytest.param(
        lambda: planned(heard(checkpoint=MOMENT), now=at(27, 20)),
        [
            "mail holding-note",
            "  B-1042/1 R14 holding-note promised",
            "    no change",
            "    next 29.05. 10:00; under review 1",
            "wakes 27.05. 20:15:00.001000",
        ],
        id="a promised moment is kept at night",
    ),
    pytest.param(
        lambda: planned(heard(checkpoint=MOMENT), now=at(27, 20, 16)),
        [
            "mail holding-note",
            "  B-1042/1 R14 holding-note promised",
            "    no change",
            "    next 29.05. 10:00; under review 1",
            "task promise-missed (R17) to owner at 28.05. 09:00, due 27.05. 20:00",
            "task promise-missed (R17) to escalation at 28.05. 09:00, due 27.05. 20:00",
            "missed 1",
            "wakes never",
        ],
        id="a promised moment too late is missed and told at once",
    ),
    pytest.param(
        lambda: planned(
            heard(order(LATER | CONFIRMED), checkpoint=BY_PERSON, window=until(at(26, 14))), now=at(26, 14)
        ),
        [
            "mail production-changed",
            "  B-1042/1 R21 production-changed decisive news confirmed",
            "    date-later",
            "    next 10.06. 10:00; replaces 27.05. 10:00",
            "wakes 27.05. 18:00:00.001000",
        ],
        id="close to a person's checkpoint confirmed decisive news replaces it",
    ),
    pytest.param(
        lambda: planned(heard(order(LATER), checkpoint=BY_PERSON, window=until(at(26, 14))), now=at(26, 14)),
        [
            "mail production-changed",
            "  B-1042/1 R21 production-changed decisive news",
            "    date-later",
            "    next 27.05. 10:00",
            "task unconfirmed-reminder (R13) to owner at 26.05. 10:00, due 27.05. 10:00",
            "wakes 27.05. 18:00:00.001000",
        ],
        id="unconfirmed it restates the checkpoint",
    ),
    pytest.param(
        lambda: planned(
            heard(order(LATER | CONFIRMED), checkpoint=BY_PERSON, window=until(at(21, 14))), now=at(21, 14)
        ),
        [
            "mail production-changed",
            "  B-1042/1 R21 production-changed decisive news confirmed",
            "    date-later",
            "    next 27.05. 10:00",
            "wakes 27.05. 18:00:00.001000",
        ],
        id="far from it the checkpoint stands",
    ),
    pytest.param(
        lambda: planned(heard(order(TOMORROW | {"next_checkpoint": date(2026, 5, 22)})), now=at(22, 10)),
        [
            "mail holding-note",
            "  B-1042/1 R14 holding-note promised",
            "    no change",
            "    next 26.05. 10:00; replaces 27.05. 10:00; under review 1",
            "wakes 27.05. 18:00:00.001000",
        ],
        id="a checkpoint set earlier than the promised one comes first",
    ),
]


@pytest.mark.parametrize(("situation", "lines"), CASES)
def test_the_plan_says(situation, lines):
    assert said(situation()) == lines
