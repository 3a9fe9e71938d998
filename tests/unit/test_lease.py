"""How long a process trusts its claims, and when it may call others silent (R44)."""

import time
from datetime import UTC, datetime, timedelta

from worker.usecases.lease import SURE_SECONDS, Lease, Watch


def test_a_claim_is_sure_while_its_process_beats_and_never_again_after_a_gap():
    now = time.monotonic()
    lease = Lease()
    assert lease.hold()()
    lease.beaten(now)
    before = lease.hold()
    assert before()
    lease.beaten(now - SURE_SECONDS - 1)
    assert not before()
    lease.beaten(now)  # it beats again after a freeze: what it claimed before is not its own any more
    assert not before()
    assert lease.hold()()


def test_only_a_process_that_saw_the_clock_run_steadily_calls_others_silent():
    now, there = time.monotonic() - 30, datetime(2026, 5, 20, tzinfo=UTC)
    watch = Watch()
    assert not watch.steady
    for seconds in (0, 5, 10):
        watch.beaten(now + seconds, there + timedelta(seconds=seconds))
    assert watch.steady
    watch.beaten(time.monotonic(), there + timedelta(minutes=10))  # the database's clock leapt
    assert not watch.steady
