"""A session that a busy process keeps from one transaction to the next (R44)."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.servers import fresh_database
from worker.storage.direct import later, run
from worker.storage.engine import SessionByKeys, make_engine

WHO = text("select pg_backend_pid() as number, current_setting('enable_hashjoin') as hashes")
KEEP = text("insert into kept values (:name)")
END = text("select pg_terminate_backend(cast(:number as int))")


@pytest.fixture(scope="module")
def engine():
    found = make_engine(fresh_database("sessions"))
    with found.begin() as connection:
        connection.execute(text("create table kept (name text primary key)"))
    yield found
    found.dispose()


@pytest.fixture
def session(engine):
    found = SessionByKeys(engine)
    yield found
    found.let_go()


def who(session):
    with session.begin() as connection:
        return run(connection, WHO, {})[0]


def begin_and_fail(session):
    with session.begin() as connection:
        later(connection, KEEP, {"name": "second"})
        raise ZeroDivisionError


def kept(engine):
    with engine.connect() as connection:
        return {name for (name,) in connection.execute(text("select name from kept"))}


def test_it_is_one_session_that_looks_rows_up_by_their_keys(session):
    assert {who(session) for _ in range(3)} == {who(session)}
    assert who(session).hashes == "off"


def test_each_transaction_is_one_of_its_own(engine, session):
    with session.begin() as connection:
        later(connection, KEEP, {"name": "first"})
    assert "first" in kept(engine)

    with pytest.raises(ZeroDivisionError):
        begin_and_fail(session)
    with session.begin() as connection:
        run(connection, KEEP, {"name": "third"})

    assert kept(engine) >= {"first", "third"}
    assert "second" not in kept(engine)


def test_r44_after_a_fault_the_next_transaction_is_as_good_as_any(engine, session):
    number = who(session).number
    with engine.begin() as connection:
        run(connection, END, {"number": number})

    with pytest.raises(DBAPIError), session.begin() as connection:
        run(connection, WHO, {})
    assert who(session).number != number

    with session.begin() as connection:
        later(connection, KEEP, {"name": "after"})
    with pytest.raises(DBAPIError), session.begin() as connection:
        later(connection, KEEP, {"name": "after"})
    with session.begin() as connection:
        run(connection, KEEP, {"name": "long after"})
    assert kept(engine) >= {"after", "long after"}


def test_whoever_lets_go_holds_nobody_up(session):
    who(session)
    pool = session._engine.pool
    assert pool.checkedout() == 1

    session.let_go()
    session.let_go()

    assert pool.checkedout() == 0
    assert who(session).number > 0
