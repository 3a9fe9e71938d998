"""Import by upload: looked at first, written as it was shown, within bounds, and only for sellers of one's own."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.builders import cloud, seller
from tests.web import site, standing_case

HEADER = "seller,order,line,company,contact_email,sku,product,ordered,available,cause,told_at,told_next_checkpoint"


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    with site("uploads", tmp_path_factory.mktemp("uploads")) as running:
        standing_case(running)
        running.tell(cloud("seller.configured", running.now, seller(seller="nordwerk", name="Nordwerk"), "nordwerk"))
        running.user("ops")
        running.user("other")
        running.user("looker", role="viewer")
        running.user("north", sellers=("nordwerk",))
        yield running


@pytest.fixture
def ops(web):
    return web.log_in("ops")


def row(order, ordered=120, told=",", of="bergmann", cause="inspection_hold"):
    return f"{of},{order},1,Muster,p-{order.lower()}@muster.example.com,BX-120,Block,{ordered},80,{cause},{told}"


def file(*rows, header=HEADER, name="orders.csv"):
    return {"file": (name, ("\n".join([header, *rows]) + "\n").encode())}


def words(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.data.decode()))


def looked(web, cookie, *rows, **fields):
    answer = web.upload("/import", cookie, file(*rows), **fields)
    assert answer.status == 303, words(answer)
    return answer.headers["location"]


def orders(web, like):
    return [one[0] for one in web.rows("select order_no from thread where order_no like :o order by 1", o=like)]


def test_r49_a_file_is_looked_at_and_then_written_as_it_was_shown(web, ops):
    page = looked(web, ops, row("U-1"), row("U-2", told="2026-05-18T09:00:00+02:00,2026-05-27"), row("U-3", "many"))
    said = words(web.get(page, cookie=ops))

    assert "Nothing is written yet. 1 first notice would go out" in said
    assert re.search(r"row 4 .{0,40}column `ordered`: found many; allowed: ", said)
    assert orders(web, "U-%") == []
    assert web.send(page, ops).status == 303
    assert "Written on" in words(web.get(page, cookie=ops))
    assert orders(web, "U-%") == ["U-1", "U-2"]
    acts = web.rows("select who, detail ->> 'file' from audit where what = 'import.applied'")
    assert [tuple(one) for one in acts] == [("ops", "orders.csv")]
    assert web.value("select zipped is null from upload where applied_at is not null") is True


def test_r49_the_same_button_pressed_twice_at_once_writes_once(web, ops):
    page = looked(web, ops, row("T-1"))
    before = web.value("select count(*) from event")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: web.send(page, ops).status, range(4)))

    assert set(answers) == {303}
    assert web.value("select count(*) from event") == before + 1
    again = words(web.get(looked(web, ops, row("T-1")), cookie=ops))
    assert "There is nothing to write" in again


def test_r49_what_would_be_written_otherwise_by_now_is_shown_again(web, ops):
    page = looked(web, ops, row("V-1"), row("V-2"))
    other = web.log_in("other")
    assert web.send(looked(web, other, row("V-1", 130)), other).status == 303

    answer = web.send(page, ops)
    assert (answer.status, "what it would write now" in words(answer)) == (409, True)
    assert orders(web, "V-%") == ["V-1"]
    assert web.send(page, ops).status == 303
    assert orders(web, "V-%") == ["V-1", "V-2"]


def test_a_sellers_user_imports_and_exports_for_his_sellers_only(web, ops):
    north = web.log_in("north")
    page = looked(web, north, row("N-7", of="nordwerk"), row("B-7"))
    said = words(web.get(page, cookie=north))

    assert "column `seller`: found bergmann; allowed: nordwerk" in said
    assert web.send(page, north).status == 303
    assert orders(web, "_-7") == ["N-7"]
    assert web.upload("/import", north, file(row("B-8")), seller="bergmann").status == 422
    mapping = {"mapping": ("m.toml", b'seller = "bergmann"\n[columns]\norder = "order"\nline = "line"\n')}
    assert web.upload("/import", north, file(row("B-8")) | mapping).status == 422
    assert web.get(page, cookie=ops).status == 404
    assert web.send(page, ops).status in {403, 404}
    theirs, mine = web.get("/export.csv", cookie=north).data.decode(), web.get("/export.csv", cookie=ops).data.decode()
    assert "N-7" in theirs
    assert "B-1042" not in theirs
    assert "B-1042" in mine


def test_what_was_exported_imports_again_and_changes_nothing_told(web, ops):
    content = web.get("/export.csv", cookie=ops).data
    page = web.upload("/import", ops, {"file": ("open-lines.csv", content)}).headers["location"]

    assert "first notice would go out" not in words(web.get(page, cookie=ops))
    assert web.send(page, ops).status == 303


def test_viewers_and_strangers_import_nothing(web, ops):
    looker = web.log_in("looker")

    assert 'type="file"' not in web.get("/import", cookie=looker).data.decode()
    assert web.upload("/import", looker, file(row("W-1"))).status == 403
    assert web.upload("/import", "", file(row("W-1"))).headers["location"] == "/login"
    assert web.upload("/import", ops, file(row("W-1")), form="forged").status == 403
    assert web.get("/import").status == 303
    assert web.get("/export.csv").status == 303
    assert web.value("select count(*) from upload where name = 'w'") == 0


MAPPING = b'seller = "bergmann"\n[columns]\norder = "%s"\n'


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({}, "choose a file"),
        ({"file": ("a.csv", b"")}, "choose a file"),
        (file("x", header="Auftrag"), "Auftrag"),
        (file(row("X-1")) | {"mapping": ("m.toml", b"=")}, "mapping: found no TOML"),
        (file(row("X-1")) | {"mapping": ("m.toml", b"a=" + b"[" * 50_000)}, "mapping: found no TOML"),
        (file(row("X-1")) | {"mapping": ("m.toml", b"\xff\xfe\x00")}, "no UTF-8"),
        (file(row("X-1")) | {"mapping": ("m.toml", b"#" * 70_000)}, "at most 65536"),
        (file(row("X-1")) | {"mapping": ("m.toml", b'zone = "${BACKORDER_SECRET_KEY}"')}, "which is not set"),
        (file(row("X-1")) | {"mapping": ("m.toml", b'[sql]\nurl = "x"')}, "unknown field"),
        (file('bergmann,"X-1', name="open quote.csv"), "found "),
        ({"file": ("a.csv", b"\x00" * 5_000)}, "found"),
    ],
    ids=[
        *("no file", "empty", "no columns", "no toml", "deep toml", "no utf-8", "long mapping", "variable", "sql"),
        *("open quote", "no text"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_kindly_and_writes_nothing(web, ops, files, found):
    before = web.value("select count(*) from event")
    answer = web.upload("/import", ops, files)
    if answer.status == 303:
        answer = web.get(answer.headers["location"], cookie=ops)

    assert answer.status in {200, 422}
    assert found in words(answer)
    assert "only-for-tests" not in words(answer)
    assert web.value("select count(*) from event") == before


def test_an_upload_is_bounded_and_nothing_of_it_is_read_for_strangers(web, ops):
    huge = {"file": ("big.csv", b"x" * (21 * 2**20))}

    assert web.upload("/import", ops, huge).status == 413
    assert web.post("/import", b"x", content_type="text/csv", cookie=ops).status == 415
    assert (
        web.post("/import", b"--x\r\nbroken", content_type="multipart/form-data; boundary=x", cookie=ops).status == 403
    )
    assert web.post("/import", b"x", content_type="multipart/form-data", cookie=ops).status == 400
    rows = "\n".join([HEADER, *(row(f"L-{n}") for n in range(20_001))]).encode()
    answer = web.upload("/import", ops, {"file": ("long.csv", rows)})
    assert (answer.status, "more than 20000 rows" in words(answer)) == (422, True)


@pytest.mark.parametrize("path", ["/import/999999", "/import/x", f"/import/{10**20}"])
def test_an_upload_that_is_not_there_is_told_kindly(web, ops, path):
    assert web.get(path, cookie=ops).status in {404, 422}
    assert web.send(path, ops).status in {403, 404, 422}
