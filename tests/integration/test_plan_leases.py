"""Who is planned stays taken until his mail has ended; whoever comes late writes nothing (R44, R46)."""

import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from tests.builders import at
from tests.integration.test_in_one_go import ORDERS, events_of, go, made, states
from tests.road import Road
from worker.storage import orders
from worker.storage.planning import claim_due, load
from worker.usecases.flight import GROUP
from worker.usecases.in_one_go import InOneGo
from worker.usecases.patience import PAUSES
from worker.usecases.plan_due import plan_due, plan_loaded
from worker.usecases.send_due import send_due
from worker.usecases.work import LEASE

LATER = LEASE + timedelta(seconds=1)


@pytest.fixture
def road(tmp_path):
    """All are due just now: nothing is overdue when a lease has run out."""
    road = made(tmp_path, "plan_leases")
    due, road.now = road.now, at(20)
    while plan_due(road.parts()):
        pass
    road.now = due
    return road


def count(road, parts, query, **values):
    return road.rows(parts, f"select count(*) from {query}", **values)[0][0]


def test_r44_who_was_taken_again_after_a_lease_is_not_written_by_the_one_who_froze(road):
    parts = road.parts()
    frozen = InOneGo(parts, road.sender(parts))
    frozen.step()
    road.now += LATER
    other = InOneGo(parts, road.sender(parts))
    other.step()
    other.step()

    with capture_logs() as logs:
        frozen.step()
        assert states(road, parts) == {"sending": GROUP}
        while other.step() + frozen.step():
            pass
        other.end()

    assert [one for one in logs if one["log_level"] == "error"] == []
    assert states(road, parts) == {"sent": ORDERS}
    assert count(road, parts, "mail where audience = 'buyer' and attempts <> 1") == 0


def test_r46_an_alarm_at_the_end_of_a_lease_finds_mails_under_way_and_says_nothing(road):
    parts = road.parts()
    going = InOneGo(parts, road.sender(parts))
    going.step()
    going.step()
    assert states(road, parts) == {"sending": GROUP}
    under_way = "correspondence c join mail m on m.correspondence_id = c.id where m.state = 'sending'"
    assert count(road, parts, f"{under_way} and c.taken_until = :end", end=road.now + LEASE) == GROUP
    decided = count(road, parts, "decision")

    road.now += LATER
    while plan_due(parts):
        pass

    assert states(road, parts) == {"sending": GROUP, "pending": ORDERS - GROUP}
    assert count(road, parts, "decision") == decided
    assert count(road, parts, f"{under_way} and c.wake_at is not null") == 0

    going.end()
    go(parts, road.sender(parts))

    promised = "promise p join thread t on t.id = p.thread_id join correspondence c on c.id = t.correspondence_id"
    assert states(road, parts) == {"sent": GROUP, "pending": ORDERS - GROUP}
    assert count(road, parts, f"{promised} where p.outcome = 'open'") == GROUP
    assert count(road, parts, f"{promised} where p.outcome = 'open' and c.wake_at is null") == 0


def test_r19_what_rings_before_the_lease_is_over_rings_while_a_mail_is_under_way(tmp_path):
    events = events_of(["O-1", "O-2"])
    same = {"name": "Purchasing", "email": "one@muster.example.com"}
    for event, company, second in zip(events[1:], ("Muster", "Other"), (0, 10), strict=True):
        event["data"]["buyer"] = {"company": company, "contact": same}
        event["time"] = (at(20) + timedelta(seconds=second)).isoformat()
    road = Road(tmp_path, "rings_before", events)
    parts = road.parts()
    for event in (events[:2], events[2:]):
        road.events = event
        with parts.engine.begin() as connection:
            road.record(connection)
        road.now += timedelta(seconds=10)
    ends = [row.window_ends_at for row in road.rows(parts, "select window_ends_at from thread order by order_no")]
    assert ends[1] - ends[0] == timedelta(seconds=10)

    road.now = ends[0]
    going = InOneGo(parts, road.sender(parts))
    going.step()
    going.step()

    assert states(road, parts) == {"sending": 1}
    assert road.rows(parts, "select wake_at from correspondence where audience = 'buyer'") == [(ends[1],)]
    while going.step():
        pass
    going.end()
    assert states(road, parts) == {"sent": 1}


HOLD = text("select id from correspondence where audience = 'buyer' order by id limit 5 for no key update")


