"""R17: no alarm is forgotten below the low-water mark, however far back somebody sets it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.road import Road
from worker.storage.planning import claim_due
from worker.usecases.in_one_go import InOneGo
from worker.usecases.low_water import FROM_THE_BEGINNING, LowWater
from worker.usecases.plan_due import plan_due
from worker.usecases.work import BATCH, LEASE


@pytest.fixture
def road(tmp_path):
    """A road on which everything is planned, and a process that found nothing more."""
    found = Road(tmp_path, "low_water")
    found.process = replace(found.parts(), low_water=LowWater())
    found.planned(found.process)
    assert plan_due(found.process) == 0
    yield found
    found.process.engine.dispose()


def rings(road, ago):
    """Set the buyer's alarm into the past, as a late writer does."""
    statement = text("update correspondence set wake_at = :at where audience = 'buyer'")
    with road.process.engine.begin() as connection:
        assert connection.execute(statement, {"at": road.now - ago}).rowcount == 1


def test_r17_an_alarm_that_is_set_far_back_rings_within_half_a_minute(road):
    rings(road, timedelta(days=1))
    assert plan_due(road.process) == 0

    road.now += timedelta(seconds=30)
    assert plan_due(road.process) == 1


def test_r17_an_alarm_that_was_written_a_while_before_it_was_committed_rings_at_once(road):
    rings(road, timedelta(seconds=50))

    assert plan_due(road.process) == 1


def test_r17_an_alarm_rings_though_the_clock_leapt_ahead_and_came_back(road):
    road.now += timedelta(hours=6)
    while plan_due(road.process):
        pass
    road.now -= timedelta(hours=6)
    rings(road, timedelta(seconds=1))

    assert plan_due(road.process) == 1


def test_r44_what_a_dead_process_had_taken_long_after_it_rang_is_found_when_its_lease_is_over(road):
    rings(road, timedelta(hours=1))
    other = InOneGo(road.process, road.sender(road.process))
    road.now += FROM_THE_BEGINNING
    with road.process.engine.begin() as connection:
        assert len(claim_due(connection, "buyer", road.now, BATCH, LEASE)) == 1
    assert other.step() == 0
    assert other.step() == 0

    road.now += LEASE - timedelta(milliseconds=1)
    assert other.step() == 0
    road.now += timedelta(milliseconds=1)
    assert other.step() > 0
