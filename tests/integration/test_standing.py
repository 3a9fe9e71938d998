"""How sellers stand is read with what says their rhythm, and nothing else of their configuration (R29, R49)."""

import json

from sqlalchemy import text

from tests.road import Road
from worker.presets import rhythm_of
from worker.usecases.breaker import standing_of

OWN = {"policy": "calm", "policy_version": 3, "figures": {"mails_per_hour_at_first": 500}}


def test_r49_a_sellers_limit_is_that_of_his_own_rhythm(tmp_path):
    road = Road(tmp_path, "standing")
    parts = road.parts()
    with parts.engine.begin() as connection:
        road.record(connection)
        connection.execute(
            text("update seller set profile = profile || cast(:own as jsonb) where slug = 'bergmann'"),
            {"own": json.dumps(OWN)},
        )
        seller_id, profile = connection.execute(text("select id, profile from seller where slug = 'bergmann'")).one()
        (row,) = standing_of(connection, [seller_id], road.now).rows

    assert row.profile == OWN
    assert rhythm_of(row.profile) == rhythm_of(profile)
    assert rhythm_of(row.profile).mails_per_hour_at_first == 500
