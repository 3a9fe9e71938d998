"""The pages behind the links of real mails: GET shows, POST records, and a link is for one reader and one order."""

import itertools
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from schedules.kinds import OwnerKind
from tests.builders import cloud, opening
from tests.web import site, standing_case
from worker.links import LASTS, Links, Purpose
from worker.storage import orders as stored_orders

CHOICES = {"choices": ["wait", "split", "adjust", "cancel"], "decision_needed": True}
NUMBERS = itertools.count(1)
A_SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    with site("links", tmp_path_factory.mktemp("links")) as running:
        standing_case(running)
        running.run(days=8)  # long enough for the owner's first list
        assert running.mails(OwnerKind.REVIEW_REMINDER)
        yield running


@pytest.fixture
def case(web):
    """An order of its own, told to a buyer of its own, who has to decide."""
    number = next(NUMBERS)
    order = f"D-{number}"
    to_working_hours(web)
    contact = {"name": "Purchasing", "email": f"p{number}@muster.example.com"}
    buyer = {"company": f"Muster {number}", "contact": contact}
    web.tell(cloud("backorder.opened", web.now, opening(order=order, buyer=buyer, **CHOICES), f"open-{order}"))
    web.run(minutes=16)
    return order


def to_working_hours(web):
    """Run on to a moment at which mails leave: a working day of June in Berlin, before three."""
    while web.now.weekday() > 4 or not 7 <= web.now.hour < 13:
        web.run(hours=1)


def state(web):
    """Everything that a page could have changed."""
    tables = (
        "event",
        "decision",
        "obligation",
        "mail",
        "promise",
        "audit",
        "line",
        "thread",
        "correspondence",
        "verdict",
    )
    return {
        table: web.rows(f"select md5(string_agg(t::text, '|' order by t::text)) from {table} t") for table in tables
    }


def last_kind(web, order):
    web.run(hours=3)
    return web.mails(order=order)[-1]["X-Backorder-Kind"]


def test_r37_a_scanner_that_opens_every_link_twenty_times_changes_nothing(web, case):
    pages = {web.link("d", order=case), web.link("p", order=case)}
    before = state(web)
    for _ in range(20):
        for page in pages:
            assert web.get(page).status == 200
            assert web.http.request("HEAD", page).status == 200
            assert web.get(page, purpose="prefetch", **{"sec-purpose": "prefetch;prerender"}).status == 200

    assert state(web) == before


def test_r38_a_split_of_what_is_ready_is_recorded_approved_told_to_owner_and_contact(web, case):
    page = web.link("d", order=case)
    answer = web.send(page, line="1", choice="split", units_split="50", name="R. Muster")

    assert answer.status == 303
    assert "R. Muster chose" in web.get(page).data.decode()
    assert "This is approved." in web.get(page).data.decode()
    web.run(hours=3)
    kinds = [mail["X-Backorder-Kind"] for mail in web.mails(order=case)]
    assert kinds[-2:] == [OwnerKind.DECISION_MADE, "decision-confirmed"]
    by = web.value(
        "select body::jsonb -> 'data' -> 'by' from event where order_no = :order order by id desc", order=case
    )
    assert (by["name"], by["role"]) == ("R. Muster", "buyer")


def test_r37_a_second_answer_shows_the_first_and_records_nothing(web, case):
    page = web.link("d", order=case)
    form = re.search(r'name="form" value="([^"]+)"', web.get(page).data.decode())[1]
    web.form(page, form=form, line="1", choice="wait", name="First")
    before = state(web)

    for choice in ("cancel", "wait"):
        assert web.form(page, form=form, line="1", choice=choice, name="Second").status == 303
    assert "First chose" in web.get(page).data.decode()
    assert state(web) == before


def test_r37_the_same_form_sent_twice_at_once_has_one_effect(web, case):
    page = web.link("d", order=case)
    form = re.search(r'name="form" value="([^"]+)"', web.get(page).data.decode())[1]
    sent = {"form": form, "line": "1", "choice": "cancel", "name": "R. Muster"}
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: web.form(page, **sent), range(10)))

    assert {answer.status for answer in answers} == {303}
    decided = "select count(*) from event where order_no = :order and type = 'decision.recorded'"
    assert web.value(decided, order=case) == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"choice": "split", "units_split": "81"}, "at most 80"),
        ({"choice": "split", "units_split": "0"}, "at most 80"),
        ({"choice": "split", "units_split": "1,200"}, "without thousands separators"),
        ({"choice": "split", "units_split": "NaN"}, "Please enter a number"),
        ({"choice": "adjust", "units_adjust": "79"}, "at least 80"),
        ({"choice": "substitute"}, "no longer open"),
        ({"choice": "wait", "name": ""}, "who decides"),
        ({"choice": "wait", "name": "\x00\x07"}, "who decides"),
        ({"choice": "wait", "form": "forged"}, "open for long"),
    ],
)
def test_r37_what_cannot_be_taken_is_told_kindly_and_not_recorded(web, case, fields, words):
    page = web.link("d", order=case)
    answer = (
        web.send(page, **({"line": "1", "name": "R. Muster"} | fields))
        if "form" not in fields
        else web.form(page, line="1", name="R. Muster", **fields)
    )

    assert answer.status == 422
    assert words in answer.data.decode()
    assert web.value("select count(*) from event where type = 'decision.recorded' and order_no = :o", o=case) == 0


