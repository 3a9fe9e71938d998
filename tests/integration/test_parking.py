"""R28: what cannot be read or written is set aside and shown, for buyers and owners, and stops none of the others."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.builders import at, cloud, opening, seller
from tests.road import Road
from worker.storage import console
from worker.usecases import parking
from worker.usecases.in_one_go import InOneGo
from worker.usecases.plan_due import plan_due
from worker.usecases.plan_owners import plan_owners

NAMES = [f"O-{number}" for number in range(4)]
BAD = "O-2"


def events():
    """Four orders of a buyer each; an owner each has to say what an order lacks."""
    for name in NAMES:
        contact = {"name": "Purchasing", "email": f"{name.lower()}@muster.example.com"}
        owner = {"name": "Order desk", "email": f"desk-{name.lower()}@seller.example"}
        yield cloud(
            "backorder.opened",
            at(20),
            opening(order=name, buyer={"company": "Muster", "contact": contact}, owner=owner),
            f"o{name}",
        )


@pytest.fixture
def road(tmp_path):
    road = Road(tmp_path / "mail", "parking", [cloud("seller.configured", at(11), seller(), "s"), *events()])
    with road.parts().engine.begin() as connection:
        road.record(connection)
    road.now = at(20, 9, 15)
    return road


def in_one_go(parts, road):
    going = InOneGo(parts, road.sender(parts))
    while going.step():
        pass
    going.end()


def planned(parts, _road):
    while plan_due(parts):
        pass


def does(parts, statement, **values):
    with parts.engine.begin() as connection:
        connection.execute(text(statement), values)


def parked(road, parts):
    with parts.engine.connect() as connection:
        found = console.needs(connection, None, road.now, timedelta(days=7), timedelta(days=1))["parked"]
    return [(row.order_no, row.what, row.why) for row in found]


MAILS = "select t.order_no from mail m join thread t using (correspondence_id) where m.audience = 'buyer' order by 1"


@pytest.mark.parametrize("plans", [in_one_go, planned])
def test_r28_a_buyer_whose_facts_cannot_be_read_stops_none_of_the_others(road, plans):
    parts = road.parts()
    does(parts, "update line set facts = facts - 'ordered' where order_no = :order", order=BAD)

    plans(parts, road)

    ((order, what, why),) = parked(road, parts)
    assert (order, what) == (BAD, "buyer")
    assert why.startswith("reading failed: ")
    assert [row.order_no for row in road.rows(parts, MAILS)] == [name for name in NAMES if name != BAD]
    assert road.rows(parts, "select order_no, why from decision where action = 'parked'") == [(BAD, why)]

    does(parts, """update line set facts = facts || '{"ordered": "120"}' where order_no = :order""", order=BAD)
    with parts.engine.begin() as connection:
        (stuck,) = connection.execute(text("select id from correspondence where parked is not null")).scalars()
        assert parking.unpark(connection, [stuck], road.now) == 1
    plans(parts, road)
    assert [row.order_no for row in road.rows(parts, MAILS)] == NAMES


OWED = "select t.order_no from obligation o join thread t on t.id = o.thread_id where o.mail_id is null order by 1"
UNREADABLE = (
    "update correspondence set contact = '[]' where address_key = 'desk-' || lower(:order) || '@seller.example'"
)
UNWRITABLE = "update obligation set code = 'no-such-code' where order_no = :order"


@pytest.mark.parametrize(
    ("spoil", "told"), [(UNREADABLE, "reading failed: "), (UNWRITABLE, "making them failed: ")], ids=["read", "made"]
)
def test_r28_an_owner_whose_lists_cannot_be_made_stops_none_of_the_others(road, spoil, told):
    parts = road.parts()
    for name in NAMES:
        unclear = {"seller": "bergmann", "order": name, "line": "1", "cause": "other"}
        road.events = [cloud("line.changed", at(20, 9, 1), unclear, f"c{name}")]
        with parts.engine.begin() as connection:
            road.record(connection)
    planned(parts, road)
    assert [row.order_no for row in road.rows(parts, OWED)] == NAMES
    does(parts, spoil, order=BAD)

    while plan_owners(parts):
        pass

    ((_, what, why),) = parked(road, parts)
    assert what == "owner"
    assert why.startswith(told)
    assert [row.order_no for row in road.rows(parts, OWED)] == [BAD]
