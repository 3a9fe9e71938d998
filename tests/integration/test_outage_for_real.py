"""The outage drill in small and in real time: the mail server, then the database, then all workers go and come back."""

import signal
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from benchmarks.chaos.house import House
from benchmarks.chaos.ledger import OPEN, compare
from benchmarks.chaos.post import Post
from benchmarks.chaos.preparing import prepare
from tests.waiting import wait_until
from worker.local.supervisor import free_port

ORDERS = 60


@pytest.mark.slow
def test_r17_for_real_each_part_goes_and_comes_back_and_every_update_leaves_once(tmp_path):
    port = free_port()
    post = Post(1)
    post.server.close()
    house = House(tmp_path, port, 1, 1)
    due_at = datetime.now(UTC) + timedelta(seconds=1)
    try:
        prepare(house.url, ORDERS, due_at, tmp_path / "before").dispose()
        house.sql(
            "update correspondence c set wake_at = case when number % 3 = 0 then wake_at else null end"
            " from (select id, row_number() over (order by id) as number from correspondence) n"
            " where n.id = c.id and audience = 'buyer'"
        )
        house.start()
        wait_until(lambda: house.sql("select count(*) from attempt where outcome = 'deferred'")[0][0] > 0, 45)
        post = Post(1, port=port)  # the mail server is back
        wait_until(lambda: len(post.received) == ORDERS // 3, 45)

        house.postgres_down(2.0)
        third = "update correspondence set wake_at = now() where audience = 'buyer' and wake_at is null and id % 2 = 0"
        house.sql(third)
        house.kill_worker(0)  # and while they start anew, the last ones fall due
        house.sql(third.replace(" and id % 2 = 0", ""))
        wait_until(lambda: len(post.received) == ORDERS and house.sql(OPEN)[0][0] == 0, 45)
        found = compare(house, post, due_at)
    finally:
        for process in (*house.workers, *house.beats):
            process.send_signal(signal.SIGTERM)
        house.close()
        post.server.close()

    assert found.good, found
    assert found.outcomes == {"kept": ORDERS}
    assert Counter(post.received.times.values())[1] >= ORDERS - 20
