"""Rows in PostgreSQL's binary form arrive as they were given, and faults in them are told as any other's."""

import json
import string
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from schedules.decisions import Action
from tests.servers import fresh_database
from worker.storage.direct import run
from worker.storage.engine import make_engine
from worker.storage.rowtypes import FEW, SHORT, Rows, row_type
from worker.storage.schema_given import SETTLING

EVERY = row_type(
    "given_every_kind", "a bigint, b int, c boolean, d timestamptz, e text, f json, g jsonb, h timestamptz, i text"
)
READ = text(f"select a, b, c, d, e, f, g, h, i, n from {EVERY.listed('rows')} order by n")
BIG, SMALL = st.integers(-(2**63), 2**63 - 1), st.integers(-(2**31), 2**31 - 1) | st.integers(-1, FEW)
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
LONG = st.integers(SHORT - 2, SHORT + 2).flatmap(
    lambda size: st.text(string.ascii_letters, min_size=size, max_size=size)
)
MOMENTS = st.datetimes(
    datetime(1, 1, 3),  # noqa: DTZ001 - the strategy adds the zone
    datetime(9999, 12, 29),  # noqa: DTZ001 - as above
    timezones=st.sampled_from([UTC, ZoneInfo("Europe/Berlin"), ZoneInfo("America/St_Johns")]),
)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | SMALL | WORDS, lambda one: st.lists(one) | st.dictionaries(WORDS, one), max_leaves=6
)
ROWS = st.fixed_dictionaries(
    {
        "a": st.none() | BIG,
        "b": st.none() | SMALL,
        "c": st.none() | st.booleans(),
        "d": st.none() | MOMENTS,
        "e": st.none() | WORDS | LONG,
        "f": st.none() | DOCUMENTS,
        "g": st.none() | DOCUMENTS,
        "h": st.none() | MOMENTS,
        "i": st.none() | st.sampled_from(Action),
    }
)


@pytest.fixture(scope="module")
def engine():
    found = make_engine(fresh_database("rows_given"))
    with found.begin() as connection:
        columns = ", ".join(f"{column} {kind}" for column, kind in EVERY.columns.items())
        connection.execute(text(f"create type {EVERY.name} as ({columns})"))
    yield found
    found.dispose()


@given(rows=st.lists(ROWS, max_size=5))
def test_rows_of_every_kind_arrive_as_they_were_given_and_in_their_order(engine, rows):
    with engine.begin() as connection:
        found = run(connection, READ, {"rows": Rows(EVERY, rows)})

    assert [row.n for row in found] == list(range(1, len(rows) + 1))
    wanted = [{name: in_utc(value) for name, value in row.items()} for row in rows]
    assert [{name: getattr(row, name) for name in EVERY.columns} for row in found] == wanted


def in_utc(value):
    """A moment that a change of clocks repeats equals no moment of another zone (PEP 495)."""
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def test_a_zero_character_is_refused_and_the_value_is_not_shown(engine):
    row = dict.fromkeys(EVERY.columns) | {"e": "somebody\0@muster.example.com"}

    with engine.begin() as connection, pytest.raises(DBAPIError) as caught:
        run(connection, READ, {"rows": Rows(EVERY, [row])})

    assert "somebody" not in str(caught.value)


def test_a_row_that_lacks_a_column_is_refused_before_anything_is_sent(engine):
    statement = text(f"select thread_id from {SETTLING.listed('rows')}")

    with engine.begin() as connection:
        with pytest.raises(KeyError, match="at"):
            run(connection, statement, {"rows": Rows(SETTLING, [{"thread_id": 1, "outcome": "kept"}])})
        assert run(connection, text("select 1 as one"), {})[0].one == 1


def test_a_type_that_this_database_does_not_have_is_named(engine):
    unknown = row_type("given_by_nobody", "a bigint")

    with pytest.raises(DBAPIError, match="given_by_nobody"), engine.begin() as connection:
        run(connection, text(f"select a from {unknown.listed('rows')}"), {"rows": Rows(unknown, [{"a": 1}])})


def test_documents_are_json_as_elsewhere(engine):
    row = dict.fromkeys(EVERY.columns) | {"f": {"ä": [1, None]}}

    with engine.begin() as connection:
        kept = run(connection, text(f"select f::text as f from {EVERY.listed('rows')}"), {"rows": Rows(EVERY, [row])})

    assert json.loads(kept[0].f) == {"ä": [1, None]}
