"""A mail's page: what it was made from is kept and shown, and its reader is not (R36)."""

import html
import json
import re

import pytest

from tests.builders import cloud, opening
from tests.web import site, standing_case
from worker.storage.packs import kept_of


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    with site("console_mails", tmp_path_factory.mktemp("console_mails")) as running:
        standing_case(running)
        held = opening(order="B-1050", sku="RS-400", cause="other")
        running.tell(cloud("backorder.opened", running.now, held, "held"))
        running.run(days=1)
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


def test_r37_what_a_list_to_an_owner_was_made_from_has_no_links_of_his(web):
    mail = web.value("select id from mail where audience = 'owner' order by id limit 1")

    page = html.unescape(web.get(f"/mail/{mail}", cookie=web.log_in("ops")).data.decode())

    assert '"items"' in page
    assert not re.search(r"/[dpr]/[\w.-]{20}", page)
    with web.home.engine.connect() as connection:
        made_from = kept_of(connection, [mail])[mail].statement
    assert {item["url"] for item in json.loads(made_from)["items"]} == {""}
