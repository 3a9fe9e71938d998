"""R5: an item is dealt in slices, in one turn; what happens between two slices counts from the next on."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from tests.builders import at, cloud, opening, seller
from tests.servers import fresh_database
from worker.chores.sweep_items import sweep_items
from worker.intake.reading import read_event
from worker.storage.engine import make_engine
from worker.usecases import skus
from worker.usecases.record_events import record
from worker.wiring import parts_for

ITEM = {"seller": "bergmann", "sku": "BX-120"}
WAITS_FOR = 40


class Item:
    """Five orders wait for an item, placed in the order of their numbers; a slice deals to two of them."""

    def __init__(self, monkeypatch):
        monkeypatch.setattr(skus, "SLICE", 2)
        self.now = at(20)
        self.engine = make_engine(fresh_database("dealing"))
        self.parts = parts_for(self.engine, lambda _: self.now, "deal.example")
        self.happens("seller.configured", seller())
        for number in range(1, 6):
            self.opens(number, placed_at=f"2026-05-0{number}")

    def happens(self, kind, data):
        self.now += timedelta(minutes=1)
        event = read_event(json.dumps(cloud(kind, self.now, data)), received_at=self.now)
        with self.engine.begin() as connection:
            record(connection, self.parts, [event], self.now)

    def opens(self, number, **stated):
        contact = {"name": "Purchasing", "email": f"p{number}@muster.example.com"}
        data = opening(order=f"B-{number}", buyer={"company": "Muster", "contact": contact}, **stated)
        self.happens("backorder.opened", data)

    def changes(self, kind, number, **stated):
        self.happens(kind, {"seller": "bergmann", "order": f"B-{number}", "line": "1", **stated})

    def arrives(self, orders):
        self.happens("stock.received", {**ITEM, "units": orders * WAITS_FOR})

    def slice(self):
        return skus.work_on_skus(self.parts)

    def slices(self):
        while self.slice():
            pass

    def rows(self, query):
        with self.engine.connect() as connection:
            return list(connection.execute(text(query)))

    def got(self):
        rows = self.rows("select l.order_no, sum(g.units) from stock_grant g join line l on l.id = line_id group by 1")
        return {order: int(units) for order, units in rows}

    def pool(self):
        return self.rows("select units from sku_pool")[0].units


@pytest.fixture
def item(monkeypatch):
    made = Item(monkeypatch)
    yield made
    made.engine.dispose()


def each(*numbers):
    return {f"B-{number}": WAITS_FOR for number in numbers}


def test_r5_slices_go_on_in_one_turn_until_nothing_is_left(item):
    item.arrives(3.5)

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
    assert item.rows("select done_at is null, turn, lines from sku_job") == [(False, None, 5)]


def test_r5_an_order_that_opens_between_two_slices_gets_some_before_those_that_were_placed_later(item):
    item.arrives(4)
    item.slice()
    item.opens(0, placed_at="2026-05-01")
    item.slices()

    assert item.got() == each(0, 1, 2, 3)


def test_r5_an_order_that_opens_after_its_turn_gets_what_is_left(item):
    item.arrives(6)
    item.slice()
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
    item.arrives(4)
    item.slice()
    item.changes(kind, 3, **stated)
    item.slices()

    assert item.got() == each(1, 2, 4, 5)


def test_r5_a_line_that_waits_for_more_when_its_slice_comes_gets_it(item):
    item.arrives(5)
    item.slice()
    item.changes("line.changed", 3, ordered=140)
    item.slices()

    assert item.got() == each(1, 2, 4) | {"B-3": 60, "B-5": 20}


def test_r5_a_seller_who_deals_by_priority_from_now_on_does_so_with_the_next_slice(item):
    item.opens(7, placed_at="2026-05-07", priority=9)
    item.arrives(3)
    item.slice()
    item.happens("seller.configured", seller(allocation="priority"))
    item.slices()

    assert item.got() == each(1, 2, 7)


def test_r5_a_seller_who_deals_himself_from_now_on_keeps_what_is_left(item):
    item.arrives(4)
    item.slice()
    item.happens("seller.configured", seller(allocation="off"))
    item.slices()

    assert item.got() == each(1, 2)
    assert item.pool() == 2 * WAITS_FOR


def test_r5_stock_that_comes_between_two_slices_is_dealt_after_them_in_turn(item):
    item.arrives(3)
    item.slice()
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
