"""Rows that cannot be used: each has a verdict that names row and column, and the others go on."""

import json
import os
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from tests.builders import at
from worker.sources.converting import Converter
from worker.sources.csvfile import harmless, read_file, read_folder
from worker.sources.definition import build
from worker.sources.faults import NotReadyError, ReadError, RowFault
from worker.sources.reading import Bounds, Given
from worker.storage.sources import Known
from worker.usecases.compare_read import compare

NOW = at(21, 12)


def source(path="x.csv", **changed):
    raw = {
        "seller": "bergmann",
        "says": "open_backorders",
        "zone": "Europe/Berlin",
        "as_of": "changed",
        "columns": {"order": "no", "line": "pos", "ordered": "qty", "available": "ready", "expected_on": "due"},
        "values": {"sku": "BX", "product": "Block", "cause": "production_delay", "company": "Muster"},
        "csv": {"path": str(path)},
    }
    return build("lines", raw | changed, {})


def bounds():
    return Bounds(60, 1_000_000, 2**28)


def one(*values, **changed):
    """Compare one row that was read with these values for order, line, qty, ready, due, changed."""
    return compare(Converter(source(**changed)), [(7, values)], {}, NOW)


GOOD = ("B-1", "1", 120, 80, "2026-06-02", "2026-05-21T09:00:00")
BAD = [
    pytest.param(2, "12,5", "column `qty`: found 12,5; allowed: a number such as 1250.5", id="a decimal comma"),
    pytest.param(2, "many", "column `qty`: found many; allowed: a number", id="a changed type"),
    pytest.param(2, float("nan"), "column `qty`: found nan; allowed: a finite number", id="not a number"),
    pytest.param(2, True, "column `qty`: found a truth value", id="a truth value"),
    pytest.param(2, b"12", "column `qty`: found bytes; allowed: text", id="bytes"),
    pytest.param(4, "2026-02-30", "column `due`: found 2026-02-30; allowed: a day that exists", id="impossible date"),
    pytest.param(4, "0000-00-00", "column `due`: found 0000-00-00; allowed: a day that exists", id="a zero date"),
    pytest.param(4, "x" * 5_000_000, "column `due`: found a field of 5000000 characters", id="a field of 5 MB"),
    pytest.param(5, "2026-03-29T02:30:00", "a clock time that exists in Europe/Berlin", id="the hour that is not"),
    pytest.param(5, "yesterday", "column `changed`: found yesterday; allowed: a moment", id="no moment"),
    pytest.param(5, "2026-05-22T09:00:00", "which lies ahead; allowed: at most 5 minutes ahead", id="ahead of us"),
    pytest.param(0, "", "row 7, column `no`: found nothing; allowed: what the row is about", id="no key"),
    pytest.param(0, "a\nb", "column `no`: found a·b; allowed: text without control characters", id="a line break"),
]


@pytest.mark.parametrize(("place", "value", "told"), BAD)
def test_a_value_that_cannot_be_used_names_row_and_column(place, value, told):
    read = one(*[value if number == place else given for number, given in enumerate(GOOD)])

    assert not read.changes
    assert str(read.faults[0]).startswith("row 7")
    assert told in str(read.faults[0])


GIVEN = [
    pytest.param(
        ("B-1", 10, Decimal("120.000"), 80.5, date(2026, 6, 2), datetime.fromisoformat("2026-05-21 09:00")),
        "80.5",
        id="typed",
    ),
    pytest.param((" B-1 ", "10", "120", " 80.5 ", "2026-06-02 00:00:00", "2026-05-21 09:00"), "80.5", id="text"),
    pytest.param(("B-1", 10.0, 120, 80, None, datetime(2026, 5, 21, 7, tzinfo=UTC)), "80", id="floats and zones"),
]


@pytest.mark.parametrize(("values", "ready"), GIVEN)
def test_drivers_and_files_may_give_values_in_their_own_types(values, ready):
    (change,) = one(*values).changes

    assert change.key == "B-1\t10"
    assert json.loads(change.said)["available"] == ready
    assert change.as_of == at(21, 9)


def test_a_comma_and_a_form_of_days_can_be_said():
    (change,) = one("B-1", "1", "1.250,5", "80", "02.06.2026", "", decimal=",", day="%d.%m.%Y").changes

    assert json.loads(change.said)["ordered"] == "1250.5"
    assert json.loads(change.said)["expected_on"] == "2026-06-02"


def test_the_same_key_twice_discredits_both_rows_unless_they_say_the_same():
    other = (*GOOD[:2], 130, *GOOD[3:])
    converter = Converter(source())

    read = compare(converter, [(1, GOOD), (2, other), (3, ("B-2", *GOOD[1:])), (4, GOOD)], {}, NOW)

    assert [change.key for change in read.changes] == ["B-2\t1"]
    assert str(read.faults[0]) == (
        "row 2 (B-1/1): found this key a second time, with other content; allowed: each key once"
    )


def test_a_faulty_row_is_not_taken_for_gone_and_absence_proves_nothing_if_a_key_cannot_be_read():
    converter = Converter(source())
    known = {key: Known(b"old", None, gone=False) for key in ("B-1\t1", "B-2\t1", "B-3\t1")}
    faulty = (*GOOD[:2], "many", *GOOD[3:])

    read = compare(converter, [(1, faulty), (2, ("B-2", *GOOD[1:]))], known, NOW)
    keyless = compare(converter, [(1, faulty), (2, ("", *GOOD[1:]))], known, NOW)

    assert [(change.key, change.said is None) for change in read.changes] == [("B-2\t1", False), ("B-3\t1", True)]
    assert keyless.comparison.gone == 0


