"""Planned and sent in one go leaves what the two steps leave, and takes only what nothing speaks against (R44-R49)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from tests.builders import at, cloud, opening, seller
from tests.road import Road
from worker.rendering.rendering import Renderer
from worker.replay.world import World
from worker.storage.packs import kept_of
from worker.usecases.flight import GROUP
from worker.usecases.in_one_go import LOOKS_AHEAD, InOneGo
from worker.usecases.plan_due import plan_due
from worker.usecases.send_due import send_due
from worker.usecases.work import BATCH

ORDERS = 50
NAMES = [f"O-{number:02d}" for number in range(ORDERS)]
LEFT = {
    "mail": "select correspondence_id, kind, message_id, recipient, state, created_at, accepted_at, attempts, claim_no,"
    " first_try_at, stale_at, unknowns, losses, instance_id from mail order by message_id",
    "tries": "select m.message_id, a.number, a.started_at, a.ended_at, a.outcome, a.passed_dot, a.phase from attempt a"
    " join mail m on m.id = a.mail_id order by 1, 2",
    "spoken to": "select m.message_id, t.thread_id, t.facts_rev, t.told_rev, t.section, t.live from mail_thread t"
    " join mail m on m.id = t.mail_id order by 1, 2",
    "threads": "select id, told, told_rev, told_facts_rev, last_verdict, last_message_id, quiet_updates,"
    " window_ends_at from thread order by id",
    "promises": "select thread_id, due_at, made_at, made_in, outcome, kept_until, owner from promise order by 1, 2",
    "decisions": "select thread_id, action, rule, why, until, message_id, facts_rev, told_rev, at from decision"
    " order by thread_id, id",
    "alarms": "select id, wake_at, last_update_at from correspondence where audience = 'buyer' order by id",
    "hours": "select hour, mails from mail_hour",
}


def events(**of_seller):
    return events_of(NAMES, **of_seller)


def events_of(names, **of_seller):
    def buyer(name):
        return {"company": "Muster", "contact": {"name": "Purchasing", "email": f"{name.lower()}@muster.example.com"}}

    opened = [cloud("backorder.opened", at(20), opening(order=name, buyer=buyer(name)), f"o{name}") for name in names]
    return [cloud("seller.configured", at(11), seller(**of_seller), "s"), *opened]


@pytest.fixture
def road(tmp_path):
    return made(tmp_path, "one_go")


def made(folder, name, **of_seller):
    road = Road(folder / name, name, events(**of_seller))
    with road.parts().engine.begin() as connection:
        road.record(connection)
    road.now = at(20, 9, 15)
    return road


def go(parts, sender):
    going = InOneGo(parts, sender)
    while going.step():
        pass
    going.end()
    return going


def states(road, parts):
    return dict(road.rows(parts, "select state, count(*) from mail where audience = 'buyer' group by 1"))


def left(road, parts):
    found = {name: [tuple(row) for row in road.rows(parts, query)] for name, query in LEFT.items()}
    return found | {"kept": kept(road, parts)}


def kept(road, parts):
    """What is kept of mails, by their Message-IDs."""
    names = {row.id: row.message_id for row in road.rows(parts, "select id, message_id from mail")}
    with parts.engine.connect() as connection:
        return {names[mail]: of_mail for mail, of_mail in kept_of(connection, list(names)).items()}


def test_r44_planned_and_sent_in_one_go_leaves_what_the_two_steps_leave(tmp_path):
    roads = [made(tmp_path, name) for name in ("two_steps", "one_go")]
    found = []
    for road in roads:
        parts = road.parts()
        if road is roads[0]:
            road.sent(parts)
            road.planned(parts)
        else:
            go(parts, road.sender(parts))
        found.append(left(road, parts))

    assert len(found[0]["mail"]) == ORDERS
    for name in found[0]:
        assert found[1][name] == found[0][name], name


def test_r44_a_process_never_has_more_than_a_group_in_its_hands(road):
    parts, most = road.parts(), []
    sender = road.sender(parts)
    sender.after_claim = lambda: most.append(
        road.rows(parts, "select count(*) from mail where state = 'sending'")[0][0]
    )

    go(parts, sender)

    assert states(road, parts) == {"sent": ORDERS}
    assert max(most) == GROUP


def test_r46_no_mail_is_looked_for_again_and_none_is_planned_twice(road):
    parts = road.parts()

    go(parts, road.sender(parts))

    assert road.rows(parts, "select count(*) from mail where attempts <> 1 or claim_no <> 1") == [(0,)]
    assert road.rows(parts, "select count(*) from correspondence where wake_at <= :now", now=road.now) == [(0,)]


def test_r48_mails_that_wait_already_have_their_turn_first(road):
    parts = road.parts()
    assert plan_due(parts, most=GROUP) == GROUP

    going = go(parts, road.sender(parts))

    assert going.mails_wait
    assert states(road, parts) == {"pending": ORDERS}


@pytest.mark.parametrize("mode", ["shadow", "stopped"])
def test_r49_mails_of_a_seller_who_is_stopped_or_in_shadow_wait_in_their_table(tmp_path, mode):
    road = made(tmp_path, f"one_go_{mode}", **({"mode": "shadow"} if mode == "shadow" else {}))
    parts = road.parts()
    if mode == "stopped":
        with parts.engine.begin() as connection:
            connection.execute(text("update seller set stopped_at = :at"), {"at": road.now})

    going = go(parts, road.sender(parts))

    assert states(road, parts) == {"pending": ORDERS}
    assert going.mails_wait


def test_r49_a_pause_that_comes_between_planning_and_writing_holds_the_mail(road):
    parts = road.parts()
    going = InOneGo(parts, road.sender(parts))
    going.step()
    with parts.engine.begin() as connection:
        connection.execute(text(PAUSE))

    while going.step():
        pass
    going.end()

    assert states(road, parts) == {"pending": ORDERS}


class Resting(World):
    def room(self):
        return 0


def test_r46_while_the_server_rests_mails_are_planned_and_wait(road):
    parts = road.parts()

    go(parts, road.sender(parts, transport=Resting(folder=road.folder, now=road.now)))

    assert states(road, parts) == {"pending": ORDERS}
    assert list(road.folder.iterdir()) == []


class Attended(World):
    """Mails stand still until somebody attends; each look takes one of them."""

    def __init__(self, **named):
        super().__init__(**named)
        self.waiting = []
        self.looks = []

    def submit(self, mails, may_go, ended):
        self.waiting += [(mail, may_go, ended) for mail in mails]

    def attend(self, seconds):
        if not self.waiting:
            return False
        self.looks.append(seconds)
        mail, may_go, ended = self.waiting.pop(0)
        super().submit([mail], may_go, ended)
        return True


def test_while_mails_are_made_and_waited_for_their_process_looks_after_those_on_their_way(road):
    parts = road.parts()
    transport = Attended(folder=road.folder, now=road.now)

    go(parts, road.sender(parts, transport=transport))

    assert states(road, parts) == {"sent": ORDERS}
    assert len(transport.looks) == ORDERS
    between_stages = transport.looks.count(0.0)
    assert between_stages > ORDERS // GROUP
    assert between_stages < ORDERS


PAUSE = (
    "insert into pause (seller_id, order_no, sku, by, active, key) select id, '', '', 'Desk', true, '[]' from seller"
)
POISON = """
create function poison() returns trigger language plpgsql as
 $$ begin if new.order_no = 'O-07' and new.told is not null then raise exception 'poison'; end if; return new; end $$;
