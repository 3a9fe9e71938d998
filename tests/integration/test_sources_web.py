"""A web service as a source: a real HTTP server that answers well, badly, late, and with something else."""

import gzip
import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from worker.sources.definition import build
from worker.sources.faults import ReadError, RowFault, UnchangedError
from worker.sources.reading import Bounds, Given, rows_of

ROWS = [{"item": {"sku": "BX-120"}, "free": 40.5}, {"item": {"sku": "GR-1000"}, "free": 3}]


class Answering(BaseHTTPRequestHandler):
    """Answers with what the test put under the path."""

    answers: ClassVar[dict] = {}
    asked: ClassVar[list] = []

    def do_GET(self):
        self.asked.append((self.path, dict(self.headers)))
        status, headers, body = self.answers.get(self.path, (404, {}, b""))
        if status == "hang":
            self.server.freed.wait(20)
            return
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def web():
    Answering.answers, Answering.asked = {}, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.freed = threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.home = f"http://127.0.0.1:{server.server_address[1]}"
    yield server
    server.freed.set()
    server.shutdown()
    server.server_close()


def read(web, given=None, seconds=5, **http):
    raw = {
        "seller": "bergmann",
        "says": "stock",
        "columns": {"sku": "item.sku", "units": "free"},
        "http": {"url": f"{web.home}/stock", "headers": {"Authorization": "Bearer ${TOKEN}"}} | http,
    }
    source = build("stock", raw, {"TOKEN": "t0ken"})
    return list(rows_of(source, Bounds(seconds, 1000, 2**20), given or Given()))


def body(value):
    return json.dumps(value).encode()


def test_rows_are_found_by_path_with_headers_from_the_environment(web):
    Answering.answers["/stock"] = (200, {"ETag": '"7"'}, body({"data": {"rows": ROWS}}))
    given = Given()

    found = read(web, given, rows="data.rows")

    assert [(number, [str(value) for value in row]) for number, row in found] == [
        (1, ["BX-120", "40.5"]),
        (2, ["GR-1000", "3"]),
    ]
    assert given.etag == '"7"'
    assert Answering.asked[0][1]["Authorization"] == "Bearer t0ken"


def test_an_etag_saves_the_body(web):
    Answering.answers["/stock"] = (304, {}, b"")

    with pytest.raises(UnchangedError):
        read(web, Given(etag='"7"'))

    assert Answering.asked[0][1]["If-None-Match"] == '"7"'


def test_pages_are_followed_by_their_link_or_by_number(web):
    Answering.answers["/stock"] = (200, {}, body({"rows": ROWS[:1], "links": {"next": "/stock?after=1"}}))
    Answering.answers["/stock?after=1"] = (200, {}, body({"rows": ROWS[1:], "links": {}}))
    Answering.answers["/stock?page=1"] = (200, {}, body(ROWS[:1]))
    Answering.answers["/stock?page=2"] = (200, {}, body(ROWS[1:]))
    Answering.answers["/stock?page=3"] = (200, {}, body([]))

    by_link, by_number = read(web, rows="rows", next="links.next"), read(web, page="page")

    assert by_link == by_number
    assert [number for number, _ in by_link] == [1, 2]


def test_a_redirect_on_the_same_host_is_followed_and_one_to_elsewhere_gets_no_headers(web):
    Answering.answers["/stock"] = (302, {"Location": "/v2/stock"}, b"")
    Answering.answers["/v2/stock"] = (200, {}, body(ROWS))
    assert len(read(web)) == 2

    Answering.answers["/stock"] = (302, {"Location": f"http://localhost:{web.server_address[1]}/v2/stock"}, b"")
    asked = len(Answering.asked)
    with pytest.raises(ReadError, match=r"found a way on to localhost; only 127\.0\.0\.1 is read"):
        read(web)
    assert len(Answering.asked) == asked + 1

    Answering.answers["/stock"] = (302, {"Location": "/stock"}, b"")
    with pytest.raises(ReadError, match="more than 3 redirects"):
        read(web)


BAD = [
    pytest.param(500, {}, b"oops", "found status 500", None, id="500"),
    pytest.param(429, {"Retry-After": "120"}, b"", "found status 429", timedelta(minutes=2), id="429 with seconds"),
    pytest.param(503, {"Retry-After": "soon"}, b"", "found status 503", None, id="503 with nonsense"),
    pytest.param(
        429,
        {"Retry-After": "Fri, 31 Dec 2100 23:59:59 GMT"},
        b"",
        "status 429",
        timedelta(days=1),
        id="429 with a date",
    ),
    pytest.param(401, {}, b"", "found status 401", None, id="wrong credentials"),
    pytest.param(200, {}, b"<html>please log in</html>", "found a page of HTML with status 200", None, id="HTML"),
    pytest.param(200, {}, b'{"rows": ', "found no JSON with status 200", None, id="cut off"),
    pytest.param(200, {}, b'{"rows": 3}', "found no list of rows at `(top)`", None, id="no list"),
    pytest.param(200, {}, b"[" * 100_000, "found no JSON", None, id="nesting"),
    pytest.param(200, {}, b"[" + b"1," * 600_000 + b"1]", "more than 1 MiB", None, id="too large"),
    pytest.param(
        200,
        {"Content-Encoding": "gzip"},
        gzip.compress(b"[" + b"1," * 9_000_000 + b"1]"),
        "more than 1 MiB",
        None,
        id="a bomb",
    ),
    pytest.param(200, {}, body([1] * 2000), "more than 1000 rows", None, id="too many rows"),
]


@pytest.mark.parametrize(("status", "headers", "content", "told", "again"), BAD)
def test_an_answer_that_cannot_be_used_has_a_verdict(web, status, headers, content, told, again):
    Answering.answers["/stock"] = (status, headers, content)

    with pytest.raises(ReadError) as fault:
        read(web)

    assert told in str(fault.value)
    assert "t0ken" not in str(fault.value)
    assert fault.value.retry_after == again


def test_a_service_that_hangs_or_is_away_ends_in_time(web):
    Answering.answers["/stock"] = ("hang", {}, b"")

    with pytest.raises(ReadError, match=r"found no end after 0\.5 s"):
        read(web, seconds=0.5)
    with pytest.raises(ReadError, match=r"found no answer \(NewConnectionError\)"):
        read(web, url="http://127.0.0.1:1/stock")


def test_a_row_that_lacks_a_field_is_listed_and_the_others_go_on(web):
    Answering.answers["/stock"] = (200, {}, body([{"item": {"sku": "A"}}, 7, *ROWS]))

    found = read(web)

    assert [str(one) for one in found if isinstance(one, RowFault)] == [
        "row 1, column `free`: found nothing; allowed: a field, null if it is not known",
        "row 2: found 7; allowed: an object",
    ]
    assert len(found) == 4
