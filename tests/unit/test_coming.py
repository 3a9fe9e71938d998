"""What will happen if nothing changes, soonest first (R28)."""

from datetime import date
from decimal import Decimal

import pytest

from schedules.coming import coming
from schedules.kinds import Cause
from schedules.rhythm import DEFAULT
from schedules.scene import scene_of
from tests.builders import WHERE, WORDING, at, correspondence, thread
from tests.unit.plans import CONFIRMED, LATER, SHIPPING, clock, heard, order, until

READY = {"available": Decimal(120)}
SOON = {"expected_on": date(2026, 5, 21)}


def steps(one, now, **more):
    scene = scene_of(one, correspondence(one, **more), WHERE, DEFAULT, WORDING, now)
    return [f"{clock(step.at)} {step.what} {step.rule} {step.code}".strip() for step in coming(scene)]


@pytest.mark.parametrize(
    ("one", "now", "expected"),
    [
        pytest.param(
            heard(),
            at(21, 9),
            [
                "26.05. 10:00 owner-told R13 unconfirmed-reminder",
                "26.05. 16:00 escalation-told R14 unconfirmed-warning",
                "26.05. 16:00 owner-told R14 unconfirmed-warning",
                "27.05. 10:00 holding-note R12",
                "15.06. 08:00 date-passes R20",
            ],
            id="nobody confirms",
        ),
        pytest.param(
            heard(order(CONFIRMED)),
            at(26, 12),
            ["27.05. 10:00 review R12", "15.06. 08:00 date-passes R20"],
            id="confirmed",
        ),
        pytest.param(
            heard(order(LATER | CONFIRMED), window=until(at(21, 9, 15))),
            at(21, 9),
            ["21.05. 09:15 update R22", "27.05. 10:00 review R12", "29.06. 08:00 date-passes R20"],
            id="news first, then the checkpoint",
        ),
        pytest.param(
            heard(order(READY), told=order(READY), checkpoint=SHIPPING),
            at(21, 9),
            ["22.05. 10:00 final-note R12"],
            id="the shipping step closes the case",
        ),
        pytest.param(
            thread(order({"cause": Cause.OTHER})),
            at(20, 9, 15),
            [
                "20.05. 09:15 owner-told R9 lacks-facts",
                "20.05. 10:00 owner-told R10 first-notice-half",
                "20.05. 11:00 escalation-told R10 first-notice-late",
                "15.06. 08:00 date-passes R20",
            ],
            id="an incomplete first notice",
        ),
        pytest.param(
            heard(),
            at(26, 12),
            [
                "26.05. 16:00 escalation-told R14 unconfirmed-warning",
                "26.05. 16:00 owner-told R14 unconfirmed-warning",
                "27.05. 10:00 holding-note R12",
                "15.06. 08:00 date-passes R20",
            ],
            id="what the owner was told before is behind us",
        ),
        pytest.param(heard(in_flight=True), at(21, 9), [], id="a mail is under way"),
        pytest.param(
            heard(order(CONFIRMED | SOON), told=order(SOON), paused_by="Desk"),
            at(22, 7),
            ["22.05. 08:00 call R24", "27.05. 10:00 call R12"],
            id="paused: calls instead of mails",
        ),
    ],
)
def test_r28_what_comes_is_listed_soonest_first(one, now, expected):
    assert steps(one, now) == expected
