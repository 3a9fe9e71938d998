"""A replay that takes lanes forward together leaves exactly what one leaves that does one step after the other."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest
from structlog.testing import capture_logs

from benchmarks.replaying import stream
from schedules.rhythm import DEFAULT
from tests.builders import at, opening, seller
from tests.lanes import feed_of, left_by, outage, wild
from worker.presets import add_preset
from worker.replay.run import LaneStepper, Stepper
from worker.replay.stream import demo_feed
from worker.replay.world import read_answers

REFUSING = [
    {"to": "p1@muster.example.com", "answer": "550", "from": (at(4) + timedelta(days=6)).isoformat()},
    {"to": "p2@muster.example.com", "answer": "450", "until": (at(4) + timedelta(days=7)).isoformat()},
    {"to": "p3@muster.example.com", "answer": "lost-after-dot"},
    {"to": "p4@muster.example.com", "answer": "bounce", "from": (at(4) + timedelta(days=4)).isoformat()},
]
AWAY = [outage(3, 3.6, "mail"), outage(6, 6.2, "workers"), outage(9, 9.5, "database")]


def same(feed, folder, answers=(), policy=None):
    path = folder / "answers.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in answers))
    read = read_answers(path)
    files, verdicts, _ = left_by(feed, folder / "one", read, Stepper, policy)
    together, same_verdicts, result = left_by(feed, folder / "lanes", read, LaneStepper, policy)

    assert same_verdicts == verdicts
    assert list(together) == list(files)
    for name, content in files.items():
        assert together[name] == content, name
    return files, result


def test_of_the_demo(tmp_path):
    files, _ = same(demo_feed(at(20, 10), 16), tmp_path)

    assert sum(name.startswith("mail/") for name in files) > 20


def test_of_a_steady_stream_of_buyers_with_several_orders(tmp_path):
    events = stream(Random(7), 20, 200, 60)

    feed = feed_of((one["type"], datetime.fromisoformat(one["time"]), one["data"]) for one in events)

    files, _ = same(feed, tmp_path)

    assert sum(name.startswith("mail/") for name in files) > 80


def test_most_events_go_ahead_and_no_run_of_lanes_is_given_up(tmp_path):
    events = stream(Random(7), 20, 200, 60)
    feed = feed_of((one["type"], datetime.fromisoformat(one["time"]), one["data"]) for one in events)
    visited = []

    class Counting(LaneStepper):
        def visit(self, arrivals, end):
            visited.extend(arrivals)
            super().visit(arrivals, end)

    with capture_logs() as logs:
        left_by(feed, tmp_path, (), Counting)

    assert len(visited) < len(feed.arrivals) / 4
    assert [one for one in logs if one["event"] == "lanes_given_up"] == []


@pytest.mark.parametrize("seed", [1, 2, 4])
def test_of_streams_in_which_lanes_meet(seed, tmp_path):
    same(feed_of(wild(Random(seed))), tmp_path)


@pytest.mark.parametrize("seed", [101, 102])
def test_of_streams_with_servers_that_refuse_lose_and_send_back(seed, tmp_path):
    same(feed_of(wild(Random(seed))), tmp_path, REFUSING)


@pytest.mark.parametrize("seed", [200, 201])
def test_of_streams_with_outages(seed, tmp_path):
    same(feed_of(wild(Random(seed))), tmp_path, [*REFUSING[:2], *AWAY])


def test_of_a_morning_on_which_a_seller_passes_his_limit_and_is_stopped_until_somebody_lets_him_go(tmp_path):
    few = replace(DEFAULT, name="few-mails", mails_per_hour_at_first=5, mails_per_hour_at_least=5)
    morning = [("seller.configured", at(4, 7), seller())]
    for number in range(12):
        contact = {"name": "Purchasing", "email": f"p{number}@muster.example.com"}
        order = opening(order=f"O-{number}", buyer={"company": "Muster", "contact": contact})
        morning.append(("backorder.opened", at(4, 9, 4 * number), order))
    morning.append(("seller.resumed", at(5), {"seller": "bergmann", "by": "Desk"}))

    with capture_logs() as logs:
        same(feed_of(morning), tmp_path, policy=add_preset(few))

    found = {one["event"] for one in logs}
    assert "seller_stopped" in found
    assert "lanes_given_up" not in found
