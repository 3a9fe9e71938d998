"""The demo, watched to its end: thirty days, then live mails by real workers."""

import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from worker.replay.scenery import remarkable
from worker.replay.stream import EXAMPLES, ORDERS, demo_feed

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def test_the_demos_stream_is_valid_varied_and_the_same_each_time():
    feed, again = demo_feed(NOW, 30), demo_feed(NOW, 30)
    events = [arrival.incoming.event for arrival in feed.arrivals]
    opened = {event.data["order"] for event in events if event.type == "backorder.opened"}

    assert [event.key for event in events] == [arrival.incoming.event.key for arrival in again.arrivals]
    assert len(opened) == ORDERS + 3
    assert set(EXAMPLES) < opened
    assert {event.type for event in events} >= {"stock.received", "decision.recorded", "line.cancelled"}


@pytest.mark.parametrize("month", range(1, 13))
def test_each_month_of_the_demo_holds_a_day_off(month):
    end = datetime(2026, month, 25, 12, tzinfo=UTC)

    assert "stocktaking" in remarkable(end.replace(year=2025), end)[0]
    assert demo_feed(end, 30).arrivals


def test_a_clock_change_within_the_month_is_named():
    assert any("clocks change" in said for said in remarkable(datetime(2026, 10, 10, tzinfo=UTC), NOW))
    assert not any(
        "clocks" in said for said in remarkable(datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 20, tzinfo=UTC))
    )


@pytest.mark.slow
def test_the_demo_ends_by_itself_with_its_figures_examples_and_live_mails(tmp_path):
    env = {name: value for name, value in os.environ.items() if not name.startswith("BACKORDER_")}
    command = [sys.executable, "-m", "worker.cli.main", "demo", "--no-wait"]
    run = subprocess.run(
        command, env=env | {"COLUMNS": "160"}, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=300
    )

    assert run.returncode == 0, run.stderr
    assert "promises missed" not in run.stdout
    for said in (
        "moved and moved back",
        "9 events, 4 mails to the buyer, because:",
        "stocktaking",
        "checkpoint-review: ",
    ):
        assert said in run.stdout
    assert "example.com" not in run.stderr
