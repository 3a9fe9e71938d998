"""What a closed case teaches: the page of the owner's mail offers it, and records it with his name (R41)."""

import re
from datetime import timedelta

import pytest

from schedules.kinds import OwnerKind
from tests.builders import cloud, of_line, opening
from tests.web import site, standing_case


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    with site("closed", tmp_path_factory.mktemp("closed")) as running:
        standing_case(running)
        running.tell(cloud("backorder.opened", running.now, opening(order="B-1050"), "open"))
        running.run(hours=1)
        running.tell(cloud("shipment.sent", running.now, of_line(shipped=120), "all"))
        running.run(days=1, hours=2)
        running.user("ops")
        yield running


def words(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.data.decode()))


def known(web):
    rows = web.rows("select cause, proposals, by from closure where order_no = 'B-1042'")
    return tuple(rows[0]) if rows else None


def test_r41_an_owner_says_on_the_page_of_his_mail_what_a_closed_case_teaches(web):
    (mail,) = web.mails(OwnerKind.CLOSURE_REVIEW)
    text = mail.get_body(("plain",)).get_content()
    page = web.link("r", OwnerKind.CLOSURE_REVIEW)
    shown = words(web.get(page))

    assert "Cause as it was told: inspection hold." in " ".join(text.split())
    assert "This case is closed" in shown
    assert "What does this case teach?" in shown
    assert known(web) is None
    answer = web.send(page, do="learn", cause="supplier_timing", proposal_reorder="yes", proposal_listing="yes")
    assert answer.status == 303
    assert "what this case teaches" in words(web.get(page + "?done=learn"))
    assert known(web) == ("supplier_timing", ["listing", "reorder"], "Order desk North")
    assert web.value("select who from audit where what = 'closure.reviewed'") == "north@bergmann.example.com"
    assert "Order desk North said: the cause was supplier timing" in words(web.get(page))


def test_r41_what_was_said_of_a_case_may_be_corrected_by_an_operator(web):
    ops, page = web.log_in("ops"), "/orders/bergmann/B-1042"
    web.world.now += timedelta(minutes=1)

    assert web.send(page, ops, do="learn", cause="transport").status == 303
    assert known(web) == ("transport", [], "ops")


def test_r41_a_cause_that_nobody_knows_and_a_case_that_is_open_are_told_kindly(web):
    page = web.link("r", OwnerKind.CLOSURE_REVIEW)
    faulty = web.send(page, do="learn", cause="weather")
    assert (faulty.status, "choose the cause" in words(faulty)) == (422, True)
    ops = web.log_in("ops")
    still = web.send("/orders/bergmann/B-1050", ops, do="learn", cause="transport")
    assert (still.status, "open again" in words(still)) == (422, True)
    assert "What does this case teach?" not in words(web.get("/orders/bergmann/B-1050", cookie=ops))
