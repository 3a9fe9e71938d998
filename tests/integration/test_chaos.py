"""Each trouble once, in seconds: real processes are killed, frozen, cut off, and the ledger must agree (R44, R46)."""

import pytest

from benchmarks.chaos.run import run

UPDATES = 400


@pytest.mark.slow
def test_r44_whatever_dies_nothing_is_lost_and_at_most_20_mails_are_doubled_for_each_dead_process(tmp_path):
    found = run(tmp_path, seed=11, updates=UPDATES, short=True)

    assert found["passed"], found
    assert found["intended"] == UPDATES
    assert set(found["done"]) >= {
        "process killed",
        "worker killed",
        "beat killed",
        "process frozen past its lease",
        "Valkey wiped",
        "Valkey stopped",
        "PostgreSQL stopped",
        "clock shifted",
    }
    assert max(found["seconds_until_claims_were_free"], default=0) < 40
