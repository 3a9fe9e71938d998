"""A mail that came back, handed over by HTTP: judged like one from the mailbox (R47)."""

import json

import pytest

from tests.web import site, standing_case

RETURNED = """From: mailer@mx.example
To: {to}
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary=edge

--edge
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; p@muster.example.com
Action: delayed
Status: 4.4.1

--edge--
"""


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    with site("returned", tmp_path_factory.mktemp("returned")) as running:
        standing_case(running)
        yield running


def test_r47_a_mail_that_came_back_is_taken_as_it_is_and_judged_by_its_proof(web):
    key = {"authorization": f"Bearer {web.bearer('bounces')}", "content_type": "message/rfc822"}
    mail_id = web.value("select id from mail where state = 'sent' and audience = 'buyer' limit 1")
    address = web.home.parts.return_path(mail_id)

    def report(text, **more):
        return json.loads(web.post("/bounces", text.encode(), **key, **more).data)

    claimed = report(RETURNED.format(to="bounces@updates.example"))
    assert claimed == {"taken": False, "verdict": "soft", "effect": "unproven"}
    proven = RETURNED.format(to="somebody@updates.example")
    assert report(proven, handed_to=address) == {"taken": True, "verdict": "soft", "effect": "noted"}
    assert report(proven, handed_to=address) == {"taken": False, "verdict": "soft", "effect": "again"}
    assert report("no mail at all \x00 \xff")["verdict"] == "not-a-bounce"
    assert web.post("/bounces", b"", content_type="message/rfc822").status == 401
    assert web.rows("select way from bounce")[0][0] == "webhook"
    assert web.value("select state from mail where id = :id", id=mail_id) == "sent"
