"""R5: several processes carry one item's event to its lines, a slice each, and none gets more than was received."""

import pytest

from tests.items import ITEM, Item, each
from worker.storage import slices
from worker.usecases import skus


@pytest.fixture
def item(monkeypatch):
    made = Item(monkeypatch)
    yield made
    made.engine.dispose()


@pytest.fixture
def held(item):
    """The first slice of stock that is enough for all, in the hands of another process that is not done with it."""
    item.arrives(5)
    item.slice()
    with item.engine.begin() as connection:
        yield connection, slices.take(connection)


def finish(item, held):
    connection, part = held
    skus.SLICES["deal"](connection, part, item.now)
    connection.commit()


def test_r5_two_processes_deal_to_two_slices_at_once_where_there_is_enough_for_all(item, held):
    assert item.slice()
    assert item.slice()
    assert not item.slice()
    assert item.got() == each(3, 4, 5)

    finish(item, held)
    assert item.got() == each(1, 2, 3, 4, 5)
    assert item.rows("select done_at is null, slices, lines from sku_job") == [(False, 0, 5)]


def test_r5_slices_that_hold_too_little_end_and_the_rest_is_dealt_in_turn_once_the_others_are_done(item, held):
    item.changes("line.changed", 5, ordered=140)
    item.slices()
    assert item.got() == each(3, 4, 5)

    finish(item, held)
    item.changes("line.cancelled", 1, units=20, by="buyer")
    item.slices()
    assert item.got() == each(2, 3, 4) | {"B-1": 20, "B-5": 60}
    assert item.pool() == 0


def test_r5_what_a_slice_holds_too_much_goes_to_whoever_came_to_wait_meanwhile(item):
    item.deals_to_two_of(5)
    item.opens(6, placed_at="2026-05-06")
    item.changes("line.cancelled", 4, units=40, by="buyer")
    item.slices()

    assert item.got() == each(1, 2, 3, 5, 6)
    assert item.pool() == 0


def test_r5_scarce_stock_is_split_for_those_whom_it_reaches(item):
    item.arrives(1.5)
    assert item.slice()

    assert item.got() == each(1) | {"B-2": 20}
    assert item.rows("select done_at is null, slices, lines from sku_job") == [(False, 0, 2)]
    assert not item.slice()


def test_r5_two_processes_never_deal_to_two_slices_of_one_turn_at_once(item):
    item.arrives(4)
    item.slice()
    with item.engine.begin() as connection:
        assert slices.take(connection)
        assert not item.slice()


def test_r5_a_date_reaches_lines_in_slices_that_two_processes_take(item):
    item.happens("production.changed", {**ITEM, "expected_on": "2026-07-01"})
    assert item.slice()
    with item.engine.begin() as connection:
        part = slices.take(connection)
        item.slices()
        skus.SLICES["apply"](connection, part, item.now)

    dates = item.rows("select facts -> 'expected_on' as said from line")
    assert len(dates) == 5
    assert all("2026-07-01" in str(row.said) for row in dates)
    assert item.rows("select done_at is null, slices, lines from sku_job") == [(False, 0, 5)]
