"""Claims end in known ways, each with its chore; a process never holds more than a group (R44, R46, R48)."""

import os
import subprocess
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from benchmarks.chaos.preparing import prepare
from tests.servers import fresh_database
from tests.smtp_server import ScriptedServer
from worker.chores.recover_claims import recover_claims
from worker.chores.return_strays import return_strays
from worker.delivery.opening import Patience
from worker.delivery.smtp import Server, SmtpTransport
from worker.neighbours import name_of
from worker.storage import instances, mails
from worker.storage.engine import database_clock
from worker.usecases.flight import GROUP, Sender
from worker.usecases.lease import SURE_SECONDS
from worker.usecases.losing import MOST_LOSSES
from worker.usecases.plan_due import plan_due
from worker.usecases.send_due import send_due
from worker.usecases.settling import collect, finish
from worker.wiring import parts_for

MAILS = 60


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sending") / "before"
    engine = prepare(fresh_database("sending"), MAILS, datetime.now(UTC) - timedelta(seconds=1), folder)
    parts = parts_for(engine, database_clock, "sending.example")
    while plan_due(parts):
        pass
    with engine.begin() as connection:
        connection.execute(text("create table kept as select * from mail"))
    yield engine
    engine.dispose()


@pytest.fixture
def house(engine):
    """Sixty mails of five sellers that are due, as planned; whatever a test did to them before is undone."""
    with engine.begin() as connection:
        connection.execute(text("delete from attempt"))
        connection.execute(
            text(
                "update mail m set state = 'pending', send_at = backorder_now(), accepted_at = null,"
                " instance_id = null, attempts = 0, unknowns = 0, losses = 0, parked = null, claim_no = 0,"
                " first_try_at = null from kept k"
                " where k.id = m.id and m.audience = 'buyer' and k.state = 'pending'"
            )
        )
        connection.execute(
            text(
                "update mail set send_at = null, state = 'sent', accepted_at = backorder_now(),"
                " instance_id = null where id not in (select id from kept where state = 'pending')"
            )
        )
        connection.execute(
            text("update mail_thread set live = true where mail_id in (select id from kept where state = 'pending')")
        )
        connection.execute(
            text(
                "update thread t set told_rev = mt.told_rev, facts_rev = mt.facts_rev from mail_thread mt"
                " where mt.thread_id = t.id and mt.mail_id in (select id from kept where state = 'pending')"
            )
        )
        connection.execute(
            text("delete from promise p using promise older where p.thread_id = older.thread_id and older.id < p.id")
        )
        connection.execute(text("update promise set outcome = 'open', settled_at = null, settled_in = null"))
    return parts_for(engine, database_clock, "sending.example")


def sender_for(parts, server, connections=4, patience=None):
    with parts.engine.begin() as connection:
        number = instances.register(connection, "test", database_clock(connection))
    place = Server(host="127.0.0.1", port=server.port, connections=connections)
    return Sender(instance=number, transport=SmtpTransport(place, patience or Patience(last_reply=3, reply=3)))


def rows(parts, query, **values):
    with parts.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query), values)]


def states(parts):
    return dict(rows(parts, "select state, count(*) from mail m where id in (select id from kept where state ="
                            " 'pending') group by 1"))  # fmt: skip


def test_r44_a_process_holds_at_most_a_group_and_a_hanging_server_does_not_hold_its_task(house):
    with ScriptedServer(lambda phase, _: "hang" if phase == "dot" else None) as server:
        sender = sender_for(house, server)
        began = time.monotonic()
        for _ in range(4):
            send_due(house, sender)
        held = time.monotonic() - began

        assert states(house)["sending"] == GROUP == len(sender.flight)
        assert held < 4
        finish(house, sender, 8)
    assert "sending" not in states(house)