def test_a_row_of_an_older_moment_than_it_had_is_listed_and_left_out():
    known = {"B-1\t1": Known(b"old", at(21, 10), gone=False), "B-2\t1": Known(b"old", at(20), gone=False)}

    read = compare(Converter(source()), [(1, GOOD), (2, ("B-2", *GOOD[1:5], "2026-05-21T11:00:00"))], known, NOW)

    assert [change.key for change in read.changes] == ["B-2\t1"]
    assert "older than before" in str(read.faults[0])


HEADER = "no;pos;qty;ready;due;changed"
ROW = "B-1;1;120;80;2026-06-02;2026-05-21T09:00:00"
ENCODED = [
    pytest.param(f"{HEADER}\n{ROW}\n".encode("utf-8-sig"), id="BOM and semicolons"),
    pytest.param(f"{HEADER}\r\n{ROW}\r\n".encode("utf-16"), id="UTF-16"),
    pytest.param(f"{HEADER};käufer\n{ROW};Müller\n".encode("latin-1"), id="Latin-1"),
    pytest.param(f'{HEADER};x\n{ROW};"a;\nb"\n'.encode(), id="quoted line break"),
    pytest.param(f"{HEADER}\n{ROW}".replace(";", "\t").encode(), id="tabs, no last line break"),
]


@pytest.mark.parametrize("content", ENCODED)
def test_csv_is_read_whatever_tool_wrote_it(tmp_path, content):
    path = tmp_path / "lines.csv"
    path.write_bytes(content)
    of_file = source(path)

    (row,) = read_file(of_file, path, of_file.file.csv, bounds())

    assert row == (2, tuple(ROW.split(";")))


BROKEN = [
    pytest.param(b"", "found a file without a header", id="empty"),
    pytest.param(b"no;position;qty;ready;due;changed\n", "no column `pos` in the header", id="renamed column"),
    pytest.param(b"no;pos;pos;qty;ready;due;changed\n", "the column `pos` twice", id="column twice"),
    pytest.param(f'{HEADER}\n{ROW}\nB-2;"1;5;5;;\n'.encode(), "broken row that begins at line 3", id="unclosed quote"),
    pytest.param(f"{HEADER}\n{ROW}\n".encode("utf-16")[:-3], "bytes that are no utf-16", id="cut off"),
]


@pytest.mark.parametrize(("content", "told"), BROKEN)
def test_a_file_that_cannot_be_read_to_its_end_is_not_believed(tmp_path, content, told):
    path = tmp_path / "lines.csv"
    path.write_bytes(content)
    of_file = source(path)

    with pytest.raises(ReadError) as fault:
        list(read_file(of_file, path, of_file.file.csv, bounds()))

    assert told in str(fault.value)


def test_a_row_with_too_few_cells_is_listed_and_a_field_of_5_mb_hinders_nobody(tmp_path):
    path = tmp_path / "lines.csv"
    path.write_text(f"{HEADER}\nB-0;1\n{ROW.replace('120', 'x' * 5_000_000)}\n{ROW.replace('B-1', 'B-2')}\n")
    of_file = source(path)

    read = compare(Converter(of_file), read_file(of_file, path, of_file.file.csv, bounds()), {}, NOW)

    assert [str(fault)[:60] for fault in read.faults] == [
        "row 2: found 2 cells; allowed: 6, as in the header; quote ce",
        "row 3 (B-1/1), column `qty`: found a field of 5000000 charac",
    ]
    assert [change.key for change in read.changes] == ["B-2\t1"]


def test_a_folder_gives_its_newest_finished_file_and_one_that_is_still_written_waits(tmp_path):
    of_folder = source(tmp_path)
    for name, age in (("monday.csv", 300), ("tuesday.csv", 100), ("wednesday.csv.part", 50), (".hidden.csv", 20)):
        (tmp_path / name).write_text(f"{HEADER}\n{name};1;120;80;;\n")
        os.utime(tmp_path / name, (NOW.timestamp() - age,) * 2)
    given = Given(now=NOW)

    (row,) = read_folder(of_folder, of_folder.file.csv, bounds(), given)
    os.utime(tmp_path / "monday.csv", (NOW.timestamp() - 1,) * 2)

    assert row[1][0] == "tuesday.csv"
    assert given.fresh_at == NOW - timedelta(seconds=100)
    with pytest.raises(NotReadyError, match=r"monday.csv was written 1 s ago and may not be finished"):
        list(read_folder(of_folder, of_folder.file.csv, bounds(), Given(now=NOW)))


def test_a_read_is_bounded_in_rows_bytes_and_time(tmp_path):
    path = tmp_path / "lines.csv"
    path.write_text(f"{HEADER}\n" + f"{ROW}\n" * 3000)
    of_file = source(path)

    for bound, told in (
        (Bounds(60, 2000, 2**28), "more than 2000 rows"),
        (Bounds(60, 10_000, 2**10), "more than 0 MiB"),
        (Bounds(0, 10_000, 2**28), "no end after 0 s"),
    ):
        with pytest.raises(ReadError, match=told):
            list(read_file(of_file, path, of_file.file.csv, bound))


@pytest.mark.parametrize("text", ["=1+1", "+49 30", "-5", "@SUM(A1)", "'quoted", "plain", ""])
def test_a_formula_is_text_and_leaves_harmless(tmp_path, text):
    path = tmp_path / "x.csv"
    path.write_text(f"no;pos;qty;ready;due;changed\n{harmless(text)};1;1;1;;\n")
    of_file = source(path)

    (row,) = read_file(of_file, path, of_file.file.csv, bounds())

    assert row[1][0] == text
    assert not isinstance(row, RowFault)
    assert not harmless(text).startswith(("=", "+", "-", "@"))
