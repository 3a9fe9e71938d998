"""Orders that wait for one item."""

import json
from datetime import timedelta

from sqlalchemy import text

from tests.builders import at, cloud, opening, seller
from tests.servers import fresh_database
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

    def deals_to_two_of(self, orders):
        """Receive stock, split its job, and deal to its first slice."""
        self.arrives(orders)
        self.slice()
        self.slice()

    def slice(self):
        return skus.work_on_skus(self.parts)

    def slices(self):
        while self.slice():
            pass

    def rows(self, query):
        with self.engine.connect() as connection:
            return list(connection.execute(text(query)))

    def does(self, statements):
        with self.engine.begin() as connection:
            connection.exec_driver_sql(statements)

    def got(self):
        rows = self.rows("select l.order_no, sum(g.units) from stock_grant g join line l on l.id = line_id group by 1")
        return {order: int(units) for order, units in rows}

    def pool(self):
        return self.rows("select units from sku_pool")[0].units


def each(*numbers):
    return {f"B-{number}": WAITS_FOR for number in numbers}
