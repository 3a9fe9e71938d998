"""R5: an item is dealt in slices, in one turn; what happens between two slices counts from the next on."""

from decimal import Decimal

import pytest
from sqlalchemy import text

from tests.builders import seller
from tests.items import WAITS_FOR, Item, each
from worker.chores.sweep_items import sweep_items
from worker.usecases import skus


@pytest.fixture
def item(monkeypatch):
    made = Item(monkeypatch)
    yield made
    made.engine.dispose()


def test_r5_slices_go_on_in_one_turn_until_nothing_is_left(item):
    item.arrives(3.5)

    item.slice()
    found = []
    while item.slice():
        found.append(item.got())

    assert found == [each(1, 2), each(1, 2, 3) | {"B-4": 20}]
    assert item.pool() == 0


def test_r5_surplus_stays_in_the_pool_after_the_last_slice(item):
    item.arrives(6)
    item.slices()

    assert item.got() == each(1, 2, 3, 4, 5)
    assert item.pool() == WAITS_FOR
    assert item.rows("select done_at is null, slices, lines from sku_job") == [(False, 0, 5)]


def test_r5_an_order_that_opens_between_two_slices_gets_some_before_those_that_were_placed_later(item):
    item.deals_to_two_of(4)
    item.opens(0, placed_at="2026-05-01")
    item.slices()

    assert item.got() == each(0, 1, 2, 3)


def test_r5_an_order_that_opens_after_its_turn_gets_what_is_left(item):
    item.deals_to_two_of(6)
    item.opens(6, placed_at="2026-05-06")
    item.slices()

    assert item.got() == each(1, 2, 3, 4, 5, 6)
    assert item.pool() == 0


@pytest.mark.parametrize(
    ("kind", "stated"),
    [
        pytest.param("line.cancelled", {"units": 40, "by": "buyer"}, id="is cancelled"),
        pytest.param("line.changed", {"sku": "BX-130", "product": "Block 25 mm"}, id="asks for another item"),
        pytest.param("stock.allocated", {"available": 80}, id="is dealt to by its own system"),
    ],
)
def test_r5_a_line_that_waits_no_more_when_its_slice_comes_gets_none(item, kind, stated):
    item.deals_to_two_of(4)
    item.changes(kind, 3, **stated)
    item.slices()

    assert item.got() == each(1, 2, 4, 5)


def test_r5_a_line_that_waits_for_more_when_its_slice_comes_gets_it(item):
    item.deals_to_two_of(5)
    item.changes("line.changed", 3, ordered=140)
    item.slices()

    assert item.got() == each(1, 2, 4) | {"B-3": 60, "B-5": 20}


def test_r5_a_seller_who_deals_by_priority_from_now_on_does_so_with_the_next_slice(item):
    item.opens(7, placed_at="2026-05-07", priority=9)
    item.deals_to_two_of(3)
    item.happens("seller.configured", seller(allocation="priority"))
    item.slices()

    assert item.got() == each(1, 2, 7)


def test_r5_a_seller_who_deals_himself_from_now_on_keeps_what_is_left(item):
    item.deals_to_two_of(4)
    item.happens("seller.configured", seller(allocation="off"))
    item.slices()

    assert item.got() == each(1, 2)
    assert item.pool() == 2 * WAITS_FOR


def test_r5_stock_that_comes_between_two_slices_is_dealt_after_them_in_turn(item):
    item.deals_to_two_of(3)
    item.arrives(1)
    item.slices()

    assert item.rows("select job_id, line_id from stock_grant order by id") == [(1, 1), (1, 2), (1, 3), (2, 4)]
    assert item.pool() == 0


def test_r5_a_slice_writes_its_figures_to_columns_and_facts_alike_and_wakes_whom_it_dealt_to(item):
    with item.engine.begin() as connection:
        connection.execute(text("update correspondence set wake_at = null"))
    item.arrives(2.5)
    item.slices()

    figures = item.rows("select available, cast(facts ->> 'available' as numeric), delayed from line order by id")
    assert [tuple(map(Decimal, row)) for row in figures] == [
        (120, 120, 0),
        (120, 120, 0),
        (100, 100, 20),
        (80, 80, 40),
        (80, 80, 40),
    ]
    woken = item.rows(
        "select order_no, wake_at is not null from thread join correspondence c on c.id = correspondence_id"
    )
    assert sorted(order for order, rings in woken if rings) == ["B-1", "B-2", "B-3"]


def waiting(item):
    return [row.order_no for row in item.rows("select order_no from line where waits order by id")]


def test_r5_lines_that_got_all_of_many_are_swept_from_those_that_wait(item):
    item.arrives(3.5)
    item.slices()
    assert waiting(item) == ["B-1", "B-2", "B-3", "B-4", "B-5"]

    while sweep_items(item.parts):
        pass
    assert waiting(item) == ["B-4", "B-5"]


def test_r5_lines_of_few_that_got_all_wait_no_more_at_once(item, monkeypatch):
    monkeypatch.setattr(skus, "SLICE", 5)
    item.arrives(3.5)
    item.slices()

    assert waiting(item) == ["B-4", "B-5"]
    assert sweep_items(item.parts) == 0


def test_r5_a_line_that_got_some_and_waits_for_more_gets_more_in_its_turn(item):
    item.deals_to_two_of(4)
    item.changes("line.changed", 1, ordered=140)
    item.slices()

    assert item.got() == each(2, 3) | {"B-1": 60, "B-4": 20}
    assert item.pool() == 0

    item.changes("line.changed", 1, product="Block 30 mm")
    assert item.rows("select available, delayed from line where order_no = 'B-1'") == [(140, 0)]