def test_r37_a_form_of_another_link_or_another_site_records_nothing(web, case):
    page, other = web.link("d", order=case), web.link("d", kind="first-notice", order=case) + "x"
    form = re.search(r'name="form" value="([^"]+)"', web.get(web.link("p", order=case)).data.decode())[1]
    sent = {"form": form, "line": "1", "choice": "wait", "name": "R. Muster"}

    assert web.form(page, **sent).status == 422
    assert web.form(other, **sent).status == 404
    cross = web.post(page, b"", content_type="application/x-www-form-urlencoded", sec_fetch_site="cross-site")
    assert cross.status == 403


def test_r37_links_that_are_cut_forged_expired_or_for_another_are_kind_and_open_nothing(web, case):
    page = web.link("d", order=case)
    base, token = page.rsplit("/", 1)
    long_ago = web.now - LASTS[Purpose.DECIDE]
    links = web.home.parts.links
    made = {
        "cut": token[:-3],
        "flipped": token[:-1] + ("A" if token[-1] != "A" else "B"),
        "another key": Links("another key, long enough", web.url).token(
            Purpose.DECIDE, "bergmann", case, "p@muster.example.com", web.now
        ),
        "another page": web.link("p", order=case).rsplit("/", 1)[1],
        "expired by a second": links.token(
            Purpose.DECIDE, "bergmann", case, "x@y.example", long_ago - timedelta(seconds=1)
        ),
        "another contact": links.token(Purpose.DECIDE, "bergmann", case, "somebody@else.example", web.now),
        "another order": links.token(Purpose.DECIDE, "bergmann", "B-404", "p@muster.example.com", web.now),
    }
    answers = {name: web.get(f"{base}/{one}") for name, one in made.items()}

    assert {name: answer.status for name, answer in answers.items()} == {
        "cut": 404, "flipped": 404, "another key": 404, "another page": 404,
        "expired by a second": 410, "another contact": 410, "another order": 410,
    }  # fmt: skip
    for answer in answers.values():
        assert "muster" not in answer.data.decode().casefold()
        assert "order desk" in answer.data.decode()


def test_r50_old_links_die_when_another_contact_has_the_order(web, case):
    page = web.link("d", order=case)
    number = case.removeprefix("D-")
    change = {"seller": "bergmann", "order": case, "from": f"p{number}@muster.example.com"}
    web.tell(
        cloud(
            "contact.changed", web.now, change | {"contact": {"email": f"new{number}@muster.example.com"}}, f"c{case}"
        )
    )

    assert web.get(page).status == 410


def test_r37_a_page_says_when_its_choice_is_stale_or_everything_is_ready(web, case):
    page = web.link("d", order=case)
    of_line = {"seller": "bergmann", "order": case, "line": "1"}
    web.run(minutes=1)
    web.tell(cloud("stock.allocated", web.now, of_line | {"available": 0}, f"n{case}"))
    words = web.get(page).data.decode()
    assert "Something has changed since that mail" in words
    assert 'value="split"' not in words

    web.tell(cloud("stock.cleared", web.now, of_line, f"r{case}"))
    assert "Nothing is delayed" in web.get(page).data.decode()


def test_r27_a_contact_chooses_how_often_he_hears(web, case):
    page = web.link("p", order=case)
    answer = web.send(page, updates="checkpoints_only")

    assert answer.status == 303
    assert "At present: Reviews and decisive news only" in web.get(page).data.decode()
    number = case.removeprefix("D-")
    query = "select preference from correspondence where address_key = :key"
    assert web.value(query, key=f"p{number}@muster.example.com") == "checkpoints_only"
    assert web.send(page, updates="never").status == 422


def owners_page(web, case, address="north@bergmann.example.com"):
    """The page of an order's owner, as a list to him would link it."""
    return web.home.parts.links.url(Purpose.REVIEW, "bergmann", case, address, web.now)


def in_days(web, days):
    return (web.now + timedelta(days=days)).date().isoformat()


def test_r13_an_owner_confirms_unchanged_with_one_click_and_the_mail_says_who(web, case):
    page = owners_page(web, case)
    answer = web.send(page, do="unchanged", next_review=in_days(web, 9), note="The measurement has begun")

    assert answer.status == 303
    assert "Recorded" in web.get(page + "?done=unchanged").data.decode()
    event = web.value("select body::jsonb -> 'data' from event where order_no = :o order by id desc", o=case)
    assert (event["by"], event["confirmed"]) == ("Order desk North", "The measurement has begun")
    assert web.value("select who from audit order by id desc") == "north@bergmann.example.com"


