"""The buyer's pages behind the links of real mails: GET shows, POST records, a link is for one reader and one order."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from schedules.kinds import OwnerKind
from tests.builders import cloud
from tests.cases_behind_links import case, state, web
from worker.links import LASTS, Links, Purpose

__all__ = ["case", "web"]


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
        ({"choice": "wait", "name": "\x07"}, "who decides"),
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
