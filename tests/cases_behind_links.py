"""Orders of their own, each told to a buyer of its own who has to decide, on one running site."""

import itertools
from datetime import timedelta

import pytest

from schedules.kinds import OwnerKind
from tests.builders import cloud, opening
from tests.web import site, standing_case

CHOICES = {"choices": ["wait", "split", "adjust", "cancel"], "decision_needed": True}
NUMBERS = itertools.count(1)
A_SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    with site("links", tmp_path_factory.mktemp("links")) as running:
        standing_case(running)
        running.run(days=8)  # long enough for the owner's first list
        assert running.mails(OwnerKind.REVIEW_REMINDER)
        yield running


@pytest.fixture
def case(web):
    """An order of its own, told to a buyer of its own, who has to decide."""
    number = next(NUMBERS)
    order = f"D-{number}"
    to_working_hours(web)
    contact = {"name": "Purchasing", "email": f"p{number}@muster.example.com"}
    buyer = {"company": f"Muster {number}", "contact": contact}
    web.tell(cloud("backorder.opened", web.now, opening(order=order, buyer=buyer, **CHOICES), f"open-{order}"))
    web.run(minutes=16)
    return order


def to_working_hours(web):
    """Run on to a moment at which mails leave: a working day of June in Berlin, before three."""
    while web.now.weekday() > 4 or not 7 <= web.now.hour < 13:
        web.run(hours=1)


def state(web):
    """Everything that a page could have changed."""
    tables = (
        "event",
        "decision",
        "obligation",
        "mail",
        "promise",
        "audit",
        "line",
        "thread",
        "correspondence",
        "verdict",
    )
    return {
        table: web.rows(f"select md5(string_agg(t::text, '|' order by t::text)) from {table} t") for table in tables
    }


def last_kind(web, order):
    web.run(hours=3)
    return web.mails(order=order)[-1]["X-Backorder-Kind"]
