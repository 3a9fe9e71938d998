"""Statements that go straight to the driver: rows, transactions and faults are those of SQLAlchemy."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, ProgrammingError

from schedules.decisions import Action
from tests.servers import fresh_database
from worker.storage.direct import later, run
from worker.storage.engine import make_engine

SECRET = "somebody@muster.example.com"


@pytest.fixture(scope="module")
def engine():
    found = make_engine(fresh_database("direct"))
    with found.begin() as connection:
        connection.execute(text("create table once (name text primary key)"))
    yield found
    found.dispose()


def test_rows_come_by_name_and_a_statement_without_rows_gives_none(engine):
    with engine.begin() as connection:
        rows = run(connection, text("select :a as first, cast(:b as int[]) as second"), {"a": "x", "b": [1, 2]})
        none = run(connection, text("insert into once values (:name)"), {"name": "kept"})

    assert [(row.first, row.second) for row in rows] == [("x", [1, 2])]
    assert none == []


LISTS = {
    "bigint": [[1, -2, 2**62], [0], []],
    "int": [[7, None], [None]],
    "boolean": [[True, False, None]],
    "text": [["a,b", 'quoted "so"', "{}", "null", "", None]],
    "numeric": [[Decimal("1.5"), Decimal(2)]],
    "timestamptz": [
        [datetime(2026, 5, 20, 9, 30, 1, 5, tzinfo=ZoneInfo("Europe/Berlin")), None],
        [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)],
        [datetime(1880, 1, 1, tzinfo=ZoneInfo("Europe/Berlin"))],
        [None, None],
    ],
}


@pytest.mark.parametrize(("kind", "given"), [(kind, given) for kind, cases in LISTS.items() for given in cases])
def test_lists_arrive_as_they_were_given(engine, kind, given):
    with engine.begin() as connection:
        (row,) = run(connection, text(f"select cast(:given as {kind}[]) as found"), {"given": given})

    assert row.found == given


ALONE = {
    "text": ["", "Größe 5 × 3", "{}", 'quoted "so"', "back\\slash", None, Action.HELD],
    "bytea": [b"\x00\xff", b""],
    "boolean": [True, False],
    "bigint": [-(2**63), 0],
    "numeric": [Decimal("-1.500")],
    "double precision": [0.1],
    "date": [date(2026, 5, 20)],
    "timestamptz": [datetime(2026, 5, 20, 9, 30, 1, 5, tzinfo=ZoneInfo("Europe/Berlin"))],
}


@pytest.mark.parametrize(("kind", "given"), [(kind, given) for kind, cases in ALONE.items() for given in cases])
def test_values_arrive_as_they_were_given(engine, kind, given):
    with engine.begin() as connection:
        (row,) = run(connection, text(f"select cast(:given as {kind}) as found"), {"given": given})

    assert row.found == given


@pytest.mark.parametrize("given", ["a\0b", ["a\0b"]])
def test_a_text_that_postgresql_cannot_hold_is_refused_whole(engine, given):
    with engine.connect() as connection, pytest.raises(DBAPIError, match="zero character"):
        run(connection, text("select cast(:given as text) as found"), {"given": given})


def test_a_value_of_no_known_kind_is_named(engine):
    with engine.connect() as connection, pytest.raises(TypeError, match="found dict; allowed: text, numbers"):
        run(connection, text("select cast(:given as text) as found"), {"given": {}})


def test_a_statement_that_postgresql_keeps_gives_the_same_after_all_that_makes_a_driver_forget(engine):
    again = text("select :word || '!' as said, count(*) as names from once")
    with engine.connect() as connection:
        for number in range(8):
            assert run(connection, again, {"word": number if number % 2 else "so"})[0].said in {f"{number}!", "so!"}
            with connection.begin_nested() as undone:
                connection.execute(text("create table passing (id int)"))
                connection.execute(text("drop table passing"))
                undone.rollback()


def test_a_session_that_commits_each_statement_does_so_here_too():
    url = fresh_database("direct_alone")
    alone, other = make_engine(url, alone=True), make_engine(url)
    with alone.connect() as connection, other.connect() as watching:
        run(connection, text("create table once (name text)"), {})
        run(connection, text("insert into once values ('seen')"), {})
        assert [row.name for row in run(watching, text("select name from once"), {})] == ["seen"]
    alone.dispose()
    other.dispose()


def test_each_statement_of_a_connection_has_its_own_rows(engine):
    many = text("select * from generate_series(1, :count) as number")
    with engine.begin() as connection:
        found = [run(connection, many, {"count": count}) for count in (3, 2_000, 5)]

    assert [[row.number for row in rows] for rows in found] == [[*range(1, count + 1)] for count in (3, 2_000, 5)]


def test_what_was_written_goes_with_its_transaction(engine):
    with engine.connect() as connection:
        run(connection, text("insert into once values (:name)"), {"name": "undone"})
        connection.rollback()
    with engine.connect() as connection:
        assert run(connection, text("select name from once where name = :name"), {"name": "undone"}) == []


def test_faults_have_their_kind_and_hold_no_values(engine):
    with engine.connect() as connection:
        run(connection, text("insert into once values (:name)"), {"name": SECRET})
        with pytest.raises(IntegrityError) as fault:
            run(connection, text("insert into once values (:name)"), {"name": SECRET})
        connection.rollback()
        with pytest.raises(ProgrammingError):
            run(connection, text("select missing from once"), {})

    assert SECRET not in str(fault.value).partition("DETAIL")[0]


def test_a_connection_that_the_server_ended_is_an_operational_fault_and_is_not_used_again(engine):
    with engine.connect() as connection:
        pid = run(connection, text("select pg_backend_pid() as pid"), {})[0].pid
        with engine.connect() as other:
            other.execute(text("select pg_terminate_backend(:pid)"), {"pid": pid})
        with pytest.raises(OperationalError):
            run(connection, text("select 1"), {})
    with engine.connect() as connection:
        assert run(connection, text("select 1 as one"), {})[0].one == 1


INSERT = text("insert into once values (:name)")
NAMES = text("select name from once where name like :like order by name")


def names(engine, like):
    with engine.connect() as connection:
        return [row.name for row in run(connection, NAMES, {"like": like})]


def test_a_statement_that_may_wait_is_executed_before_whatever_comes_next(engine):
    with engine.begin() as connection:
        later(connection, INSERT, {"name": "first-1"})
        counted = later(connection, text("select count(*) as n from once where name like 'first-%'"), {})
        later(connection, INSERT, {"name": "first-2"})
        found = run(connection, NAMES, {"like": "first-%"})
        assert [row.name for row in found] == ["first-1", "first-2"]
        assert counted.rows()[0].n == 1
        later(connection, INSERT, {"name": "first-3"})
        by_other_ways = connection.execute(text("select count(*) from once where name like 'first-%'")).scalar_one()

    assert by_other_ways == 3


def test_what_waits_at_the_end_is_written_with_the_commit_and_dropped_with_a_rollback(engine):
    with engine.begin() as connection:
        last = later(connection, text("insert into once values (:name) returning name"), {"name": "end-kept"})
    with engine.connect() as connection:
        later(connection, INSERT, {"name": "end-dropped"})
        connection.rollback()
        assert run(connection, text("select 1 as one"), {})[0].one == 1

    assert last.rows()[0].name == "end-kept"
    assert names(engine, "end-%") == ["end-kept"]


def test_a_fault_of_what_waited_is_raised_where_it_is_sent_and_names_it(engine):
    def three(connection):
        later(connection, INSERT, {"name": "fault-1"})
        later(connection, text("insert into once values (:name) -- the same again"), {"name": "fault-1"})
        later(connection, INSERT, {"name": "fault-2"})

    with engine.connect() as connection:
        three(connection)
        with pytest.raises(IntegrityError, match="the same again"):
            run(connection, NAMES, {"like": "%"})
        connection.rollback()
        three(connection)
        with pytest.raises(IntegrityError, match="the same again"):
            connection.commit()
    assert names(engine, "fault-%") == []


def test_a_savepoint_holds_what_waited_in_it_and_not_what_waited_before(engine):
    with engine.begin() as connection:
        later(connection, INSERT, {"name": "point-before"})
        with connection.begin_nested() as undone:
            later(connection, INSERT, {"name": "point-in"})
            undone.rollback()
        with pytest.raises(IntegrityError), connection.begin_nested():
            later(connection, INSERT, {"name": "point-before"}).rows()
        with connection.begin_nested():
            later(connection, INSERT, {"name": "point-kept"})

    assert names(engine, "point-%") == ["point-before", "point-kept"]


def test_statements_that_wait_are_kept_by_the_connection_like_others(engine):
    with engine.connect() as connection:
        for number in range(6):
            later(connection, INSERT, {"name": f"often-{number}"})
            assert len(run(connection, NAMES, {"like": "often-%"})) == number + 1
        kept = connection.execute(text("select count(*) from pg_prepared_statements where statement like '%once%'"))
        assert kept.scalar_one() == 2
        connection.rollback()


def test_a_statement_that_is_to_be_kept_and_was_not_reached_is_kept_later(engine):
    with engine.connect() as connection:
        again = text("select name from once where name = :name and 'again' = 'again'")
        for _ in range(2):
            run(connection, again, {"name": "x"})
        later(connection, text("select missing from once"), {})
        with pytest.raises(ProgrammingError):
            run(connection, again, {"name": "x"})
        connection.rollback()
        assert run(connection, again, {"name": "x"}) == []


def test_a_server_that_ends_the_connection_while_something_waits_is_an_operational_fault(engine):
    with engine.connect() as connection:
        pid = run(connection, text("select pg_backend_pid() as pid"), {})[0].pid
        later(connection, INSERT, {"name": "gone"})
        with engine.connect() as other:
            other.execute(text("select pg_terminate_backend(:pid)"), {"pid": pid})
        with pytest.raises(OperationalError):
            run(connection, text("select 1"), {})
    assert names(engine, "gone") == []


def test_where_each_statement_commits_by_itself_none_waits():
    url = fresh_database("direct_at_once")
    alone, other = make_engine(url, alone=True), make_engine(url)
    with alone.connect() as connection, other.connect() as watching:
        run(connection, text("create table once (name text)"), {})
        later(connection, INSERT, {"name": "seen"})
        assert [row.name for row in run(watching, NAMES, {"like": "%"})] == ["seen"]
    alone.dispose()
    other.dispose()
