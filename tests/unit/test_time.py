from datetime import UTC, date, datetime, time, timedelta

import pytest

from schedules.businessdays import Calendar, Hours, NoBusinessDayError, common
from schedules.moments import at_clock, aware
from tests.builders import BERLIN, at

WHIT_MONDAY = date(2026, 5, 25)
WORK = Calendar(days_off=frozenset({WHIT_MONDAY}))
HOURS = Hours(BERLIN, WORK, time(8), time(18))


def test_a_naive_moment_is_refused_at_birth():
    with pytest.raises(ValueError, match="no zone"):
        aware(datetime(2026, 5, 20, 9))  # noqa: DTZ001 - the fault under test


def test_ten_o_clock_stays_ten_o_clock_over_clock_changes():
    assert at_clock(date(2026, 3, 27), time(10), BERLIN) == datetime(2026, 3, 27, 9, tzinfo=UTC)
    assert at_clock(date(2026, 3, 30), time(10), BERLIN) == datetime(2026, 3, 30, 8, tzinfo=UTC)


def test_a_time_that_does_not_exist_moves_forward():
    assert at_clock(date(2026, 3, 29), time(2, 30), BERLIN) == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_a_time_that_exists_twice_means_the_first():
    assert at_clock(date(2026, 10, 25), time(2, 30), BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "count", "expected"),
    [
        pytest.param(date(2026, 5, 22), 1, date(2026, 5, 26), id="over a weekend and a holiday"),
        pytest.param(date(2026, 5, 26), -1, date(2026, 5, 22), id="back over both"),
        pytest.param(date(2026, 5, 23), 0, date(2026, 5, 26), id="none: the day itself or the next"),
        pytest.param(date(2026, 5, 20), 5, date(2026, 5, 28), id="five"),
    ],
)
def test_business_days_skip_weekends_and_days_off(start, count, expected):
    assert WORK.plus(start, count) == expected


def test_days_between_count_business_days_and_are_signed():
    assert WORK.between(date(2026, 5, 20), date(2026, 6, 3)) == 9
    assert WORK.between(date(2026, 6, 3), date(2026, 5, 20)) == -9


def test_a_common_business_day_is_one_of_both_sides():
    assert not common(WORK, Calendar()).is_business_day(WHIT_MONDAY)


def test_a_calendar_without_business_days_says_so():
    with pytest.raises(NoBusinessDayError):
        Calendar(weekend=frozenset(range(7))).on_or_after(WHIT_MONDAY)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        pytest.param(at(20, 7, 59), at(20, 8), id="before opening"),
        pytest.param(at(20, 8), at(20, 8), id="at opening"),
        pytest.param(at(20, 17, 59), at(20, 17, 59), id="last minute"),
        pytest.param(at(20, 18), at(21, 8), id="closing is outside"),
        pytest.param(at(22, 20), at(26, 8), id="Friday evening before a holiday Monday"),
    ],
)
def test_what_falls_outside_sending_hours_moves_to_the_next_opening(moment, expected):
    assert HOURS.on_or_after(moment) == expected


def test_business_time_runs_within_hours_only_and_back_again():
    later = HOURS.plus(at(22, 17), timedelta(hours=2))

    assert later == at(26, 9)
    assert HOURS.minus(later, timedelta(hours=2)) == at(22, 17)
