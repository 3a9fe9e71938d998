"""Databases that cannot be read: each failure has a verdict, and nothing is lost."""

import tomllib

import pytest

from tests.layouts import run
from tests.polled import FILE, TABLE
from tests.servers import empty_database, test_servers
from worker.sources.definition import build

FAILING = [
    pytest.param('"{url}"', "'postgresql://nobody@/x?host={host}'", 'role "nobody" does not exist', id="credentials"),
    pytest.param("from ready", "from vanished", 'relation "vanished" does not exist', id="vanished table"),
    pytest.param("select no, pos, units", "select no, pos", "no column `units` in the query's result", id="column"),
    pytest.param("from ready", "from ready, (select pg_sleep(60)) s", "no end after 1 s", id="runs for ever"),
    pytest.param("from ready", "from ready, lateral (select nextval('n')) s", "read-only transaction", id="writes"),
    pytest.param('"{url}"', "'postgresql://u@127.0.0.1:1/x'", "connection failed", id="away"),
    pytest.param('"{url}"', "'nosuch://x'", "whose dialect is not known", id="dialect"),
]


@pytest.mark.parametrize(("old", "new", "told"), FAILING)
def test_a_database_that_cannot_be_read_has_a_verdict_and_loses_nothing(old, new, told):
    from worker.sources.reading import Given, bounds_of, rows_of

    url = empty_database("erp")
    run(url, f"{TABLE}; create sequence n; insert into ready values ('B-1', '1', 5, '2026-05-20 07:00:00')")
    host = url.partition("host=")[2]
    words = FILE.replace(old, new.replace("{host}", host)).replace("{url}", url).replace("seconds = 5", "seconds = 1")
    source = build("ready", tomllib.loads(words), {})
    with pytest.raises(Exception, match=r"found ") as fault:
        list(rows_of(source, bounds_of(source), Given()))

    assert type(fault.value).__name__ == "ReadError"
    assert told in str(fault.value)


def test_a_database_that_goes_away_in_the_middle_is_a_failed_read():
    from worker.sources.faults import ReadError
    from worker.sources.reading import Given, bounds_of, rows_of

    url = empty_database("erp")
    rows = "select 'B-' || n, '1', 5, '2026-05-20 07:00:00' from generate_series(1, 90000) n"
    run(url, f"{TABLE}; insert into ready {rows}")
    source = build("ready", tomllib.loads(FILE.format(url=url)), {})
    rows = rows_of(source, bounds_of(source), Given())
    next(rows)
    database = url.partition("@/")[2].partition("?")[0]
    run(
        test_servers().database_url,
        f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{database}'"
        " and application_name = 'backorder-source'",
    )

    with pytest.raises(ReadError, match=r"terminating connection|closed"):
        list(rows)
