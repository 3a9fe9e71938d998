"""The owner's page: confirm, change with its mail shown before, tell, answer, approve (R13, R38, R50)."""

import re
from datetime import timedelta

import pytest

from schedules.kinds import OwnerKind
from tests.builders import cloud
from tests.cases_behind_links import case, last_kind, state, web
from worker.links import Purpose
from worker.storage import orders as stored_orders

__all__ = ["case", "web"]


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