def take(parts, now):
    """Take and read all that is due; give it, and when the alarm of each rang."""
    with parts.engine.begin() as connection:
        rang = claim_due(connection, "buyer", now, ORDERS, LEASE)
        return load(connection, dict.fromkeys(rang, now)), rang


def held_for(parts, seconds):
    """Hold some correspondences without changing them; give what waits for the end of that."""
    taken = threading.Event()

    def hold():
        with parts.engine.begin() as connection:
            connection.execute(HOLD).all()
            taken.set()
            time.sleep(seconds)

    holder = threading.Thread(target=hold)
    holder.start()
    taken.wait()
    return holder.join


def test_r10_a_plan_whose_correspondence_is_held_for_a_moment_does_not_wait_for_its_lease(road):
    parts = road.parts()
    going = InOneGo(parts, road.sender(parts))
    going.step()
    wait = held_for(parts, 0.1)

    going.step()
    wait()
    while going.step():
        pass
    going.end()
    while send_due(parts, road.sender(parts)):
        pass

    assert states(road, parts) == {"sent": ORDERS}


def test_r10_nor_does_one_that_is_written_in_a_transaction_of_its_own(road):
    parts = road.parts()
    taken = take(parts, road.now)
    wait = held_for(parts, 0.1)

    plan_loaded(parts, *taken)

    wait()
    assert states(road, parts) == {"pending": ORDERS}


def test_what_is_held_for_longer_is_left_to_its_lease_and_said(road):
    parts = road.parts()
    taken = take(parts, road.now)
    wait = held_for(parts, sum(PAUSES) + 1)

    with capture_logs() as logs:
        plan_loaded(parts, *taken)

    wait()
    assert [(one["event"], one["correspondences"]) for one in logs] == [("plans_left_to_their_lease", 5)]
    assert states(road, parts) == {"pending": ORDERS - 5}
    road.now += LATER
    go(parts, road.sender(parts))
    while send_due(parts, road.sender(parts)):
        pass
    assert states(road, parts) == {"sent": ORDERS}


def test_r19_what_was_changed_meanwhile_is_neither_written_nor_waited_for(road):
    parts = road.parts()
    loaded, rang = take(parts, road.now)
    with parts.engine.begin() as connection:
        orders.wake(connection, list(rang)[:5], road.now)

    with capture_logs() as logs:
        plan_loaded(parts, loaded, rang)

    assert logs == []
    assert states(road, parts) == {"pending": ORDERS - 5}


REWRITTEN = "select n_tup_upd, n_tup_hot_upd from pg_stat_xact_user_tables where relname = 'correspondence'"


def rewritten_by_taking(parts, now):
    """Count rows that taking some rewrites, and those of them without new entries in indexes; nothing stays taken."""
    with parts.engine.connect() as connection:
        claim_due(connection, "buyer", now, GROUP, LEASE)
        found = connection.execute(text(REWRITTEN)).one()
        connection.rollback()
    return tuple(found)


def test_r44_taking_correspondences_leaves_their_alarms_and_touches_no_index(road):
    parts = road.parts()
    before = road.rows(parts, "select id, wake_at from correspondence order by id")

    end = time.monotonic() + 20  # what an autovacuum that looks on keeps in the pages takes their room for a while
    while (found := rewritten_by_taking(parts, road.now)) != (GROUP, GROUP):
        assert time.monotonic() < end, found
        time.sleep(0.1)

    with parts.engine.begin() as connection:
        taken = claim_due(connection, "buyer", road.now, GROUP, LEASE)
    assert road.rows(parts, "select id, wake_at from correspondence order by id") == before
    with parts.engine.begin() as connection:
        others = claim_due(connection, "buyer", road.now, ORDERS, LEASE)
    assert len(others) == ORDERS - GROUP
    assert not others.keys() & taken.keys()


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(minutes=10)])
def test_r19_what_comes_meanwhile_ends_the_lease(road, ahead):
    parts = road.parts()
    with parts.engine.begin() as connection:
        first, *_ = claim_due(connection, "buyer", road.now, ORDERS, LEASE)
    with parts.engine.begin() as connection:
        orders.wake(connection, [first], road.now + ahead)

    with parts.engine.begin() as connection:
        again = claim_due(connection, "buyer", road.now, ORDERS, LEASE)

    assert list(again) == [first]
