"""R17, R44: a process looks for alarms from where it last found nothing, and twice a minute from the beginning."""

from datetime import timedelta

from tests.builders import at
from worker.storage.planning import BEGINNING
from worker.usecases.low_water import FROM_THE_BEGINNING, WRITTEN_LATE, LowWater, NoMark

NOW = at(20, 10)


def test_the_first_look_is_from_the_beginning():
    assert LowWater().since(NOW) == BEGINNING


def test_after_a_look_that_found_nothing_the_next_begins_a_minute_before_it():
    mark = LowWater()
    mark.looked(mark.since(NOW), NOW, found=False)

    assert mark.since(NOW + timedelta(seconds=1)) == NOW - WRITTEN_LATE


def test_a_look_that_found_something_moves_no_mark():
    mark = LowWater()
    mark.looked(mark.since(NOW), NOW, found=True)
    assert mark.since(NOW + timedelta(seconds=1)) == BEGINNING

    mark.looked(BEGINNING, NOW, found=False)
    later = NOW + timedelta(seconds=5)
    mark.looked(mark.since(later), later, found=True)
    assert mark.since(later) == NOW - WRITTEN_LATE


def test_looks_come_from_the_beginning_again_after_half_a_minute():
    mark = LowWater()
    mark.looked(mark.since(NOW), NOW, found=False)
    for seconds in range(1, 30):
        now = NOW + timedelta(seconds=seconds)
        assert mark.since(now) != BEGINNING
        mark.looked(mark.since(now), now, found=False)

    assert mark.since(NOW + FROM_THE_BEGINNING) == BEGINNING


def test_r17_a_clock_that_leapt_ahead_and_came_back_hides_no_alarm():
    mark = LowWater()
    ahead = NOW + timedelta(hours=1)
    mark.looked(mark.since(NOW), NOW, found=False)
    mark.looked(mark.since(ahead), ahead, found=False)

    for seconds in range(90):
        now = NOW + timedelta(seconds=seconds)
        since = mark.since(now)
        assert since <= now - WRITTEN_LATE
        mark.looked(since, now, found=True)


def test_a_clock_that_jumps_has_no_mark():
    mark = NoMark()
    mark.looked(BEGINNING, NOW, found=False)

    assert mark.since(NOW) == BEGINNING
