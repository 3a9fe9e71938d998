"""The page about the rhythm shows the table that the code works by, and the benchmark measures what it says."""

from datetime import UTC, datetime

from benchmarks.rhythm_measures import sending_hours
from benchmarks.rhythm_page import PAGE, weights
from benchmarks.streams import ORDERS, stream
from schedules.gates import GATES
from tests.builders import WHERE, at


def test_the_page_holds_the_present_table_of_weights():
    assert weights() in PAGE.read_text("utf-8")


def test_the_page_names_every_gate_in_order():
    page = PAGE.read_text("utf-8")
    rules = [line.split(" | ")[1] for line in page.splitlines() if " | R2" in line and "holds" not in line]

    assert rules[: len(GATES)] == [rule for rule, _ in GATES]


def test_a_stream_is_the_same_for_a_seed_and_valid_in_its_size():
    first = stream(7)

    assert first == stream(7)
    assert len({event["data"].get("order") for event in first} - {None}) == ORDERS


def test_sending_hours_between_two_moments_leave_nights_and_weekends_out():
    assert sending_hours(at(20, 17), at(21, 9), WHERE.sending) == 2
    assert sending_hours(at(22, 17), at(25, 8, 30), WHERE.sending) == 1.5
    assert sending_hours(at(20, 9), datetime(2026, 5, 20, 8, tzinfo=UTC), WHERE.sending) == 1
