"""R5: several processes carry one item's event to its lines, a slice each, and none gets more than was received."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest

from tests.builders import opening
from tests.items import ITEM, Item, each
from tests.machine import checks
from worker.storage import console, slices, threads
from worker.storage import skus as storage
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


def test_r44_an_items_event_that_fails_is_parked_and_shown_and_those_of_other_items_go_on(item):
    item.happens("backorder.opened", opening(order="C-1", sku="CX-9"))
    spoil = "create function spoiled() returns trigger language plpgsql as $$ begin raise exception 'spoiled'; end $$"
    item.does(
        f"{spoil}; create trigger spoiled before update on line for each row when (old.sku = 'BX-120')"
        " execute function spoiled()"
    )
    item.arrives(5)
    item.happens("stock.received", {**ITEM, "units": 1})
    item.happens("stock.received", {**ITEM, "sku": "CX-9", "units": 40})
    item.slices()

    assert item.got() == {"C-1": 40}
    ((parked,),) = item.rows("select parked from sku_job where parked is not null")
    assert parked == "dealing its stock failed: RaiseException"
    assert item.rows("select count(*) from sku_job where done_at is null") == [(2,)]
    with item.engine.connect() as connection:
        (shown,) = console.needs(connection, None, item.now, timedelta(days=7), timedelta(days=1))["parked"]
        assert (shown.seller, shown.what, shown.why) == ("bergmann", "BX-120", parked)
        assert not threads.next_alarms(connection).items

    item.does("drop trigger spoiled on line")
    with item.engine.begin() as connection:
        assert storage.unpark(connection) == 1
    item.slices()
    assert item.got() == each(1, 2, 3, 4, 5) | {"C-1": 40}


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


def change_orders_while_stock_arrives(item):
    for number in range(1, 31):
        item.arrives(33 if number == 5 else 0.1)
        if number % 2:
            item.changes("line.changed", number, ordered=100 + 20 * (number % 5))
        elif number % 5:
            item.changes("line.cancelled", number, units=20, by="buyer")
        else:
            for late in (100, 200, 300):
                item.opens(late + number, placed_at="2026-05-01")


def test_r5_what_is_dealt_side_by_side_while_orders_change_is_what_was_received(item):
    for number in range(6, 31):
        item.opens(number, placed_at=f"2026-05-{number:02d}")
    over = Event()

    def deals():
        while not over.is_set():
            item.slice()

    with ThreadPoolExecutor(2) as pool:
        dealers = [pool.submit(deals) for _ in range(2)]
        change_orders_while_stock_arrives(item)
        over.set()
        for dealer in dealers:
            dealer.result()
    item.slices()

    assert item.rows("select count(*) from sku_job where done_at is null or parked is not null") == [(0,)]
    assert item.rows("select count(*) from sku_slice") == [(0,)]
    with item.engine.connect() as connection:
        checks.grants_and_pool_make_up_what_was_received(connection, item.now)
        assert item.rows("select id from line where delayed > 0")
        checks.figures_add_up(connection, item.now)
        checks.stored_facts_are_the_fold_of_the_events(connection, item.now)
