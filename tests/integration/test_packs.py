"""Mails that are written together are packed together, and each is read by itself (R36, ADR 0092)."""

import json
import zlib
from email import message_from_bytes

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs
from zstandard import ZstdError

from tests.integration.test_in_one_go import NAMES, kept, left, made
from worker.storage import dictionaries
from worker.storage.new_mails import TOGETHER
from worker.storage.packs import kept_of
from worker.usecases.flight import GROUP
from worker.usecases.plan_due import plan_due
from worker.usecases.send_due import send_due

PLACES = (
    "select m.id, m.message_id, m.pack_id, m.place, string_agg(t.order_no, ' ' order by t.order_no) as orders"
    " from mail m join mail_thread mt on mt.mail_id = m.id join thread t on t.id = mt.thread_id"
    " group by m.id order by 1"
)


@pytest.fixture
def road(tmp_path):
    return made(tmp_path, "packs")


@pytest.fixture
def parts(road):
    parts = road.parts()
    while plan_due(parts):
        pass
    yield parts
    parts.engine.dispose()


def by_pack(rows):
    packs = {}
    for row in rows:
        packs.setdefault(row.pack_id, []).append(row)
    return packs


def change(parts, statement, **values):
    with parts.engine.begin() as connection:
        connection.execute(text(statement), values)


def test_r36_each_mail_of_a_pack_is_its_own(road, parts):
    rows = road.rows(parts, PLACES)
    mails = kept(road, parts)

    assert len(rows) == len(NAMES)
    for row in rows:
        of_mail = mails[row.message_id]
        assert message_from_bytes(of_mail.content)["Message-ID"] == row.message_id
        assert row.orders in message_from_bytes(of_mail.content)["Subject"]
        assert [section["order"] for section in json.loads(of_mail.statement)["sections"]] == [row.orders]


def test_a_pack_holds_few_enough_mails_that_reading_one_stays_cheap(road, parts):
    packs = by_pack(road.rows(parts, PLACES))

    assert len(packs) > 1
    for rows in packs.values():
        assert [row.place for row in rows] == list(range(1, len(rows) + 1))
        assert len(rows) <= TOGETHER


def test_r36_mails_kept_before_there_were_packs_are_read_and_sent_as_ever(road, parts):
    before = kept(road, parts)
    for row in road.rows(parts, PLACES)[: 2 * GROUP : 2]:
        of_mail = before[row.message_id]
        alone = {"id": row.id, "zipped": zlib.compress(of_mail.content), "said": of_mail.statement}
        change(parts, "insert into mail_bytes (mail_id, zipped, statement) values (:id, :zipped, :said)", **alone)
        change(parts, "update mail set pack_id = null, place = null where id = :id", id=row.id)

    assert kept(road, parts) == before
    sender = road.sender(parts)
    while send_due(parts, sender):
        pass
    assert {row.state for row in road.rows(parts, "select state from mail")} == {"sent"}
    assert len(left(road, parts)["tries"]) == len(NAMES)


@pytest.mark.parametrize("damage", ["substring(packed for length(packed) - 9)", "'\\x2800'::bytea || packed"])
def test_r36_a_damaged_pack_is_a_fault_of_its_mails_and_the_others_leave(road, parts, damage):
    packs = by_pack(road.rows(parts, PLACES))
    bad = min(packs)
    change(parts, f"update mail_pack set packed = {damage} where id = :id", id=bad)

    with parts.engine.connect() as connection, pytest.raises((ZstdError, zlib.error)):
        kept_of(connection, [packs[bad][0].id])
    sender = road.sender(parts)
    with capture_logs():
        while send_due(parts, sender):
            pass

    found = road.rows(parts, "select pack_id, state, parked is not null as parked from mail")
    assert {row.state for row in found if row.pack_id != bad} == {"sent"}
    assert {row.parked for row in found if row.pack_id == bad} == {True}


def test_r36_a_place_that_a_pack_does_not_have_is_a_fault_and_not_another_mail(road, parts):
    [one, *_] = road.rows(parts, PLACES)
    for place in (0, -1, TOGETHER + 1):
        change(parts, "update mail set place = :place where id = :id", id=one.id, place=place)

        with parts.engine.connect() as connection, pytest.raises(ValueError, match="no place"):
            kept_of(connection, [one.id])
    change(parts, "update mail set place = 1, pack_id = 0 where id = :id", id=one.id)
    with parts.engine.connect() as connection, pytest.raises(ValueError, match="a pack of 0 mails"):
        kept_of(connection, [one.id])


def test_a_pack_is_read_once_for_all_its_mails(road, parts, monkeypatch):
    read = []
    unpacked = dictionaries.unpacked
    monkeypatch.setattr(dictionaries, "unpacked", lambda *given: read.append(given) or unpacked(*given))
    rows = road.rows(parts, PLACES)

    with parts.engine.connect() as connection:
        assert len(kept_of(connection, [row.id for row in rows])) == len(rows)

    assert len(read) == len(by_pack(rows))
