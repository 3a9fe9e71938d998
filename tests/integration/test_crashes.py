"""A crash between every two steps of the road, each in a process of its own that ends there for good."""

import os
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.builders import at
from tests.road import Road
from worker.chores.recover_claims import recover_claims
from worker.rendering.rendering import Renderer
from worker.usecases.in_one_go import InOneGo
from worker.usecases.plan_due import plan_due
from worker.usecases.send_due import send_due


def die():
    os._exit(9)


class DyingRenderer(Renderer):
    def render_updates(self, *_):
        die()


def in_recording(road):
    with road.parts().engine.begin() as connection:
        road.record(connection)
        die()


def after_recording(road):
    with road.parts().engine.begin() as connection:
        road.record(connection)
    die()


def in_planning(road):
    with road.parts().engine.begin() as connection:
        road.record(connection)
    road.now = at(20, 9, 15)
    plan_due(replace(road.parts(), renderer=DyingRenderer()))


def after_planning(road):
    with road.parts().engine.begin() as connection:
        road.record(connection)
    road.now = at(20, 9, 15)
    plan_due(road.parts())
    die()


def after_claiming(road):
    with road.parts().engine.begin() as connection:
        road.record(connection)
    road.now = at(20, 9, 15)
    parts = road.parts()
    plan_due(parts)
    send_due(parts, road.sender(parts, after_claim=die))


def after_sending(road):
    with road.parts().engine.begin() as connection:
        road.record(connection)
    road.now = at(20, 9, 15)
    parts = road.parts()
    plan_due(parts)
    send_due(parts, road.sender(parts, after_transport=die))


def after_settling(road):
    with road.parts().engine.begin() as connection:
        road.record(connection)
    road.now = at(20, 9, 15)
    parts = road.parts()
    plan_due(parts)
    send_due(parts, road.sender(parts))
    die()


def in_one_go(road, **hooks):
    with road.parts().engine.begin() as connection:
        road.record(connection)
    road.now = at(20, 9, 15)
    parts = road.parts()
    going = InOneGo(parts, road.sender(parts, **hooks))
    while going.step():
        pass


def in_one_go_after_claiming(road):
    in_one_go(road, after_claim=die)


def in_one_go_after_sending(road):
    in_one_go(road, after_transport=die)


def in_one_go_after_settling(road):
    in_one_go(road)
    die()


STEPS = [
    *(in_recording, after_recording, in_planning, after_planning, after_claiming, after_sending, after_settling),
    *(in_one_go_after_claiming, in_one_go_after_sending, in_one_go_after_settling),
]


@pytest.mark.parametrize("crash", [pytest.param(step, id=step.__name__) for step in STEPS])
def test_r44_a_crash_between_two_steps_loses_nothing_and_doubles_only_the_mail_in_flight(tmp_path, crash):
    road = Road(tmp_path / "mail", "crash")
    child = os.fork()
    if child == 0:
        crash(road)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    before = sorted(path.read_bytes() for path in road.folder.iterdir())
    for path in road.folder.iterdir():
        path.unlink()

    parts = road.parts()
    with parts.engine.begin() as connection:
        road.record(connection)  # an integrator repeats what was not acknowledged
    sender = road.sender(parts)
    for minute in range(15, 22):
        road.now = at(20, 9, minute) + timedelta(seconds=40)
        recover_claims(parts)
        while plan_due(parts) + send_due(parts, sender):
            pass

    after = sorted(path.read_bytes() for path in road.folder.iterdir())
    sent_twice = crash in {after_sending, in_one_go_after_sending}
    assert len(before) + len(after) == (2 if sent_twice else 1)
    assert not sent_twice or before == after
    with parts.engine.connect() as connection:
        states = connection.execute(text("select state from mail where audience = 'buyer'")).scalars().all()
        told = connection.execute(text("select count(*) from thread where told is not null")).scalar_one()
        promises = connection.execute(text("select count(*) from promise")).scalar_one()
    assert (states, told, promises) == (["sent"], 1, 1)
