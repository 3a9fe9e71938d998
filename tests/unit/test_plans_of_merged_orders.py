"""What goes out together (R25)."""

from decimal import Decimal

import pytest

from schedules.kinds import Cause
from tests.builders import at
from tests.unit.plans import LATER, heard, order, planned, said, until

OTHER = {"cause": Cause.OTHER}
MORE = {"available": Decimal(100)}
TAKEN = {"available": Decimal(70)}

CASES = [
    pytest.param(
        lambda: planned(
            heard(order(LATER, name="B-1"), window=until(at(21, 9)), thread_id=1),
            heard(order(MORE, name="B-2"), told=order(name="B-2"), window=until(at(21, 9)), thread_id=2),
            now=at(21, 9),
        ),
        [
            "mail production-changed",
            "  B-1/1 R21 production-changed decisive news",
            "    date-later",
            "    next 09.06. 10:00; replaces 27.05. 10:00",
            "  B-2/1 R25 partial-release notable news merged",
            "    released",
            "    next 02.06. 10:00; replaces 27.05. 10:00",
            "wakes 27.05. 18:00:00.001000",
        ],
        id="orders of a company that are due share a mail",
    ),
    pytest.param(
        lambda: planned(
            heard(order(LATER, name="B-1"), window=until(at(21, 9)), thread_id=1),
            heard(
                order(LATER, name="B-2"), told=order(name="B-2"), window=until(at(21, 9)), thread_id=2, company="Polder"
            ),
            now=at(21, 9),
        ),
        [
            "mail production-changed",
            "  B-1/1 R21 production-changed decisive news",
            "    date-later",
            "    next 09.06. 10:00; replaces 27.05. 10:00",
            "mail production-changed",
            "  B-2/1 R21 production-changed decisive news",
            "    date-later",
            "    next 09.06. 10:00; replaces 27.05. 10:00",
            "wakes 27.05. 18:00:00.001000",
        ],
        id="another company gets a mail of its own",
    ),
    pytest.param(
        lambda: planned(
            heard(order(LATER, name="B-3"), window=until(at(21, 9)), thread_id=3),
            heard(order(TAKEN, name="B-2"), told=order(name="B-2"), window=until(at(21, 9)), thread_id=2),
            heard(order(LATER, name="B-1"), told=order(name="B-1"), window=until(at(21, 9)), thread_id=1),
            now=at(21, 9),
        ),
        [
            "mail units-taken-back",
            "  B-2/1 R21 units-taken-back decisive news",
            "    taken-back",
            "    next 02.06. 10:00; replaces 27.05. 10:00",
            "  B-1/1 R25 production-changed decisive news merged",
            "    date-later",
            "    next 09.06. 10:00; replaces 27.05. 10:00",
            "  B-3/1 R25 production-changed decisive news merged",
            "    date-later",
            "    next 09.06. 10:00; replaces 27.05. 10:00",
            "wakes 27.05. 18:00:00.001000",
        ],
        id="the weightiest leads, then the kind, then the number",
    ),
    pytest.param(
        lambda: planned(
            heard(order(LATER, name="B-1"), window=until(at(21, 9)), thread_id=1),
            heard(order(MORE, name="B-2"), told=order(name="B-2"), window=until(at(21, 8)), thread_id=2),
            now=at(21, 9),
            last_update_at=at(20, 12),
        ),
        [
            "mail production-changed",
            "  B-1/1 R21 production-changed decisive news",
            "    date-later",
            "    next 09.06. 10:00; replaces 27.05. 10:00",
            "  B-2/1 R25 partial-release notable news merged",
            "    released",
            "    next 02.06. 10:00; replaces 27.05. 10:00",
            "wakes 27.05. 18:00:00.001000",
        ],
        id="what waits only for the contact's day goes along",
    ),
    pytest.param(
        lambda: planned(
            heard(order(LATER, name="B-1"), window=until(at(21, 9)), thread_id=1),
            heard(order(LATER, name="B-2"), told=order(name="B-2"), window=until(at(21, 9, 15)), thread_id=2),
            now=at(21, 9),
        ),
        [
            "mail production-changed",
            "  B-1/1 R21 production-changed decisive news",
            "    date-later",
            "    next 09.06. 10:00; replaces 27.05. 10:00",
            "  B-2/1 R25 production-changed decisive news merged",
            "    date-later",
            "    next 09.06. 10:00; replaces 27.05. 10:00",
            "wakes 27.05. 18:00:00.001000",
        ],
        id="what is due within fifteen minutes goes along",
    ),
    pytest.param(
        lambda: planned(
            heard(order(LATER, name="B-1"), window=until(at(21, 9)), thread_id=1),
            heard(order(LATER, name="B-2"), told=order(name="B-2"), window=until(at(21, 9, 16)), thread_id=2),
            now=at(21, 9),
        ),
        [
            "mail production-changed",
            "  B-1/1 R21 production-changed decisive news",
            "    date-later",
            "    next 09.06. 10:00; replaces 27.05. 10:00",
            "waiting R22 until 21.05. 09:16 (decisive: date-later)",
            "  the settle window is open, further changes may follow",
            "wakes 21.05. 09:16",
        ],
        id="what is due a minute later does not",
    ),
    pytest.param(
        lambda: planned(
            heard(order(LATER, name="B-1"), window=until(at(21, 9)), thread_id=1),
            heard(
                order(LATER, name="B-2"),
                told=order(name="B-2"),
                accepted=at(21, 7, 10),
                window=until(at(21, 9, 10)),
                thread_id=2,
            ),
            now=at(21, 9),
        ),
        [
            "mail production-changed",
            "  B-1/1 R21 production-changed decisive news",
            "    date-later",
            "    next 09.06. 10:00; replaces 27.05. 10:00",
            "waiting R22 until 21.05. 09:10 (decisive: date-later)",
            "  the settle window is open, further changes may follow",
            "wakes 21.05. 09:10",
        ],
        id="nor what was told within two hours",
    ),
    pytest.param(
        lambda: planned(
            heard(order(LATER, name="B-1"), window=until(at(21, 9)), thread_id=1),
            heard(order(LATER | OTHER, name="B-2"), told=order(name="B-2"), window=until(at(21, 9, 10)), thread_id=2),
            now=at(21, 9),
        ),
        [
            "mail production-changed",
            "  B-1/1 R21 production-changed decisive news",
            "    date-later",
            "    next 09.06. 10:00; replaces 27.05. 10:00",
            "held R9 until 27.05. 10:00 (decisive: date-later, cause-changed)",
            "  incomplete: reason_text: found no text; allowed: a short factual text, because the cause i",
            "task lacks-facts (R9) to owner at 21.05. 09:00",
            "wakes 26.05. 10:00",
        ],
        id="nor what lacks something",
    ),
    pytest.param(
        lambda: planned(
            heard(order(LATER, name="B-1"), window=until(at(21, 9)), thread_id=1),
            heard(
                order(LATER, name="B-2"),
                told=order(name="B-2"),
                window=until(at(21, 9, 10)),
                thread_id=2,
                paused_by="Desk",
            ),
            now=at(21, 9),
        ),
        [
            "mail production-changed",
            "  B-1/1 R21 production-changed decisive news",
            "    date-later",
            "    next 09.06. 10:00; replaces 27.05. 10:00",
            "held R49 until 21.05. 09:10 (decisive: date-later)",
            "  paused by Desk",
            "wakes 21.05. 09:10",
        ],
        id="nor what is paused",
    ),
]


@pytest.mark.parametrize(("situation", "lines"), CASES)
def test_the_plan_says(situation, lines):
    assert said(situation()) == lines