create trigger poison before update on thread for each row execute function poison()
"""


def test_r44_a_mail_that_cannot_be_settled_stops_none_of_the_others(road):
    parts = road.parts()
    with parts.engine.begin() as connection:
        connection.execute(text(POISON))
    sender = road.sender(parts)

    with capture_logs() as logs:
        for _ in range(4):
            go(parts, sender)
            while send_due(parts, sender):
                pass

    assert "round_failed" in {one["event"] for one in logs}
    assert states(road, parts) == {"sent": ORDERS - 1, "pending": 1}
    assert road.rows(parts, "select count(*) from mail where parked is not null") == [(1,)]
    assert len(list(road.folder.iterdir())) == ORDERS


class PoisonedRenderer(Renderer):
    def render_updates(self, statements, *more):
        if any(section.order == "O-07" for one in statements for section in one.sections):
            raise ValueError("poison")
        return super().render_updates(statements, *more)


def test_r28_one_that_cannot_be_planned_stops_none_of_the_others(road):
    parts = replace(road.parts(), renderer=PoisonedRenderer())

    with capture_logs() as logs:
        go(parts, road.sender(parts))

    assert [one["event"] for one in logs if one["event"] == "planning_failed"] == ["planning_failed"]
    assert states(road, parts) == {"sent": ORDERS - 1}
    assert road.rows(parts, "select count(*) from correspondence where parked is not null") == [(1,)]


def test_r44_once_nothing_is_due_it_is_known_what_rings_before_the_next_tick(road):
    parts = road.parts()
    going = go(parts, road.sender(parts))
    assert going.next_ring is None
    moment = timedelta(milliseconds=1)
    soon = road.now + timedelta(milliseconds=400)
    alarms = {soon + moment: None, soon: None, road.now + moment: "set aside", road.now + LOOKS_AHEAD: None}
    buyers = road.rows(parts, "select id from correspondence where audience = 'buyer' order by id limit 4")
    with parts.engine.begin() as connection:
        for row, (ring, parked) in zip(buyers, alarms.items(), strict=True):
            values = {"id": row.id, "at": ring, "parked": parked}
            connection.execute(text("update correspondence set wake_at = :at, parked = :parked where id = :id"), values)

    assert going.step() == 0

    assert going.next_ring is not None
    assert (going.next_ring.at, going.next_ring.seconds) == (soon, 0.4)
    road.now += LOOKS_AHEAD / 2
    assert going.step() > 0
    assert going.next_ring is None


@pytest.mark.parametrize(("due", "crowded"), [(BATCH - 1, False), (BATCH, True)])
def test_more_due_than_a_process_takes_at_a_time_makes_it_crowded(tmp_path, due, crowded):
    road = Road(tmp_path, "crowded", events_of([f"O-{number:03d}" for number in range(due)]))
    parts = road.parts()
    with parts.engine.begin() as connection:
        road.record(connection)
    road.now = at(20, 9, 15)
    going = InOneGo(parts, road.sender(parts))

    going.step()

    assert going.crowded is crowded
    while going.step():
        pass
    going.end()
    assert not going.crowded