def test_r44_late_replies_are_settled_without_a_task(house):
    with ScriptedServer(lambda phase, _: "wait:0.8" if phase == "dot" else None) as server:
        sender = sender_for(house, server)
        send_due(house, sender, most=4)
        assert states(house)["sending"] == 4
        sender.flight.wait_for_all(5)
        assert collect(house, sender) == 4
    assert states(house)["sent"] == 4


def test_r48_a_seller_with_much_mail_holds_up_no_other(house):
    ((busiest, quiet),) = rows(house, "select min(seller_id), max(seller_id) from kept where state = 'pending'")
    with house.engine.begin() as connection:
        connection.execute(
            text("update mail set send_at = send_at - interval '1 hour' where seller_id = :one and state = 'pending'"),
            {"one": busiest},
        )
        found, _ = mails.claim(connection, 1, database_clock(connection), GROUP, 0)
        connection.rollback()
    of_sellers = [row.seller_id for row in found]

    assert len(found) == GROUP
    assert quiet in of_sellers
    assert of_sellers.count(busiest) < GROUP


def test_r44_what_was_not_started_is_no_try(house):
    with ScriptedServer() as server:
        sender = sender_for(house, server)
        sender.lease.beaten(time.monotonic() - SURE_SECONDS - 1)
        send_due(house, sender, most=5)

        assert states(house) == {"pending": MAILS}
        assert rows(house, "select max(attempts) from mail where state = 'pending'") == [(0,)]
        assert server.mails == []
        sender.lease.beaten(time.monotonic())
        send_due(house, sender, most=5)
        finish(house, sender, 5)
    assert states(house)["sent"] == 5
    assert rows(house, "select max(losses) from mail") == [(0,)]


def test_r44_claims_that_a_living_process_does_not_know_go_back_untried(house):
    with ScriptedServer() as server:
        sender = sender_for(house, server)
        with house.engine.begin() as connection:
            mails.claim(connection, sender.instance, database_clock(connection), 7, 0)
        assert states(house)["sending"] == 7

        assert return_strays(house, sender) == 7
    assert states(house) == {"pending": MAILS}
    assert rows(house, "select max(attempts), max(losses) from mail where state = 'pending'") == [(0, 0)]


def silent_claims(house, most=3):
    """Claims of a process that died a minute ago."""
    with house.engine.begin() as connection:
        now = database_clock(connection)
        number = instances.register(connection, "dead", now - timedelta(minutes=1))
        found, _ = mails.claim(connection, number, now, most, 0)
    return [row.id for row in found]


def test_r44_claims_of_a_silent_process_are_recovered_and_those_of_living_ones_are_not(house):
    dead = silent_claims(house)
    with ScriptedServer() as server:
        alive = sender_for(house, server)
        with house.engine.begin() as connection:
            mails.claim(connection, alive.instance, database_clock(connection), 2, 0)

        assert recover_claims(house) == len(dead)
    assert states(house) == {"pending": MAILS - 2, "sending": 2}


def test_r44_claims_of_a_process_that_died_on_this_machine_are_recovered_at_once(house):
    child = subprocess.Popen(["sleep", "60"])
    try:
        with house.engine.begin() as connection:
            now = database_clock(connection)
            number = instances.register(connection, name_of(child.pid), now)
            mails.claim(connection, number, now, 2, 0)

        assert recover_claims(house, steady=False) == 0
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert recover_claims(house, steady=False) == 2
    finally:
        child.kill()
        child.wait()
    assert states(house) == {"pending": MAILS}


def test_r44_a_process_that_was_taken_for_dead_cannot_settle_what_another_took_over(house):
    with ScriptedServer(lambda phase, _: "wait:2" if phase == "dot" else None) as server:
        frozen = sender_for(house, server)
        send_due(house, frozen, most=3)
        with house.engine.begin() as connection:
            connection.execute(
                text("update instance set heartbeat_at = heartbeat_at - interval '1 minute' where id = :id"),
                {"id": frozen.instance},
            )
        assert recover_claims(house) == 3
        finish(house, frozen, 5)

    assert states(house) == {"pending": MAILS}
    assert rows(house, "select count(*) from promise where outcome <> 'open'") == [(0,)]


