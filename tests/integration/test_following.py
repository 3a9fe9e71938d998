"""What follows an accepted mail is the same whether its orders are read again or known from its planning (R19)."""

import json
from dataclasses import replace
from datetime import datetime
from random import Random

import pytest
from sqlalchemy import text

from benchmarks.replaying import stream
from schedules.planner import Plan
from tests.builders import at, cloud, opening
from tests.lanes import feed_of, wild
from tests.lanes import left_by as replayed
from tests.road import Road
from worker.replay.run import LaneStepper, Stepper
from worker.storage import orders
from worker.storage.planning import claim_due, load
from worker.usecases.following import accepted
from worker.usecases.plan_due import plan_loaded
from worker.usecases.send_due import send_each
from worker.usecases.work import LEASE, plan_of

DUE = text("select id from mail where send_at <= :now and not stopped and parked is null and audience = 'buyer'")
SENT = text("select correspondence_id from mail where id = :id and state = 'sent'")
LINE = {name: opening()[name] for name in ("seller", "order", "line")}
PROMISES = text("select outcome, due_at from promise order by id")
ALARM = text("select rev, wake_at from correspondence where id = :id")


def rows(parts, query, **values):
    with parts.engine.begin() as connection:
        return connection.execute(query, values).all()


def plan(parts, now):
    """Plan what is due; give what its mails were planned from."""
    with parts.engine.begin() as connection:
        rang = claim_due(connection, "buyer", now, 100, LEASE)
        loaded = load(connection, dict.fromkeys(rang, now))
    return plan_loaded(parts, loaded, rang)


def read(parts, correspondence_id, now):
    with parts.engine.begin() as connection:
        return load(connection, {correspondence_id: now})[0]


def in_order(correspondence):
    """Past updates are read in no order of their own."""
    threads = [
        replace(one, history=tuple(sorted(one.history, key=lambda past: (past.accepted_at, past.free))))
        for one in correspondence.threads
    ]
    return replace(correspondence, threads=tuple(threads))


class Knowing(Stepper):
    """Sends what it has planned itself, and compares what it makes of that with what is read."""

    followed = 0

    def settle(self):
        self.sent_and_compared(self.world.now)
        return super().settle()

    def sent_and_compared(self, now):
        planned = plan(self.parts, now)
        ids = [row.id for row in rows(self.parts, DUE, now=now)]
        if ids:
            send_each(self.parts, self.sender, ids, planned)
        for mail_id in set(ids) & set(planned):
            for row in rows(self.parts, SENT, id=mail_id):
                self.compare(planned[mail_id], row.correspondence_id, now)

    def compare(self, before, correspondence_id, now):
        there = read(self.parts, correspondence_id, now)
        [alarm] = rows(self.parts, ALARM, id=correspondence_id)
        if alarm.rev != before.rev + 1 or alarm.wake_at == now:
            return
        made = accepted(before, now, {one.thread_id: one.promise for one in there.correspondence.threads})
        assert in_order(made.correspondence) == in_order(there.correspondence)
        again = plan_of(self.parts, there)
        assert replace(again, verdicts=(), wake_at=None) == Plan()
        assert alarm.wake_at == again.wake_at
        marks = [(one.last_verdict, one.facts_rev, one.told_rev) for one in there.threads.values()]
        for verdict, facts_rev, told_rev in marks:
            assert verdict[3:] == [facts_rev, told_rev]
        type(self).followed += 1


@pytest.mark.parametrize("seed", [1, 2, 5, 9])
def test_r19_the_next_alarm_is_the_one_that_reading_again_gives(seed, tmp_path):
    class Counting(Knowing):
        pass

    replayed(feed_of(wild(Random(seed), orders=14)), tmp_path, (), Counting)

    assert Counting.followed > 20


def test_r28_a_verdict_is_journaled_once_also_on_orders_of_which_the_mail_does_not_speak(tmp_path):
    events = stream(Random(7), 20, 200, 60)
    feed = feed_of((one["type"], datetime.fromisoformat(one["time"]), one["data"]) for one in events)

    files, _, _ = replayed(feed, tmp_path, (), LaneStepper)

    last, waited = {}, 0
    for line in map(json.loads, files["journal.jsonl"].splitlines()):
        verdict = [line.get(name) for name in ("action", "rule", "until", "message_id", "facts_rev", "told_rev")]
        of = line["order"], line["contact"]
        assert last.get(of) != verdict, line
        last[of] = verdict
        waited += line["action"] == "waiting"
    assert waited > 20


def test_r19_what_arrives_while_a_mail_is_under_way_is_planned_after_it(tmp_path):
    road = Road(tmp_path, "following")
    parts = road.parts()
    with parts.engine.begin() as connection:
        road.record(connection)
    road.now = at(20, 9, 15)
    planned = plan(parts, road.now)
    [mail_id] = planned
    road.events = [cloud("stock.allocated", at(20, 9, 15), {**LINE, "available": 70}, "a")]
    with parts.engine.begin() as connection:
        road.record(connection)

    send_each(parts, road.sender(parts), [mail_id], planned)

    [alarm] = rows(parts, ALARM, id=planned[mail_id].loaded.id)
    assert alarm.wake_at == road.now


@pytest.mark.parametrize("woken", [False, True])
def test_r17_a_mail_keeps_its_promise_whether_that_is_known_or_read_again(woken, tmp_path):
    road = Road(tmp_path, "keeping")
    parts = road.parts()
    road.sent(parts)
    [promise] = rows(parts, PROMISES)
    road.now = promise.due_at
    planned = plan(parts, road.now)
    [mail_id] = planned
    if woken:
        with parts.engine.begin() as connection:
            orders.wake(connection, [planned[mail_id].loaded.id], road.now)

    send_each(parts, road.sender(parts), [mail_id], planned)

    kept, made = rows(parts, PROMISES)
    assert (kept.outcome, kept.due_at, made.outcome) == ("kept", promise.due_at, "open")
    assert made.due_at > promise.due_at
