from decimal import Decimal

import pytest

from schedules.fold import fold
from schedules.kinds import Cause, Confirmed, Outcome
from tests.builders import at, core_event, of_line, opened


def facts(*events):
    return fold(events).facts


def event(kind, day, hour=9, **data):
    return core_event(kind, at(day, hour), **of_line(**data))


def test_delayed_is_what_is_ordered_and_neither_ready_shipped_nor_cancelled():
    assert facts(opened()).delayed == Decimal(40)


@pytest.mark.parametrize(
    ("events", "figures"),
    [
        pytest.param([("stock.allocated", {"available": 100})], (100, 0, 0, 20), id="allocated is a total"),
        pytest.param([("stock.cleared", {})], (120, 0, 0, 0), id="cleared makes all ready"),
        pytest.param([("shipment.sent", {"shipped": 80})], (0, 80, 0, 40), id="a shipment takes from what is ready"),
        pytest.param([("shipment.sent", {"shipped": 90})], (0, 90, 0, 30), id="only the excess comes from delayed"),
        pytest.param([("line.changed", {"ordered": 150})], (80, 0, 0, 70), id="a raised order"),
        pytest.param([("backorder.closed", {"outcome": "fulfilled"})], (0, 120, 0, 0), id="fulfilled means shipped"),
        pytest.param([("backorder.closed", {"outcome": "cancelled"})], (80, 0, 40, 0), id="cancelled takes the rest"),
    ],
)
def test_each_event_moves_the_figures_as_it_says(events, figures):
    found = facts(opened(), *(event(kind, 21, **data) for kind, data in events))

    assert (found.available, found.shipped, found.cancelled, found.delayed) == tuple(map(Decimal, figures))


def test_an_event_before_the_opening_changes_nothing():
    assert facts(event("stock.allocated", 19, available=5), opened()).available == Decimal(80)


def test_figures_that_do_not_add_up_wait_with_the_reason():
    folded = fold([opened(), event("stock.allocated", 21, available=130)])

    assert folded.facts.available == Decimal(80)
    assert "is more than ordered 120" in folded.waiting[0].reason


def test_a_waiting_event_applies_when_a_later_one_makes_it_add_up():
    folded = fold([opened(), event("stock.allocated", 21, available=130), event("line.changed", 22, ordered=150)])

    assert folded.facts.available == Decimal(130)
    assert folded.waiting == ()


def test_a_waiting_event_is_superseded_by_a_later_one_of_the_same_figure():
    folded = fold([opened(), event("stock.allocated", 21, available=130), event("stock.allocated", 22, available=90)])

    assert folded.facts.available == Decimal(90)
    assert folded.waiting == ()


def test_an_opening_that_does_not_add_up_keeps_the_line_waiting():
    folded = fold([opened(available=130), event("stock.allocated", 21, available=90)])

    assert folded.facts is None
    assert len(folded.waiting) == 2


def test_a_second_opening_corrects_and_keeps_what_it_does_not_say():
    first = opened(expected_on="2026-06-05", choices=["wait"])
    found = facts(first, opened(at(21), ordered=100, available=70))

    assert (found.ordered, found.available) == (Decimal(100), Decimal(70))
    assert found.choices == ("wait",)


def test_an_opening_after_the_end_opens_the_line_again():
    closed = event("backorder.closed", 21, outcome="fulfilled")

    assert facts(opened(), closed).closed is Outcome.FULFILLED
    assert facts(opened(), closed, opened(at(22), shipped=80, available=0)).closed is None


def test_a_review_is_a_persons_confirmation_and_data_is_seen():
    assert facts(opened()).confirmed is Confirmed.SEEN

    found = facts(opened(), core_event("review.recorded", at(21), seller="bergmann", order="B-1042", by="Desk"))

    assert (found.confirmed, found.confirmed_by, found.confirmed_at) == (Confirmed.REVIEWED, "Desk", at(21))


def test_another_cause_forgets_the_text_of_the_one_before():
    found = facts(opened(reason_text="A second check is needed"), event("line.changed", 21, cause="transport"))

    assert (found.cause, found.reason_text) == (Cause.TRANSPORT, None)


def test_a_date_that_moved_is_an_estimate_until_confirmed():
    confirmed = event("production.changed", 21, expected_on="2026-06-05", confirmed=True)
    moved = event("production.changed", 22, expected_on="2026-06-08")
    lost = event("production.changed", 23, expected_on=None)

    assert facts(opened(), confirmed).expected_confirmed
    assert not facts(opened(), confirmed, moved).expected_confirmed
    assert facts(opened(), confirmed, lost).expected_on is None


def test_a_production_event_without_a_date_leaves_the_date():
    dated = event("production.changed", 21, expected_on="2026-06-05", confirmed=True)

    assert facts(opened(), dated, event("production.changed", 22, outlook="uncertain")).expected_confirmed


def test_r13_an_event_that_waited_takes_back_neither_the_last_change_nor_the_last_confirmation():
    waited = core_event("line.changed", at(20, 10), 1, **of_line(ordered=60))
    room = core_event("stock.allocated", at(20, 11), 2, **of_line(available=50))

    found = facts(opened(at(20)), waited, room)

    assert found.ordered == Decimal(60)
    assert (found.changed_at, found.confirmed_at) == (at(20, 11), at(20, 11))
