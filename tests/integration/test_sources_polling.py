"""Polls against real databases: what is believed, what is set aside, what people hear, what survives a crash."""

import threading
import time
from datetime import timedelta

import pytest

from tests.polled import house_of
from worker.usecases import poll_source as polling
from worker.usecases.poll_source import poll_source
from worker.usecases.watch_sources import accept, doubt_of, due_sources, list_sources, reject


@pytest.fixture(params=["postgresql", "sqlite"])
def house(request, tmp_path):
    yield from house_of(request.param, tmp_path)


@pytest.fixture
def small(tmp_path):
    yield from house_of("sqlite", tmp_path)


def change(number, units, when="2026-05-20 09:30:00"):
    return f"update ready set units = {units}, changed = '{when}' where no = 'B-{number}'"


def test_r7_differences_are_recorded_once_and_the_same_read_again_makes_none(house):
    first, again = house.poll(), house.poll()
    house.sql(change(3, 100))
    changed = house.poll()
    house.sql(change(3, 80, "2026-05-20 09:40:00"))
    back = house.poll()

    assert [one.recorded for one in (first, again, changed, back)] == [10, 0, 1, 1]
    assert house.available()["B-3"] == 80
    ids = [
        row.ext_id for row in house.ask("select ext_id from event where source = 'source:ready' and order_no = 'B-3'")
    ]
    assert [one.partition("#")[2] for one in ids] == ["000001.0", "000002.0", "000003.0"]


def test_r7_a_deletion_means_what_the_file_says_and_a_row_that_comes_back_counts_again(house):
    house.poll()
    house.sql("delete from ready where no = 'B-4'")
    gone = house.poll()
    after = house.available()["B-4"]
    house.sql("insert into ready values ('B-4', '1', 90, '2026-05-20 09:50:00')")
    house.poll()

    assert (gone.recorded, after, house.available()["B-4"]) == (1, 0, 90)


def test_r7_an_emptied_table_is_set_aside_told_once_and_accepted_by_a_person(house):
    house.poll()
    house.sql("delete from ready")
    read, again = house.poll(), house.poll()
    doubt = doubt_of(house.parts, "ready")
    notices = [row.note for row in house.ask("select note from obligation where code = 'operator'")]

    assert (read.state, again.state, house.standing().state) == ("quarantined",) * 3
    assert set(house.available().values()) == {80}
    assert doubt.reasons == ("the read is empty; the last accepted one had 10 rows",)
    assert (doubt.comparison.before, doubt.comparison.rows, doubt.comparison.gone) == (10, 0, 10)
    assert doubt.samples[0] == "B-0/1: gone"
    assert len(notices) == 1
    assert "backorder sources show ready" in notices[0]

    assert accept(house.parts, "ready")
    assert house.poll().recorded == 10
    assert set(house.available().values()) == {0}
    assert not accept(house.parts, "ready")


def test_r7_a_rejected_read_is_not_asked_about_again_until_it_says_something_else(small):
    small.poll()
    small.sql("delete from ready where no > 'B-4'")
    small.poll()

    assert reject(small.parts, "ready", "Eva")
    assert small.standing().state == "rejected"
    assert small.poll().state == "rejected"
    small.sql("delete from ready where no > 'B-3'")
    assert small.poll().state == "quarantined"
    assert set(small.available().values()) == {80}


def test_r7_a_source_that_recovers_needs_no_decision(small):
    small.poll()
    small.sql("alter table ready rename to elsewhere")
    failed = small.poll()
    small.sql("alter table elsewhere rename to ready;" + change(2, 110))
    good = small.poll()

    assert failed.state == "failed"
    assert "no such table: ready" in failed.problem
    assert (good.state, good.recorded, small.standing().problem) == ("good", 1, "")


DOUBTFUL = [
    pytest.param("delete from ready where no > 'B-6'", "3 of 10 rows are gone (30%)", id="lost"),
    pytest.param(
        "update ready set units = 1, changed = '2026-05-20 09:30:00' where no > 'B-3'", "6 of 10 rows moved", id="moved"
    ),
    pytest.param("update ready set changed = '2026-05-19 09:30:00'", "older than 2026-05-20 07:30 UTC", id="older"),
]


@pytest.mark.parametrize(("script", "told"), DOUBTFUL)
def test_r7_a_read_that_moved_too_much_is_set_aside_with_its_comparison(small, script, told):
    small.poll()
    small.sql(script)

    read = small.poll()

    assert read.state == "quarantined"
    assert told in read.problem
    assert set(small.available().values()) == {80}


