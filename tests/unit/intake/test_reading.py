import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from schedules.events import EventType
from schedules.fold import fold
from tests.unit.intake.door import ALLOCATED, OPENED, RECEIVED_AT, accepted, event, knock
from worker.intake.reading import LONGEST_LINE, Incoming, Refusal, read_lines, read_value
from worker.intake.stored import to_event

LINE_OF_ALLOCATED = json.dumps(event()).encode() + b"\n"


def test_an_event_comes_in_with_typed_values_and_what_it_is_about():
    found = accepted(event("backorder.opened", {**OPENED, "ordered": "120.50", "expected_on": "2026-06-02"}))

    assert found.event.type is EventType.BACKORDER_OPENED
    assert found.event.time == datetime(2026, 5, 20, 7, tzinfo=UTC)
    assert (found.event.data["ordered"], found.event.data["expected_on"]) == (Decimal("120.5"), date(2026, 6, 2))
    assert (found.seller, found.order, found.line, found.sku) == ("bergmann", "B-1042", "1", None)


def test_an_event_read_back_from_its_stored_text_is_the_same():
    found = accepted(event("backorder.opened", {**OPENED, "shipped": None, "next_checkpoint": "2026-05-27"}))

    assert to_event(found.body) == found.event


def test_null_says_the_same_as_a_field_left_out():
    said = accepted(event("backorder.opened", {**OPENED, "shipped": None, "unit": None}))

    assert said.digest == accepted(event("backorder.opened", OPENED)).digest
    assert fold([said.event]).facts.delayed == 40


def test_an_expected_day_of_null_says_that_there_is_no_date_any_more():
    data = {"seller": "bergmann", "sku": "BX-120"}
    none_any_more = accepted(event("production.changed", {**data, "expected_on": None}))

    assert none_any_more.event.data["expected_on"] is None
    assert none_any_more.digest != accepted(event("production.changed", data)).digest


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(event(data=dict(reversed(ALLOCATED.items()))), id="order of keys"),
        pytest.param(event(data={**ALLOCATED, "available": "100.0"}), id="a figure as text"),
        pytest.param(json.dumps(event()).replace("100", "1e2"), id="a figure in another form"),
        pytest.param(event(time="2026-05-20T07:00:00Z"), id="the same instant in another zone"),
        pytest.param(event(seenat="2026-05-20T07:30:00Z"), id="when it arrived"),
        pytest.param(event(subject="B-1042", datacontenttype="application/json"), id="attributes that nobody reads"),
    ],
)
def test_the_digest_ignores_how_the_same_is_said(other):
    assert accepted(other).digest == accepted(event()).digest


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(event(data={**ALLOCATED, "available": "100.001"}), id="another figure"),
        pytest.param(event(data={**ALLOCATED, "line": "01"}), id="another line"),
        pytest.param(event("stock.cleared", {"seller": "bergmann", "order": "B-1042", "line": "1"}), id="another type"),
        pytest.param(event(time="2026-05-20T07:00:01Z"), id="another time"),
    ],
)
def test_the_digest_tells_apart_what_differs(other):
    assert accepted(other).digest != accepted(event()).digest


def test_lower_case_letters_of_a_time_mean_the_same():
    assert accepted(event(time="2026-05-20t07:00:00z")).event.time == datetime(2026, 5, 20, 7, tzinfo=UTC)


def test_in_a_replay_the_clock_is_measured_at_the_arrival_that_is_given():
    given = event(time="2026-06-01T09:00:00Z", seenat="2026-06-01T08:56:00Z")

    assert isinstance(knock(given), Refusal)
    assert accepted(given, trust_seenat=True).seen_at == datetime(2026, 6, 1, 8, 56, tzinfo=UTC)
    assert isinstance(
        knock(event(time="2026-06-01T09:02:00Z", seenat="2026-06-01T08:56:00Z"), trust_seenat=True), Refusal
    )
    assert accepted(event(time="2026-06-01T09:00:00Z"), trust_seenat=True).seen_at is None


def lines(*raw):
    return [(number, type(found)) for number, found in read_lines(io.BytesIO(b"".join(raw)), RECEIVED_AT)]


def test_a_broken_line_in_the_middle_leaves_the_rest_good():
    assert lines(LINE_OF_ALLOCATED, b"{oops\n", LINE_OF_ALLOCATED) == [(1, Incoming), (2, Refusal), (3, Incoming)]


def test_blank_lines_count_and_say_nothing():
    assert lines(b"\n", b"  \r\n", LINE_OF_ALLOCATED) == [(3, Incoming)]


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"\xef\xbb\xbf" + LINE_OF_ALLOCATED, id="a byte order mark"),
        pytest.param(b"\xef\xbb\xbf\n" + LINE_OF_ALLOCATED, id="a byte order mark on a line of its own"),
        pytest.param(LINE_OF_ALLOCATED.replace(b"\n", b"\r\n"), id="line ends of Windows"),
        pytest.param(LINE_OF_ALLOCATED.rstrip(), id="no last line end"),
    ],
)
def test_files_of_other_systems_are_read_as_they_are(raw):
    assert [kind for _, kind in lines(raw)] == [Incoming]


@pytest.mark.parametrize("excess", [-4, -3, -1, 0, 1, LONGEST_LINE])
def test_a_line_of_any_length_is_refused_and_the_next_is_read(excess):
    assert lines((LONGEST_LINE + excess) * b"x", b"\n", LINE_OF_ALLOCATED) == [(1, Refusal), (2, Incoming)]


class Endless(io.RawIOBase):
    """A stream of one line that has no end, and tells how much was asked for at once."""

    def __init__(self):
        self.left = 64 * LONGEST_LINE
        self.most = 0

    def readline(self, size=-1):
        assert size > 0
        self.most = max(self.most, size)
        self.left -= size
        return size * b"x" if self.left >= 0 else b""


def test_a_long_line_is_never_held_whole():
    stream = Endless()

    assert [type(found) for _, found in read_lines(stream, RECEIVED_AT)] == [Refusal]
    assert stream.most == LONGEST_LINE


def test_lines_are_read_one_by_one():
    stream = io.BytesIO(2 * LINE_OF_ALLOCATED)
    next(read_lines(stream, RECEIVED_AT))

    assert stream.tell() == len(LINE_OF_ALLOCATED)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        pytest.param(event(), Incoming, id="an event"),
        pytest.param(event(data={**ALLOCATED, "available": 2.125}), Incoming, id="a float with three places"),
        pytest.param(event(data={**ALLOCATED, "available": float("nan")}), Refusal, id="NaN"),
        pytest.param({"a": {1, 2}}, Refusal, id="what JSON cannot hold"),
        pytest.param(b"bytes", Refusal, id="bytes"),
        pytest.param(event(subject="\ud800"), Refusal, id="a lone surrogate"),
    ],
)
def test_a_parsed_event_is_judged_as_its_text_would_be(value, kind):
    assert isinstance(read_value(value, received_at=RECEIVED_AT), kind)
