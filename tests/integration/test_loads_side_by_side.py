"""A large first load is written by several processes: the same result, and whole again after one has died (R49)."""

import io
from functools import partial
from multiprocessing import active_children

import pytest

from tests.builders import at, cloud, seller
from tests.servers import fresh_database
from worker.intake.reading import read_value
from worker.settings import load_settings
from worker.storage.engine import make_engine
from worker.usecases.export_orders import export_lines
from worker.usecases.import_mapping import source_of
from worker.usecases.import_orders import import_file
from worker.usecases.import_slices import WORTH_PROCESSES, StoppedError
from worker.usecases.record_events import record
from worker.wiring import parts_elsewhere, parts_for

HEADER = "seller,order,line,company,contact_email,sku,product,ordered,available,cause,told_at,told_next_checkpoint"
ROWS = 2_600
NOW = at(20, 10)
SETTINGS = load_settings({"BACKORDER_SECRET_KEY": "only-for-these-tests-0123"})


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("load") / "orders.csv"
    rows = [
        f"bergmann,L-{number // 2},{number % 2 + 1},Muster,p{number // 2 % 300}@muster.example.com,BX-120,"
        f"Block {'x' * 290},120,80,inspection_hold,2026-05-18T09:00:00+02:00,2026-05-27"
        for number in range(ROWS)
    ]
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    assert path.stat().st_size > WORTH_PROCESSES
    return path


def house(name):
    url = fresh_database(name)
    parts = parts_for(make_engine(url), lambda _: NOW, "x")
    with parts.engine.begin() as connection:
        configured = cloud("seller.configured", at(11), seller(), "s")
        record(connection, parts, [read_value(configured, received_at=NOW)], NOW)
    return parts, partial(parts_elsewhere, SETTINGS, url)


def exported(parts):
    target = io.StringIO()
    export_lines(parts, target)
    return sorted(target.getvalue().splitlines())


def test_r49_processes_write_what_one_process_writes(path):
    one, _ = house("load_one")
    several, elsewhere = house("load_several")

    alone = import_file(one, source_of(path, None, None), path, apply=True)
    together = import_file(several, source_of(path, None, None), path, apply=True, elsewhere=elsewhere)

    assert together == alone
    assert (together.new, together.orders, together.told, together.contacts) == (ROWS, ROWS // 2, ROWS // 2, 300)
    assert together.verdicts == {"accepted": ROWS}
    assert exported(several) == exported(one)
    assert not active_children()
    one.engine.dispose()
    several.engine.dispose()


def test_r49_a_load_whose_process_died_says_so_and_is_completed_by_the_same_command(path):
    parts, elsewhere = house("load_died")

    def kill(_done, _rows):
        for child in active_children():
            child.kill()

    with pytest.raises(StoppedError, match="give the same command again"):
        import_file(parts, source_of(path, None, None), path, apply=True, elsewhere=elsewhere, progress=kill)
    again = import_file(parts, source_of(path, None, None), path, apply=True, elsewhere=elsewhere)

    assert 0 < again.new < ROWS
    assert again.unchanged == ROWS - again.new
    assert len(exported(parts)) == ROWS + 1
    parts.engine.dispose()