def test_r13_a_row_confirms_a_line_only_from_its_own_date(small):
    small.poll()
    small.sql(change(1, 80, "2026-05-20 09:45:00"))
    small.poll()

    confirmed = dict(small.ask("select order_no, facts ->> 'confirmed_at' from line"))
    assert confirmed["B-1"].startswith("2026-05-20T09:45")
    assert confirmed["B-2"].startswith("2026-05-20T07:30")


def test_r13_a_row_without_a_date_tells_its_figures_and_confirms_nothing(small):
    path = small.folder / "ready.toml"
    path.write_text(path.read_text().replace('as_of = "changed"\n', ""))
    small.poll()
    small.sql(change(1, 100))
    small.poll()

    confirmed = dict(small.ask("select order_no, facts ->> 'confirmed_at' from line"))
    assert small.available()["B-1"] == 100
    assert {one[:16] for one in confirmed.values()} == {"2026-05-20T07:00"}


def test_a_faulty_row_is_listed_and_the_others_go_on(small):
    path = small.folder / "ready.toml"
    path.write_text(path.read_text().replace("[limits]", "[limits]\nfailed = 0.5"))
    small.poll()
    small.sql(change(1, -5) + ";" + change(2, 90) + ";insert into ready select * from ready where no = 'B-3'")
    small.sql("update ready set units = 70 where rowid = 11; update ready set units = 'many' where no = 'B-5'")
    small.poll()

    standing = small.standing()
    assert (standing.state, standing.fault_count, small.available()["B-2"]) == ("good", 3, 90)
    assert sorted(standing.faults) == [
        "row 11 (B-3/1): found this key a second time, with other content; allowed: each key once",
        "row 2 (B-1/1), column `units`: found -5; allowed: 0 or more",
        "row 6 (B-5/1), column `units`: found many; allowed: a number",
    ]
    assert {small.available()[name] for name in ("B-1", "B-3", "B-5")} == {80}


def test_r7_a_crash_between_two_slices_loses_nothing(small, monkeypatch):
    done = []
    real = polling.record_staged

    def dies(connection, parts, source, now, most=4):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(1)
        return real(connection, parts, source, now, most)

    monkeypatch.setattr(polling, "record_staged", dies)
    with pytest.raises(KeyboardInterrupt):
        small.poll()
    monkeypatch.setattr(polling, "record_staged", real)
    half = small.ask("select 1 from event where source = 'source:ready'")
    small.poll()

    assert len(half) == 4
    assert len(small.ask("select 1 from event where source = 'source:ready'")) == 10


def test_a_source_that_hangs_is_left_behind_and_holds_up_no_other(small, monkeypatch):
    hanging = threading.Event()
    monkeypatch.setattr("worker.sources.reading.LEAVES_AFTER_SECONDS", 0.1)
    path = small.folder / "ready.toml"
    (small.folder / "stuck.toml").write_text(path.read_text().replace("seconds = 5", "seconds = 1"))
    real = polling.rows_of
    monkeypatch.setattr(
        polling, "rows_of", lambda source, *rest: hanging.wait() if source.name == "stuck" else real(source, *rest)
    )
    due_sources(small.parts, small.folder)
    small.name = "stuck"
    stuck = threading.Thread(target=lambda: poll_source(small.parts, small.source))
    began = time.monotonic()
    source = small.source
    stuck.start()
    small.name = "ready"
    other = poll_source(small.parts, small.source)
    stuck.join(30)
    hanging.set()

    assert (other.state, other.recorded) == ("good", 10)
    assert time.monotonic() - began < 20
    assert source.name == "stuck"
    states = {one.name: (one.state, one.problem) for one in list_sources(small.parts, small.folder)}
    assert states["stuck"][0] == "failed"
    assert "no answer after 1 s" in states["stuck"][1]


def test_operator_and_owners_hear_of_a_stale_source_once(small):
    small.poll()
    small.sql("alter table ready rename to elsewhere")
    for _ in range(12):
        small.poll(20)

    codes = [row.code for row in small.ask("select code from obligation order by code")]
    assert codes == ["operator", "source-stale"]
    assert small.standing().stale


def test_a_source_is_not_called_stale_because_we_were_away(small):
    small.poll()
    small.now += timedelta(days=3)
    due_sources(small.parts, small.folder)
    small.poll()

    assert small.ask("select code from obligation where code = 'source-stale'") == []


def test_a_faulty_file_is_shown_and_a_removed_one_is_no_longer_polled(small):
    (small.folder / "broken.toml").write_text("says = 3")
    due_sources(small.parts, small.folder)
    states = {one.name: one.state for one in list_sources(small.parts, small.folder)}
    (small.folder / "ready.toml").unlink()

    assert states == {"broken": "invalid", "ready": "new"}
    assert due_sources(small.parts, small.folder) == []
    assert "ready" not in {one.name for one in list_sources(small.parts, small.folder)}
