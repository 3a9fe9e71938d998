"""Mails are packed by a dictionary of what they have in common, which outlives every release (R36, ADR 0084)."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from benchmarks.chaos.preparing import prepare
from tests.servers import fresh_database
from worker.links import Links
from worker.storage.dictionaries import pack_like, packer_of, unpacked_all
from worker.storage.engine import by_keys, database_clock, make_engine
from worker.storage.packing import dictionary_of
from worker.storage.packs import kept_of
from worker.usecases.plan_due import plan_due
from worker.usecases.specimens import specimens
from worker.wiring import parts_for

KEPT = text("select m.id, p.packed from mail_pack p join mail m on m.pack_id = p.id order by m.id")
DICTIONARIES = text("select id, content from packing_dictionary order by id")


@pytest.fixture(scope="module")
def letters():
    return specimens(parts_for(None, database_clock, "letters.example"))


@pytest.fixture
def url():
    return fresh_database("dictionaries")


def all_of(engine, query):
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(query)]


def test_specimens_are_the_same_each_time_and_hold_all_that_a_case_goes_through(letters):
    kinds = {message_from_bytes(one)["X-Backorder-Kind"] for one in letters if not one.startswith(b"{")}

    assert {"first-notice", "checkpoint-review", "holding-note", "partial-release", "stock-cleared"} <= kinds
    assert letters == specimens(parts_for(None, database_clock, "letters.example"))


def test_no_key_of_a_house_leaves_a_trace_in_a_dictionary_that_stays(letters):
    links = Links("the secret of this house", "https://updates.example.com")
    parts = replace(parts_for(None, database_clock, "letters.example"), links=links, sign=lambda *_: b"signed")

    assert specimens(parts) == letters


def test_r36_a_mail_is_packed_by_the_dictionary_of_its_release_and_read_by_the_next_one(tmp_path, letters):
    began = datetime.now(UTC)
    engine = prepare(fresh_database("packed"), 6, began - timedelta(seconds=1), tmp_path / "before")
    plainly = {mail_id for mail_id, *_ in all_of(engine, KEPT)}
    pack_like(engine, letters)
    while plan_due(parts_for(engine, database_clock, "letters.example")):
        pass
    [(number, _)] = all_of(engine, DICTIONARIES)
    numbers = {mail_id: dictionary_of(packed) for mail_id, packed in all_of(engine, KEPT)}
    engine.dispose()

    after = make_engine(engine.url)
    pack_like(after, letters[2:])
    with after.connect() as connection:
        read = kept_of(connection, list(numbers))

    assert {mail_id for mail_id, packed_by in numbers.items() if packed_by == 0} == plainly
    assert {mail_id for mail_id, packed_by in numbers.items() if packed_by == number} == numbers.keys() - plainly
    assert len(numbers) == 2 * len(plainly) > 0
    assert all(message_from_bytes(kept.content)["X-Backorder-Kind"] for kept in read.values())
    assert len(all_of(after, DICTIONARIES)) == 2
    after.dispose()


def test_processes_that_start_together_share_one_dictionary(url, letters):
    engines = [make_engine(url) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda engine: pack_like(engine, letters), engines))

    [(number, _)] = all_of(engines[0], DICTIONARIES)
    packed = []
    for engine in engines:
        with engine.connect() as connection, by_keys(engine) as beside:
            packed += [packer_of(one).pack(letters[0]) for one in (connection, beside)]
    assert {dictionary_of(one) for one in packed} == {number}
    with engines[0].connect() as connection:
        assert set(unpacked_all(connection, packed)) == {letters[0]}
    for engine in engines:
        engine.dispose()


@pytest.mark.parametrize(
    "command",
    ["delete from packing_dictionary", "update packing_dictionary set id = 1", "truncate packing_dictionary"],
)
def test_r36_a_dictionary_is_never_changed_nor_deleted(url, letters, command):
    engine = make_engine(url)
    pack_like(engine, letters)
    before = all_of(engine, DICTIONARIES)

    with pytest.raises(DBAPIError, match="rows stay as they are"), engine.begin() as connection:
        connection.execute(text(command))

    assert all_of(engine, DICTIONARIES) == before
    engine.dispose()
