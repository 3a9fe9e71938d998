"""The console: who may come in, see and act; what needs a person; each act an event with a name."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.builders import cloud, of_line, opening, seller
from tests.web import PASSWORD, site, standing_case
from worker.usecases import accounts


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    with site("console", tmp_path_factory.mktemp("console")) as running:
        standing_case(running, choices=["wait", "split", "cancel"], decision_needed=True, next_checkpoint="2026-06-30")
        other = seller(seller="nordwerk", name="Nordwerk")
        running.tell(cloud("seller.configured", running.now, other, "nordwerk"))
        held = opening(order="B-1050", sku="RS-400", cause="other")
        running.tell(
            cloud("backorder.opened", running.now, held, "held"),
            cloud("stock.allocated", running.now, of_line(order="B-9999", available=3), "waits"),
            cloud("backorder.opened", running.now, opening(seller="nordwerk", order="N-1", cause="other"), "n1"),
        )
        running.run(hours=1)
        running.user("ops")
        running.user("looker", role="viewer")
        running.user("north", sellers=("nordwerk",))
        yield running


COOKIES = {}


@pytest.fixture
def ops(web):
    """An operator's session; a new one where the clock has ended the last."""
    if web.get("/mailbox", cookie=COOKIES.get(web.url, "")).status != 200:
        COOKIES[web.url] = web.log_in("ops")
    return COOKIES[web.url]


def words(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.data.decode()))


def test_nobody_sees_anything_without_a_login_and_is_sent_on_after_it(web):
    for path in (
        "/",
        "/orders",
        "/orders/bergmann/B-1042",
        "/mail/1",
        "/mailbox",
        "/promises",
        "/preview/bergmann/B-1042",
    ):
        answer = web.get(path)
        assert (answer.status, answer.headers["location"].split("?")[0]) == (303, "/login")
    answer = web.send("/login?next=%2Forders%3Fq%3DB", name="ops", password=PASSWORD, next="/orders?q=B")
    assert answer.headers["location"] == "/orders?q=B"


@pytest.mark.parametrize(
    "after", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/\x07"]
)
def test_a_login_leads_only_to_pages_of_ours(web, after):
    assert web.send("/login", name="ops", password=PASSWORD, next=after).headers["location"] == "/"


def test_a_session_rotates_at_login_ends_at_logout_and_after_two_idle_hours(web):
    first = web.log_in("ops")
    second = web.send("/login", cookie=first, name="ops", password=PASSWORD).headers["set-cookie"].split(";")[0]

    assert first != second
    assert web.get("/", cookie=first).status == 303
    assert web.get("/", cookie=second).status == 200
    assert web.form("/logout", second, form="forged").status == 403
    form = re.search(r'name="form" value="([^"]+)"', web.get("/", cookie=second).data.decode())[1]
    assert web.form("/logout", second, form=form).status == 303
    assert web.get("/", cookie=second).status == 303
    third = web.log_in("ops")
    web.world.now += accounts.SESSION_IDLES + timedelta(seconds=1)
    assert web.get("/", cookie=third).status == 303


def test_the_session_cookie_is_for_this_site_only_and_out_of_scripts_reach(web):
    cookie = web.send("/login", name="ops", password=PASSWORD).headers["set-cookie"].lower()

    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie


def test_logins_are_limited_by_name_also_in_parallel_and_the_right_password_waits_too(web):
    web.user("target")
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: web.send("/login", name="target", password="wrong password").status, range(12))
        )

    assert set(answers) <= {401, 429}
    assert web.send("/login", name="target", password=PASSWORD).status == 429
    web.world.now += accounts.FAILURES_FOR + timedelta(seconds=1)
    assert web.send("/login", name="target", password=PASSWORD).status == 303


def test_a_password_is_kept_as_argon2_and_a_removed_user_is_out_at_once(web):
    web.user("leaver")
    cookie = web.log_in("leaver")
    assert web.value("select password from console_user where name = 'leaver'").startswith("$argon2id$")
    with web.home.engine.begin() as connection:
        accounts.remove_user(connection, "leaver", web.now)

    assert web.get("/", cookie=cookie).status == 303
    assert web.log_in("leaver") == ""


@pytest.mark.parametrize("name", ["", "nobody", "OPS ", "x" * 5000, "' or 1=1 --"])
def test_whoever_logs_in_wrongly_reads_the_same_words(web, name):
    answer = web.send("/login", name=name, password="wrong password")

    assert answer.status == 401
    assert "do not fit together" in words(answer)


