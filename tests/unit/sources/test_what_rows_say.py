"""Every field of a row says what it says, and a row that has gone means what its source file says (R7, R13)."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from schedules.differences import UNKNOWN, dated, is_figure_of, statements
from schedules.sayings import Says, WhenGone, key_fields
from tests.builders import at
from tests.unit.sources.test_differences import LINE, OPEN

ITEM = {"seller": "s", "sku": "BX"}
BERLIN = ZoneInfo("Europe/Berlin")
DATED = OPEN | {"expected_on": "2026-06-02", "expected_confirmed": True}


def only(found):
    (one,) = found
    return one.type, dict(one.data)


def test_an_opening_says_everything_that_the_row_knows():
    row = OPEN | {
        "contact_email": "p@muster.example.com",
        "owner_name": "Desk",
        "owner_email": "d@s.example.com",
        "substitute_sku": "BY",
        "told_at": "2026-05-19T09:00:00Z",
        "told_next_checkpoint": "2026-05-27",
    }
    kind, data = only(statements(Says.OPEN_BACKORDERS, None, row))

    assert kind == "backorder.opened"
    assert data["buyer"] == {"company": "Muster", "contact": {"email": "p@muster.example.com"}}
    assert data["owner"] == {"name": "Desk", "email": "d@s.example.com"}
    assert data["substitute"] == {"sku": "BY"}
    assert data["told"] == {"at": "2026-05-19T09:00:00Z", "next_checkpoint": "2026-05-27"}
    assert "next_checkpoint" not in only(statements(Says.OPEN_BACKORDERS, None, OPEN | {"told_at": "x"}))[1]["told"]


@pytest.mark.parametrize(
    ("given", "ready"),
    [({"delayed": "40"}, "80"), ({"delayed": "40", "shipped": "30"}, "50"), ({}, "0"), ({"available": "7"}, "7")],
)
def test_what_is_ready_follows_from_what_is_delayed(given, ready):
    row = {name: value for name, value in OPEN.items() if name != "available"} | given

    assert only(statements(Says.OPEN_BACKORDERS, None, row))[1]["available"] == ready


@pytest.mark.parametrize(
    ("says", "before", "after", "kind", "data"),
    [
        pytest.param(
            Says.OPEN_BACKORDERS,
            DATED,
            DATED | {"expected_on": "2026-06-09"},
            "production.changed",
            LINE | {"expected_on": "2026-06-09", "confirmed": True},
            id="a day keeps its confirmation",
        ),
        pytest.param(
            Says.OPEN_BACKORDERS,
            DATED,
            DATED | {"expected_confirmed": False},
            "production.changed",
            LINE | {"confirmed": False},
            id="a day becomes an estimate",
        ),
        pytest.param(
            Says.PRODUCTION,
            None,
            ITEM | {"cause": "transport"},
            "production.changed",
            ITEM | {"cause": "transport"},
            id="why",
        ),
        pytest.param(
            Says.PRODUCTION,
            None,
            LINE | {"expected_on": None, "confirmed": True},
            "production.changed",
            LINE | {"expected_on": None},
            id="without a day there is nothing to confirm",
        ),
        pytest.param(
            Says.PRODUCTION,
            ITEM | {"expected_on": "2026-06-02", "confirmed": True},
            ITEM | {"expected_on": "2026-06-09", "confirmed": True},
            "production.changed",
            ITEM | {"expected_on": "2026-06-09", "confirmed": True},
            id="another day of an item",
        ),
        pytest.param(
            Says.PRODUCTION,
            ITEM | {"cause": "transport"},
            ITEM | {"cause": "promotion"},
            "production.changed",
            ITEM | {"cause": "promotion"},
            id="another cause of an item",
        ),
        pytest.param(
            Says.STOCK,
            ITEM | {"units": "5", "as_of": "a"},
            ITEM | {"units": "5", "as_of": "b"},
            "production.changed",
            ITEM,
            id="a stock dated anew confirms",
        ),
        pytest.param(
            Says.LISTINGS,
            ITEM | {"listing": "ready"},
            ITEM | {"listing": "hidden"},
            "listing.observed",
            ITEM | {"listing": "hidden"},
            id="another listing",
        ),
    ],
)
def test_a_difference_says_only_what_changed(says, before, after, kind, data):
    assert only(statements(says, before, after)) == (kind, data)


@pytest.mark.parametrize(
    ("says", "before", "after"),
    [
        pytest.param(Says.PRODUCTION, None, ITEM, id="a row that says nothing of production"),
        pytest.param(Says.PRODUCTION, ITEM | {"cause": "transport"}, ITEM | {"cause": None}, id="a cause unsaid"),
        pytest.param(Says.LISTINGS, ITEM | {"as_of": "a"}, ITEM | {"as_of": "b"}, id="a listing dated anew"),
        pytest.param(Says.STOCK, None, None, id="nothing before and after"),
        pytest.param(Says.OPEN_BACKORDERS, DATED, DATED | {"told_at": "x"}, id="what was told is said once"),
    ],
)
def test_what_says_nothing_makes_no_event(says, before, after):
    assert statements(says, before, after) == ()


@pytest.mark.parametrize(
    ("when_gone", "before", "expected"),
    [
        (WhenGone.NOTHING, OPEN, None),
        (WhenGone.FULFILLED, OPEN, ("backorder.closed", LINE | {"outcome": "fulfilled"})),
        (WhenGone.CANCELLED, OPEN, ("backorder.closed", LINE | {"outcome": "cancelled"})),
        (WhenGone.FULFILLED, OPEN | {"shipped": "120"}, None),
        (WhenGone.CLEARED, OPEN, ("stock.cleared", LINE)),
        (WhenGone.NONE_ALLOCATED, OPEN, ("stock.allocated", LINE | {"available": "0"})),
        (WhenGone.NO_DATE, ITEM, ("production.changed", ITEM | {"expected_on": None})),
        (WhenGone.HIDDEN, ITEM, ("listing.observed", ITEM | {"listing": "hidden"})),
    ],
)
def test_a_row_that_has_gone_means_what_its_source_says(when_gone, before, expected):
    found = statements(Says.ALLOCATIONS, before, None, when_gone)

    assert (only(found) if found else None) == expected


def test_a_line_known_without_delay_opens_once_something_is_delayed():
    ready = OPEN | {"available": "120"}

    assert only(statements(Says.OPEN_BACKORDERS, ready, OPEN, was_said=False))[0] == "backorder.opened"
    assert statements(Says.OPEN_BACKORDERS, ready, None, WhenGone.FULFILLED, was_said=False) == ()


def test_a_row_is_dated_by_its_own_moment_or_day_or_not_at_all():
    now = at(20, 12)

    assert (dated(None, BERLIN, now).time, dated(None, BERLIN, now).asof) == (now, UNKNOWN)
    moment = dated("2026-05-20T09:00:00+02:00", BERLIN, now)
    assert (moment.time, moment.asof) == (at(20, 9), None)
    day = dated("2026-05-19", BERLIN, now)
    assert (day.time, day.asof) == (datetime(2026, 5, 19, 21, 59, 59, tzinfo=UTC), at(19, 0))
    assert dated("2026-05-20", BERLIN, now).time == now


def test_what_names_a_row_and_what_counts_as_a_figure():
    assert key_fields(Says.STOCK, {"sku"}) == ("sku",)
    assert key_fields(Says.LISTINGS, {"sku"}) == ("sku",)
    assert key_fields(Says.PRODUCTION, {"sku"}) == ("sku",)
    assert key_fields(Says.PRODUCTION, {"order", "line"}) == key_fields(Says.SHIPMENTS, set()) == ("order", "line")
    assert is_figure_of({"available", "as_of"}, frozenset({"available"}))
    assert not is_figure_of({"as_of"}, frozenset({"available"}))
