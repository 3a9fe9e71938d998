"""The console's page of sources: how each stands, a doubtful read beside the accepted one, who decided on it."""

import re
from datetime import timedelta

import pytest

from tests.builders import cloud, opening, seller
from tests.layouts import run
from tests.polled import FILE, TABLE
from tests.web import site, standing_case
from worker.sources.definition import load_file
from worker.usecases.poll_source import poll_source
from worker.usecases.watch_sources import due_sources


class Watched:
    """A site whose seller has ten orders and a table that a test writes to."""

    def __init__(self, web, folder):
        self.web, self.url, self.folder = web, f"sqlite:///{folder}/erp.db", web.home.settings.sources

    def sql(self, script):
        run(self.url, script)

    def poll(self):
        self.web.world.now += timedelta(minutes=10)
        due_sources(self.web.home.parts, self.folder)
        return poll_source(self.web.home.parts, load_file(self.folder / "ready.toml"))


def begun(web, folder):
    """Ten orders, and a source that has been read once."""
    found = Watched(web, folder)
    found.folder.mkdir()
    (found.folder / "ready.toml").write_text(FILE.format(url=found.url))
    rows = ", ".join(f"('B-{number}', '1', 80, '2026-05-20 07:30:00')" for number in range(10))
    found.sql(f"{TABLE}; insert into ready values {rows}")
    web.tell(*[cloud("backorder.opened", web.now, opening(order=f"B-{n}"), f"o{n}") for n in range(10)])
    assert found.poll().state == "good"
    return found


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    folder = tmp_path_factory.mktemp("watched")
    with site("sources", folder) as web:
        standing_case(web)
        web.tell(cloud("seller.configured", web.now, seller(seller="nordwerk", name="Nordwerk"), "nordwerk"))
        web.user("ops")
        web.user("looker", role="viewer")
        web.user("north", sellers=("nordwerk",))
        yield begun(web, folder)


@pytest.fixture
def ops(watched):
    return watched.web.log_in("ops")


def words(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.data.decode()))


def emptied(watched):
    watched.sql("delete from ready")
    assert watched.poll().state == "quarantined"


def refilled(watched):
    rows = ", ".join(f"('B-{number}', '1', 80, '{watched.web.now:%Y-%m-%d %H:%M:%S}')" for number in range(10))
    watched.sql(f"delete from ready; insert into ready values {rows}")
    assert watched.poll().state == "good"


def test_r7_a_doubtful_read_stands_beside_the_accepted_one_and_is_refused_with_a_name(watched, ops):
    web = watched.web
    emptied(watched)
    listed, shown = words(web.get("/sources", cookie=ops)), words(web.get("/sources/ready", cookie=ops))

    assert "Sources to decide on, or that fail" in words(web.get("/", cookie=ops))
    assert "ready quarantined" in listed
    assert "the read is empty; the last accepted one had 10 rows" in listed
    assert re.search(r"Rows 10 0 ", shown)
    assert re.search(r"Gone 10 ", shown)
    assert "B-0/1: gone" in shown
    answer = web.send("/sources/ready", ops, do="reject", read_at=read_at(web, ops))
    assert answer.status == 303
    assert "refused" in words(web.get(answer.headers["location"], cookie=ops))
    acts = web.rows("select who, what from audit where what like 'source.%' order by id desc limit 1")
    assert [tuple(row) for row in acts] == [("ops", "source.rejected")]
    assert web.value("select min(available) from line where order_no like 'B-_'") == 80
    refilled(watched)


def read_at(web, cookie):
    return re.search(r'name="read_at" value="([^"]+)"', web.get("/sources/ready", cookie=cookie).data.decode())[1]


def test_r7_a_read_is_believed_only_as_it_was_looked_at(watched, ops):
    web = watched.web
    emptied(watched)
    seen = read_at(web, ops)
    watched.sql(f"insert into ready values ('B-1', '1', 80, '{web.now:%Y-%m-%d %H:%M:%S}')")
    assert watched.poll().state == "quarantined"

    stale = web.send("/sources/ready", ops, do="accept", read_at=seen)
    assert (stale.status, "Please look again" in words(stale)) == (409, True)
    assert web.send("/sources/ready", ops, do="accept", read_at=read_at(web, ops)).status == 303
    watched.poll()
    assert web.value("select available from line where order_no = 'B-2'") == 0
    assert web.send("/sources/ready", ops, do="accept", read_at=seen).status == 409
    refilled(watched)


def test_a_source_is_decided_on_by_operators_who_see_its_seller_with_a_form_of_theirs(watched, ops):
    web = watched.web
    emptied(watched)
    seen = read_at(web, ops)
    looker, north = web.log_in("looker"), web.log_in("north")

    assert 'value="accept"' not in web.get("/sources/ready", cookie=looker).data.decode()
    assert web.send("/sources/ready", looker, do="accept", read_at=seen).status == 403
    assert "ready" not in words(web.get("/sources", cookie=north))
    assert web.get("/sources/ready", cookie=north).status == 404
    form = re.search(r'name="form" value="([^"]+)"', web.get("/sources", cookie=north).data.decode())[1]
    assert web.form("/sources/ready", north, form=form, do="accept", read_at=seen).status == 404
    assert web.form("/sources/ready", ops, form=form, do="accept", read_at=seen).status == 403
    assert web.send("/sources/ready", ops, do="accept", read_at="soon").status == 409
    assert web.get("/sources/ready").status == 303
    assert web.get("/sources/nothing", cookie=ops).status == 404
    assert web.value("select state from source") == "quarantined"
    refilled(watched)


def test_a_faulty_source_file_is_shown_with_what_is_allowed(watched, ops):
    (watched.folder / "broken.toml").write_text('says = "weather"\n')
    try:
        said = words(watched.web.get("/sources", cookie=ops))
        assert "broken" in said
        assert "allowed: " in said
    finally:
        (watched.folder / "broken.toml").unlink()