def test_what_needs_a_person_now_stands_first(web, ops):
    said = words(web.get("/", cookie=ops))

    assert "Needs a person now" in said
    assert "Held for missing facts" in said
    assert "B-1050" in said
    assert "Events that wait" in said
    assert "its line is not opened yet" in said
    assert said.index("Needs a person now") < said.index("Next checkpoints")


def test_a_sellers_user_sees_his_sellers_only(web):
    north = web.log_in("north")
    home, found = words(web.get("/", cookie=north)), words(web.get("/orders?q=B", cookie=north))

    assert "N-1" in home
    assert "B-1050" not in home + found
    assert "B-9999" not in home
    assert web.get("/orders/bergmann/B-1042", cookie=north).status == 404
    assert web.send("/orders/bergmann/B-1042", cookie=north, do="pause").status in {403, 404}
    assert web.get("/preview/bergmann/B-1042", cookie=north).status == 404
    mail = web.value("select m.id from mail m join seller s on s.id = m.seller_id where s.slug = 'bergmann' limit 1")
    assert web.get(f"/mail/{mail}", cookie=north).status == 404
    assert web.get(f"/mail/{mail}/html", cookie=north).status == 404
    assert web.get("/mailbox", cookie=north).status == 404
    assert "bergmann" not in words(web.get("/promises", cookie=north))


def test_a_viewer_sees_and_does_not_act(web):
    viewer = web.log_in("looker")
    page = web.get("/orders/bergmann/B-1042", cookie=viewer)
    form = re.search(r'name="form" value="([^"]+)"', page.data.decode())[1]

    assert page.status == 200
    assert 'value="unchanged"' not in page.data.decode()
    assert web.form("/orders/bergmann/B-1042", viewer, form=form, do="pause").status == 403
    assert web.get("/mailbox", cookie=viewer).status == 403


def test_an_act_needs_a_form_of_this_session_from_this_site(web, ops):
    other = web.log_in("ops")
    page = "/orders/bergmann/B-1042"
    form = re.search(r'name="form" value="([^"]+)"', web.get(page, cookie=other).data.decode())[1]

    assert web.form(page, ops, form=form, do="pause").status == 403
    assert web.form(page, ops, do="pause").status == 403
    kind = "application/x-www-form-urlencoded"
    assert web.post(page, b"do=pause", content_type=kind, cookie=ops, sec_fetch_site="cross-site").status == 403
    assert web.post(page, b"do=pause", content_type=kind, cookie=ops, origin="https://evil.example").status == 403
    assert web.value("select count(*) from event where type = 'seller.paused'") == 0


@pytest.mark.parametrize(
    ("word", "found"),
    [("B-104", "B-1042"), ("4500017733", "B-1042"), ("muster", "B-1042"), ("p@muster", "B-1042"), ("RS-400", "B-1050")],
)
def test_search_finds_orders_by_number_po_company_contact_and_item(web, ops, word, found):
    assert found in words(web.get(f"/orders?q={word}", cookie=ops))


@pytest.mark.parametrize("word", ["%25", "_", "%27", "%5C", "x" * 3000, "%00%25", "B-1042%25"])
def test_search_takes_every_sign_as_itself(web, ops, word):
    answer = web.get(f"/orders?q={word}", cookie=ops)

    assert answer.status == 200
    assert 'href="/orders/bergmann/B-1042"' not in answer.data.decode()


def test_r28_an_order_tells_its_story_with_rules_mails_and_who_did_what(web, ops):
    page = "/orders/bergmann/B-1042"
    answer = web.send(page, cookie=ops, do="move", next_review="2026-07-15", reason="The line manager is away")
    said = words(web.get(page, cookie=ops))

    assert answer.status == 303
    assert "first-notice" in said
    assert "R10" in said
    assert "by ops: The line manager is away" in said
    event = web.value("select body::jsonb -> 'data' from event where source = 'console' order by id desc")
    assert (event["by"], event["next_checkpoint"]) == ("ops", "2026-07-15")