def test_r44_a_mail_that_five_processes_died_with_is_parked_shown_and_let_go_by_hand(house):
    lost = set()
    with house.engine.begin() as connection:
        connection.execute(
            text(
                "update mail set send_at = send_at + interval '1 day' where state = 'pending'"
                " and id not in (select min(id) from kept where state = 'pending')"
            )
        )
    for _ in range(MOST_LOSSES):
        lost |= set(silent_claims(house, 1))
        recover_claims(house)

    ((parked, why),) = rows(house, "select id, parked from mail where parked is not null")
    assert lost == {parked}
    assert "a process died while it held it, 5 times" in why
    assert silent_claims(house, 1) == []
    assert rows(house, "select count(*) from decision where action = 'parked'")[0][0] >= 1
    with house.engine.begin() as connection:
        assert mails.unpark(connection, database_clock(connection)) == 1
    assert silent_claims(house, 1) == [parked]


def test_one_mail_that_cannot_be_looked_at_stops_none_of_the_others(house):
    ((bad,),) = rows(house, "select min(id) from kept where state = 'pending'")
    with house.engine.begin() as connection:
        connection.execute(text("update mail set stale_at = backorder_now() + interval '9 days', checklist = '{}'"
                                " where id = :id"), {"id": bad})  # fmt: skip
        connection.execute(text("create table good_section as select section from mail_thread where mail_id = :id"),
                           {"id": bad})  # fmt: skip
        connection.execute(text("update mail_thread set section = '{\"kind\": 7}', facts_rev = -1 where mail_id = :id"),
                           {"id": bad})  # fmt: skip
    with ScriptedServer() as server:
        sender = sender_for(house, server)
        for _ in range(40):
            send_due(house, sender)
            parked = rows(house, "select count(*) from mail where parked is not null") == [(1,)]
            if parked and states(house).get("sent") == MAILS - 1:
                break
        finish(house, sender, 5)

    found = states(house)
    with house.engine.begin() as connection:
        connection.execute(text("update mail_thread set section = (select section from good_section), facts_rev ="
                                " (select facts_rev from thread t where t.id = thread_id) where mail_id = :id"),
                           {"id": bad})  # fmt: skip
    assert found["sent"] == MAILS - 1
    assert rows(house, "select parked is not null from mail where id = :id", id=bad) == [(True,)]


def test_r46_a_mail_of_the_server_that_was_away_leaves_soon_after_it_is_back(house):
    with ScriptedServer() as server:
        port = server.port
    away = sender_for(house, server, patience=Patience(connect=0.5))
    send_due(house, away, most=5)
    assert rows(house, "select count(*) from mail where server_away")[0][0] >= 1
    assert away.transport.room() == 0
    with ScriptedServer(port=port) as back:
        time.sleep(1.1)
        end = time.monotonic() + 20
        while states(house).get("sent", 0) < MAILS and time.monotonic() < end:
            send_due(house, away)
        assert len({mail.message_id for mail in back.mails}) == MAILS
    assert rows(house, "select count(*) from mail where server_away") == [(0,)]


def test_locks_of_a_frozen_transaction_end_by_themselves(house):
    ((seconds,),) = rows(
        house, "select extract(epoch from cast(current_setting('idle_in_transaction_session_timeout') as interval))"
    )

    assert 0 < seconds < 30
    quick = house.engine.connect()
    quick.execute(text("set idle_in_transaction_session_timeout = '300ms'"))
    quick.commit()
    quick.execute(text("select from mail where id = (select min(id) from mail) for update"))
    with house.engine.begin() as other:
        other.execute(text("set local lock_timeout = '5s'"))
        other.execute(text("select from mail where id = (select min(id) from mail) for update"))
    quick.invalidate()
    quick.close()
