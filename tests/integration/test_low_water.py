"""R17: no alarm is forgotten below the low-water mark, however far back somebody sets it."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text

from tests.road import Road
from worker.usecases.low_water import LowWater
from worker.usecases.plan_due import plan_due


def test_r17_an_alarm_that_is_set_far_back_rings_within_half_a_minute(tmp_path):
    road = Road(tmp_path, "low_water")
    parts = replace(road.parts(), low_water=LowWater())
    road.planned(parts)
    assert plan_due(parts) == 0

    with parts.engine.begin() as connection:
        values = {"at": road.now - timedelta(days=1)}
        back = connection.execute(text("update correspondence set wake_at = :at where audience = 'buyer'"), values)
    assert back.rowcount == 1
    assert plan_due(parts) == 0

    road.now += timedelta(seconds=30)
    assert plan_due(parts) == 1
    parts.engine.dispose()


def test_r17_an_alarm_that_was_written_a_while_before_it_was_committed_rings_at_once(tmp_path):
    road = Road(tmp_path, "low_water")
    parts = replace(road.parts(), low_water=LowWater())
    road.planned(parts)
    assert plan_due(parts) == 0

    with parts.engine.begin() as connection:
        values = {"at": road.now - timedelta(seconds=50)}
        connection.execute(text("update correspondence set wake_at = :at where audience = 'buyer'"), values)

    assert plan_due(parts) == 1
    parts.engine.dispose()
