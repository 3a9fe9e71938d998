"""The backlog of the benchmarks is made of orders as the product makes them."""

import subprocess
import sys

from sqlalchemy import text

from benchmarks.scale.backlog import DUE_AT, grow, order_of, seed
from tests.servers import empty_database
from worker.usecases.plan_due import plan_due
from worker.wiring import parts_for


def test_copies_are_planned_as_orders_that_came_by_the_usual_road(tmp_path):
    engine = seed(empty_database("backlog"), [DUE_AT], tmp_path / "world", sellers=1)
    grow(engine, [order_of(0, 0)], 1, 20)
    parts = parts_for(engine, lambda _: DUE_AT, "test.example")

    while plan_due(parts):
        pass

    with engine.connect() as connection:
        kinds = connection.execute(text("select kind, count(*) from mail where created_at >= :due group by 1"),
                                   {"due": DUE_AT}).all()  # fmt: skip
        parked = connection.execute(text("select count(*) from correspondence where parked is not null")).scalar_one()
    engine.dispose()
    assert [tuple(row) for row in kinds] == [("checkpoint-review", 21)]
    assert parked == 0


def test_the_commands_of_the_performance_page_say_what_they_take():
    scale = subprocess.run(
        [sys.executable, "-m", "benchmarks.scale", "--help"], capture_output=True, text=True, check=True
    )
    wrong = subprocess.run([sys.executable, "-m", "benchmarks", "speed"], capture_output=True, text=True, check=False)

    assert "--orders" in scale.stdout
    assert wrong.returncode != 0
    assert "allowed: race, single" in wrong.stderr