def test_a_fact_is_corrected_with_its_mail_shown_before(web, ops):
    page = "/orders/bergmann/B-1042"
    filled = {"line": "1", "available": "90", "cause": "inspection_hold", "outlook": "temporary"}
    shown = web.send(page, cookie=ops, do="preview", **filled)
    form = re.search(r'name="form" value="([^"]+)"', shown.data.decode().partition("<main")[2])[1]

    assert "The mail this will cause" in words(shown)
    assert web.form(page, ops, form=form, do="change", **filled).status == 303
    assert web.value("select available from line where order_no = 'B-1042'") == 90


def test_pause_goes_on_and_send_now_are_events_with_the_users_name(web, ops):
    page = "/orders/bergmann/B-1042"
    for act in ("pause", "resume", "send-now"):
        assert web.send(page, cookie=ops, do=act).status == 303

    kinds = [row[0] for row in web.rows("select type from event where source = 'console' order by id desc limit 3")]
    assert kinds == ["review.recorded", "seller.resumed", "seller.paused"]
    assert {row[0] for row in web.rows("select who from audit where what like 'seller.%'")} == {"ops"}


def test_r36_a_mail_is_shown_as_sent_without_its_readers_tokens(web, ops):
    mail = web.value("select id from mail where audience = 'buyer' and kind = 'first-notice' order by id limit 1")
    page, framed = web.get(f"/mail/{mail}", cookie=ops), web.get(f"/mail/{mail}/html", cookie=ops)

    assert "As it was sent" in words(page)
    assert "Message-ID" in words(page)
    for answer in (page, framed, web.get("/preview/bergmann/B-1042", cookie=ops)):
        assert not re.search(r"/[dpr]/[\w.-]{20}", answer.data.decode())
    assert framed.headers["content-security-policy"].startswith("sandbox")
    assert web.get("/mail/99999999", cookie=ops).status == 404


def test_the_mailbox_shows_what_the_catcher_kept_with_links_that_work(web, ops):
    name = min(web.world.folder.glob("*.eml")).name
    page = web.get(f"/mailbox/{name}", cookie=ops)

    assert web.get("/mailbox", cookie=ops).status == 200
    assert re.search(r'href="http://127.0.0.1:\d+/d/[\w.-]+"', page.data.decode())
    for other in ("../secret-key", "%2e%2e%2fsecret-key", "nothing.eml", "x" * 500):
        assert web.get(f"/mailbox/{other}", cookie=ops).status == 404


def test_r18_promises_are_counted_every_way_and_drawn(web, ops):
    for way in ("seller", "owner", "buyer", "sku", "cause", "nonsense"):
        assert "Promises" in words(web.get(f"/promises?by={way}", cookie=ops))
    drawn = web.get("/promises/weeks.svg", cookie=ops)
    assert drawn.headers["content-type"] == "image/svg+xml"
    assert b"<script" not in drawn.data


def test_headers_keep_every_page_to_itself(web, ops):
    for path in ("/", "/login", "/events", "/static/style.css", "/nothing", "/d/x"):
        headers = web.get(path, cookie=ops).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_the_log_names_routes_and_ids_never_tokens_addresses_or_words(web, ops, capsys):
    link = web.link("d")
    capsys.readouterr()
    web.get(link)
    web.get("/orders?q=muster", cookie=ops)
    web.send(link, line="1", choice="wait", name="R. Muster")
    web.send("/login", name="secretive", password="wrong password")
    said = "".join(capsys.readouterr())

    assert "/d/{token}" in said
    for secret in (link.rsplit("/", 1)[1], "muster", "R. Muster", "secretive", ops.split("=")[1], "127.0.0.1"):
        assert secret not in said


@pytest.mark.parametrize("path", ["/orders/berg%00mann/B", "/orders/x/%FF", f"/mail/{10**20}", "/mail/x", "/d/%00"])
def test_odd_addresses_get_an_answer_and_break_nothing(web, ops, path):
    assert 400 <= web.get(path, cookie=ops).status < 500
    assert web.form(path, ops, form="\x00", do="pause").status < 500


def test_a_page_that_fails_says_so_kindly_and_others_go_on(web, ops, monkeypatch):
    from worker.storage import console

    monkeypatch.setattr(console, "orders", lambda *_: 1 / 0)

    answer = web.get("/orders", cookie=ops)
    assert answer.status == 500
    assert "Something is wrong on our side" in words(answer)
    assert "ZeroDivisionError" not in words(answer)
    assert web.get("/", cookie=ops).status == 200
    assert json.loads(web.get("/healthz").data) == {"status": "ok"}