def test_r13_a_change_shows_its_mail_before_it_is_recorded(web, case):
    page = owners_page(web, case)
    on = in_days(web, 30)
    filled = {"line": "1", "expected_on": on, "available": "100", "cause": "transport", "outlook": "uncertain"}
    before = state(web)
    shown = web.send(page, do="preview", **filled)
    words = shown.data.decode()

    assert shown.status == 200
    assert "20 units more of Linear bearing block" in words
    assert not re.search(r"/[dp]/\w{20}", words)
    assert state(web) == before
    form = re.search(r'name="form" value="([^"]+)"', words)[1]
    assert web.form(page, form=form, do="change", **filled).status == 303
    facts = web.value("select facts from line where order_no = :o", o=case)
    assert (facts["expected_on"], facts["available"], facts["cause"], facts["outlook"]) == (
        on,
        "100",
        "transport",
        "uncertain",
    )
    assert facts["confirmed"] == "reviewed"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"do": "unchanged", "next_review": "2020-01-01"}, "a day after today"),
        ({"do": "unchanged", "note": "The carrier failed again!"}, "may not stand in a mail"),
        ({"do": "preview", "line": "1", "available": "121"}, "from 0 to 120"),
        ({"do": "preview", "line": "1", "cause": "other"}, "own words"),
        ({"do": "preview", "line": "1", "expected_on": "soon"}, "enter a day"),
        ({"do": "preview", "line": "1"}, "Nothing is different"),
        ({"do": "preview", "line": "99"}, "Nothing is delayed on this line"),
        ({"do": "fly"}, "one of the buttons"),
    ],
)
def test_r13_what_an_owner_enters_wrongly_is_told_at_its_field(web, case, fields, words):
    answer = web.send(owners_page(web, case), **fields)

    assert answer.status == 422
    assert words in answer.data.decode()


def test_r13_confirming_an_item_confirms_all_its_lines(web, case):
    page = owners_page(web, case)
    assert web.send(page, do="unchanged", scope="item").status == 303
    web.stepper.settle()

    unconfirmed = (
        "select count(*) from line where sku = 'BX-120' and delayed > 0 and facts ->> 'confirmed' <> 'reviewed'"
    )
    assert web.value(unconfirmed) == 0


def test_r50_told_by_phone_and_an_answer_on_the_phone_are_recorded_in_two_clicks(web, case):
    page = owners_page(web, case)

    assert web.send(page, do="told").status == 303
    assert web.send(page, do="answered", line="1", choice="adjust", units="90", name="R. Muster").status == 303
    decided = web.value("select facts -> 'decision' from line where order_no = :o", o=case)
    assert (decided["choice"], decided["by"], decided["approved"], decided["units"]) == (
        "adjust",
        "R. Muster",
        True,
        "90",
    )


def test_r38_an_owner_approves_what_a_buyer_chose_with_one_click(web, case):
    web.send(web.link("d", order=case), line="1", choice="cancel", name="R. Muster")
    web.run(hours=3)
    page = web.link("r", kind=OwnerKind.DECISION_MADE, order=case)

    assert "waits for your approval" in web.get(page).data.decode()
    assert web.send(page, do="approve", line="1").status == 303
    assert web.value("select facts -> 'decision' ->> 'approved' from line where order_no = :o", o=case) == "true"
    assert last_kind(web, case) == "decision-confirmed"


def test_r13_an_owner_who_no_longer_answers_may_only_look(web, case):
    owner = {"name": "Order desk South", "email": "south@bergmann.example.com"}
    web.tell(cloud("owner.assigned", web.now, {"seller": "bergmann", "order": case, "owner": owner}, f"own-{case}"))
    with web.home.engine.begin() as connection:
        seller_id = stored_orders.sellers(connection, ["bergmann"])["bergmann"].id
        stored_orders.correspondences(connection, {(seller_id, "owner", owner["email"]): owner})
    page = owners_page(web, case, owner["email"])
    assert web.get(page).status == 200
    again = {"name": "Order desk East", "email": "east@bergmann.example.com"}
    web.tell(cloud("owner.assigned", web.now, {"seller": "bergmann", "order": case, "owner": again}, f"own2-{case}"))

    assert "answers for this order by now" in web.get(page).data.decode()
    assert web.send(page, do="unchanged").status in {403, 422}


def test_no_address_or_token_stands_in_a_link_or_leaves_by_referrer(web, case):
    page = web.link("d", order=case)
    answer = web.get(page)

    assert "muster.example.com" not in page
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert "http" not in re.sub(r"<!DOCTYPE.*?<main>", "", answer.data.decode(), flags=re.DOTALL).replace(
        "https://", ""
    )


@pytest.mark.parametrize("path", ["/d/", "/p/", "/r/"])
def test_garbage_instead_of_a_token_is_a_kind_page(web, path):
    for garbage in ("x", "%00", "..%2f..", "a" * 3000, "W10.x", "%F0%9F%98%80"):
        assert web.get(path + garbage).status == 404
