"""Stock for an item is dealt, and what is said of an item reaches all its lines (R3, R5, R13)."""

from decimal import Decimal

import pytest

from tests.builders import at, opening
from tests.stories import Story

ITEM = {"seller": "bergmann", "sku": "BX-120"}


def two_orders(**changed):
    story = Story(**changed)
    story.opened(at(20, 9), order="B-1", placed_at="2026-05-02")
    return story.opened(at(20, 9), order="B-2", placed_at="2026-05-01", priority=-1)


def ready(told, order):
    return Decimal(told.facts(order).lines[0].available)


def test_r5_received_stock_is_dealt_to_the_oldest_order_first(tmp_path):
    told = two_orders().then("stock.received", at(21, 9), units=50, **ITEM).told(tmp_path, at(21, 18))

    assert (ready(told, "B-2"), ready(told, "B-1")) == (Decimal(120), Decimal(90))
    assert told.kinds("B-2")[-1] == "stock-cleared"
    assert told.kinds("B-1")[-1] == "partial-release"


def test_r5_or_by_priority_where_the_seller_says_so(tmp_path):
    story = two_orders(allocation="priority").then("stock.received", at(21, 9), units=50, **ITEM)
    told = story.told(tmp_path, at(21, 18))

    assert (ready(told, "B-1"), ready(told, "B-2")) == (Decimal(120), Decimal(90))


def test_r5_a_seller_that_deals_himself_is_left_alone(tmp_path):
    story = two_orders(allocation="off").then("stock.received", at(21, 9), units=50, **ITEM)
    told = story.told(tmp_path, at(21, 18))

    assert ready(told, "B-1") == ready(told, "B-2") == Decimal(80)


def test_r5_surplus_stays_for_later_openings(tmp_path):
    story = Story().then("stock.received", at(20, 8), units=30, **ITEM).opened(at(20, 9), order="B-1")
    told = story.told(tmp_path, at(20, 18))

    assert ready(told, "B-1") == Decimal(110)
    assert told.pool("BX-120") == 0


def test_r5_a_line_whose_system_states_allocations_gets_none(tmp_path):
    story = two_orders().then("stock.allocated", at(20, 10), seller="bergmann", order="B-2", line="1", available=90)
    told = story.then("stock.received", at(21, 9), units=50, **ITEM).told(tmp_path, at(21, 18))

    assert (ready(told, "B-2"), ready(told, "B-1")) == (Decimal(90), Decimal(120))
    assert told.pool("BX-120") == 10


def test_r5_a_grant_that_a_late_event_makes_too_large_is_clipped_and_dealt_on(tmp_path):
    story = two_orders().then("stock.received", at(21, 9), units=40, **ITEM)
    story.then(
        "line.cancelled", at(20, 12), seen=at(21, 11), seller="bergmann", order="B-2", line="1", units=30, by="x"
    )
    told = story.told(tmp_path, at(21, 18))

    assert (ready(told, "B-2"), ready(told, "B-1")) == (Decimal(90), Decimal(110))
    assert told.pool("BX-120") == 0


def test_r5_an_order_lowered_later_gives_granted_units_back(tmp_path):
    story = two_orders().then("stock.received", at(21, 9), units=40, **ITEM)
    story.then("line.changed", at(21, 12), seller="bergmann", order="B-2", line="1", ordered=100)
    told = story.told(tmp_path, at(21, 18))

    assert (ready(told, "B-2"), ready(told, "B-1")) == (Decimal(100), Decimal(100))


@pytest.mark.parametrize(
    ("kind", "stated", "left"),
    [
        pytest.param("line.changed", {"seller": "bergmann"}, 80, id="changed"),
        pytest.param("backorder.opened", opening(available=90), 90, id="corrected by an opening"),
    ],
)
def test_r5_a_line_that_asks_for_another_item_gives_back_what_it_was_dealt(tmp_path, kind, stated, left):
    other = {"order": "B-2", "line": "1", "sku": "BX-130", "product": "Linear bearing block 25 mm"}
    story = two_orders().then("stock.received", at(21, 9), units=15, **ITEM)
    told = story.then(kind, at(21, 12), **(stated | other)).told(tmp_path, at(21, 18))

    assert (ready(told, "B-2"), ready(told, "B-1")) == (Decimal(left), Decimal(95))
    assert (told.pool("BX-120"), told.pool("BX-130")) == (0, 0)


def test_r13_a_review_of_an_item_confirms_all_its_lines(tmp_path):
    told = two_orders().then("review.recorded", at(26, 12), by="Order desk", **ITEM).told(tmp_path, at(28, 18))

    assert told.kinds("B-1")[-1] == told.kinds("B-2")[-1] == "checkpoint-review"
    assert "Reviewed by Order desk" in told.text(-1)


def test_r20_a_slip_of_an_item_is_told_to_each_order_and_to_lines_opened_later(tmp_path):
    story = two_orders().then("production.changed", at(21, 9), expected_on="2026-06-10", **ITEM)
    story.then("production.changed", at(22, 9), expected_on="2026-06-24", **ITEM)
    story.opened(at(22, 8), order="B-3", seen=at(22, 12))
    told = story.told(tmp_path, at(22, 18))

    assert {str(told.facts(order).lines[0].expected_on) for order in ("B-1", "B-2", "B-3")} == {"2026-06-24"}
    assert told.kinds("B-1")[-1] == "production-changed"


def test_r3_an_items_event_that_comes_late_takes_its_place_in_the_fold(tmp_path):
    story = two_orders()
    story.then("production.changed", at(22, 9), seller="bergmann", order="B-1", line="1", expected_on="2026-06-24")
    story.then("production.changed", at(21, 9), seen=at(22, 11), expected_on="2026-06-10", **ITEM)
    told = story.told(tmp_path, at(22, 18))

    assert str(told.facts("B-1").lines[0].expected_on) == "2026-06-24"
    assert str(told.facts("B-2").lines[0].expected_on) == "2026-06-10"


@pytest.mark.parametrize("units", [0.5, 40, 95])
def test_r5_never_more_than_was_received(tmp_path, units):
    told = two_orders().then("stock.received", at(21, 9), units=units, **ITEM).told(tmp_path, at(21, 18))
    dealt = ready(told, "B-1") + ready(told, "B-2") - 160

    assert dealt + told.pool("BX-120") == Decimal(str(units))
