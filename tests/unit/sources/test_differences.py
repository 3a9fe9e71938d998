"""What a difference between two reads says, and when."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from schedules.differences import dated, statements
from schedules.disbelief import Comparison, Limits, doubts
from schedules.sayings import Says, WhenGone
from schedules.staleness import told_at
from tests.builders import at, core_event, opened

LINE = {"seller": "s", "order": "B-1", "line": "1"}
OPEN = LINE | {
    "company": "Muster",
    "sku": "BX",
    "product": "Block",
    "ordered": "120",
    "available": "80",
    "cause": "inspection_hold",
}
CASES = [
    pytest.param(Says.OPEN_BACKORDERS, None, OPEN, ["backorder.opened"], id="a new line opens"),
    pytest.param(Says.OPEN_BACKORDERS, None, OPEN | {"available": "120"}, [], id="no delay: no backorder"),
    pytest.param(Says.OPEN_BACKORDERS, OPEN, OPEN, [], id="the same again says nothing"),
    pytest.param(Says.OPEN_BACKORDERS, OPEN, OPEN | {"available": "100"}, ["stock.allocated"], id="more is ready"),
    pytest.param(Says.OPEN_BACKORDERS, OPEN, OPEN | {"ordered": "90"}, ["line.changed"], id="less is ordered"),
    pytest.param(
        Says.OPEN_BACKORDERS,
        OPEN,
        OPEN | {"shipped": "80", "available": "0"},
        ["shipment.sent", "stock.allocated"],
        id="a shipment comes before what it leaves ready",
    ),
    pytest.param(
        Says.OPEN_BACKORDERS, OPEN, OPEN | {"expected_on": "2026-06-02"}, ["production.changed"], id="a day is given"
    ),
    pytest.param(Says.OPEN_BACKORDERS, OPEN, OPEN | {"po": "77"}, ["backorder.opened"], id="the rest: a correction"),
    pytest.param(
        Says.OPEN_BACKORDERS, OPEN, OPEN | {"owner_email": "e@s.example.com"}, ["owner.assigned"], id="a new owner"
    ),
    pytest.param(
        Says.OPEN_BACKORDERS, OPEN | {"as_of": "a"}, OPEN | {"as_of": "b"}, ["line.changed"], id="only dated anew"
    ),
    pytest.param(Says.ALLOCATIONS, None, LINE | {"available": "5"}, ["stock.allocated"], id="allocation"),
    pytest.param(Says.STOCK, None, {"sku": "BX", "units": "50"}, [], id="stock of before was not received now"),
    pytest.param(
        Says.STOCK, {"sku": "BX", "units": "5"}, {"sku": "BX", "units": "20"}, ["stock.received"], id="stock rises"
    ),
    pytest.param(Says.STOCK, {"sku": "BX", "units": "20"}, {"sku": "BX", "units": "5"}, [], id="stock falls"),
    pytest.param(
        Says.PRODUCTION,
        {"sku": "BX", "expected_on": "2026-06-02"},
        {"sku": "BX", "expected_on": None},
        ["production.changed"],
        id="the day is lost",
    ),
    pytest.param(Says.SHIPMENTS, None, LINE | {"shipped": "5"}, ["shipment.sent"], id="shipment"),
    pytest.param(Says.LISTINGS, None, {"sku": "BX", "listing": "ready"}, ["listing.observed"], id="listing"),
]


@pytest.mark.parametrize(("says", "before", "after", "types"), CASES)
def test_r7_differences_from_the_last_read_become_events(says, before, after, types):
    assert [one.type for one in statements(says, before, after)] == types


GONE = [
    pytest.param(Says.OPEN_BACKORDERS, WhenGone.NOTHING, OPEN, None, id="nothing"),
    pytest.param(Says.OPEN_BACKORDERS, WhenGone.FULFILLED, OPEN, ("outcome", "fulfilled"), id="fulfilled"),
    pytest.param(Says.OPEN_BACKORDERS, WhenGone.CANCELLED, OPEN, ("outcome", "cancelled"), id="cancelled"),
    pytest.param(Says.OPEN_BACKORDERS, WhenGone.CANCELLED, OPEN | {"shipped": "120"}, None, id="shipped before"),
    pytest.param(Says.ALLOCATIONS, WhenGone.NONE_ALLOCATED, LINE, ("available", "0"), id="none allocated"),
    pytest.param(Says.PRODUCTION, WhenGone.NO_DATE, {"sku": "BX"}, ("expected_on", None), id="no date"),
    pytest.param(Says.LISTINGS, WhenGone.HIDDEN, {"sku": "BX"}, ("listing", "hidden"), id="hidden"),
]


@pytest.mark.parametrize(("says", "meaning", "before", "told"), GONE)
def test_a_deletion_means_what_the_source_file_says(says, meaning, before, told):
    found = statements(says, before, None, meaning)

    assert [told] == [(told[0], one.data[told[0]]) for one in found] if told else found == ()


BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("as_of", "time", "asof"),
    [
        pytest.param("2026-05-21T07:00:00+00:00", at(21, 9), None, id="a moment: its own"),
        pytest.param("2026-05-19", at(19, 23, 59), at(19, 0), id="a day that is over: its end"),
        pytest.param("2026-05-21", at(21, 15), at(21, 0), id="today: now, confirmed from its start"),
        pytest.param(None, at(21, 15), "unknown", id="no date: now, and nothing is confirmed"),
    ],
)
def test_a_row_is_dated_by_its_own_as_of(as_of, time, asof):
    found = dated(as_of, BERLIN, at(21, 15))

    assert (found.time.replace(second=0), found.asof) == (time, asof)


def test_r13_an_event_confirms_from_its_as_of_and_not_at_all_without_one():
    from dataclasses import replace

    from schedules.fold import fold

    allocated = core_event("stock.allocated", at(22), 2, order="B-1042", line="1", seller="bergmann", available=90)
    of_old = core_event("stock.allocated", at(23), 3, order="B-1042", line="1", seller="bergmann", available=95)

    assert fold([opened(), allocated]).facts.confirmed_at == at(22)
    for asof in ("unknown", at(20, 8)):
        facts = fold([opened(), replace(of_old, asof=asof)]).facts
        assert (facts.available, facts.confirmed_at) == (95, at(20))
    assert fold([opened(), replace(of_old, asof=at(21))]).facts.confirmed_at == at(21)


def _seen(**figures):
    return Comparison(**({"before": 100, "rows": 100} | figures))


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        pytest.param(_seen(), "", id="nothing moved"),
        pytest.param(_seen(rows=0, gone=100), "the read is empty; the last accepted one had 100 rows", id="empty"),
        pytest.param(_seen(rows=80, gone=20), "", id="a fifth is gone"),
        pytest.param(_seen(rows=79, gone=21), "21 of 100 rows are gone (21%); believed up to 20%", id="more is gone"),
        pytest.param(_seen(moved=51), "51 of 100 rows moved in their figures (51%)", id="half moved"),
        pytest.param(_seen(failed=30), "30 of 100 rows cannot be read (30%)", id="many faults"),
        pytest.param(_seen(before=3, rows=1, gone=2), "", id="two of three are few"),
        pytest.param(_seen(before=0, rows=0), "", id="the first read is empty"),
        pytest.param(
            _seen(as_of=datetime(2026, 5, 1, tzinfo=UTC), as_of_before=datetime(2026, 5, 2, tzinfo=UTC)),
            "its newest row is of 2026-05-01 00:00 UTC, older than 2026-05-02 00:00 UTC",
            id="older",
        ),
    ],
)
def test_r7_a_doubtful_read_is_told_with_its_figures(seen, told):
    found = doubts(seen, Limits())

    assert bool(found) == bool(told)
    assert told in "".join(found)


def test_people_hear_of_a_quiet_source_when_it_is_stale_and_before_a_checkpoint_needs_it():
    from datetime import timedelta

    fresh, after = at(20, 9), timedelta(hours=30)

    assert told_at(fresh, after, None, at(20, 12)) == at(21, 15)
    assert told_at(fresh, after, at(20, 10), at(20, 12)) == at(20, 12)
    assert told_at(fresh, after, at(20, 13), at(20, 12)) == at(20, 13)
    assert told_at(fresh, after, at(20, 10), None) == at(21, 15)
