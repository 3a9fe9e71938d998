"""A mail's page: what it was made from is kept and shown, and its reader is not (R36)."""

import html
import json
import re

import pytest

from tests.web import site, standing_case


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    with site("console_mails", tmp_path_factory.mktemp("console_mails")) as running:
        standing_case(running)
        running.run(hours=1)
        running.user("ops")
        yield running


def test_r36_what_a_mail_was_made_from_is_shown_without_its_reader(web):
    mail = web.value("select id from mail where audience = 'buyer' order by id limit 1")
    recipient = web.value("select recipient from mail where id = :id", id=mail)

    page = web.get(f"/mail/{mail}", cookie=web.log_in("ops")).data.decode()
    shown = html.unescape(page).partition("What it was made from")[2]
    made_from = json.loads(re.search(r"<pre[^>]*>(.*?)</pre>", shown, re.DOTALL)[1])

    [line] = made_from["sections"][0]["lines"]
    assert line["reason"]["version"]
    assert line["delayed"] != "0"
    assert recipient not in shown
    assert made_from["prefer_url"] == ""
