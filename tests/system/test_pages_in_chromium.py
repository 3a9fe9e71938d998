"""Every page in real Chromium: phone and desktop, light and dark, by keyboard only, links taken from real mails."""

import re
from datetime import timedelta

import pytest

from tests.builders import cloud, of_line, opening
from tests.chromium import WIDTHS, browser, context, fits, in_console, page, to, violations
from tests.web import site, standing_case

__all__ = ["browser", "context", "page"]

CHOICES = {"choices": ["wait", "split", "adjust", "cancel"], "decision_needed": True}

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    with site("chromium", tmp_path_factory.mktemp("chromium")) as running:
        standing_case(running, **CHOICES, next_checkpoint="2026-05-27")
        held = opening(order="B-1050", sku="RS-400", product="Guide rail 400 mm", cause="other")
        contact = {"company": "Nordwerk Anlagenbau", "contact": {"email": "buyer@nordwerk.example.com"}}
        running.tell(
            cloud("backorder.opened", running.now, held, "held"),
            cloud("backorder.opened", running.now, opening(order="B-1060", buyer=contact, **CHOICES), "second"),
            cloud("stock.allocated", running.now, of_line(order="B-9999", available=3), "waits"),
        )
        running.run(days=6, hours=1)
        running.user("ops")
        yield running


def addresses(web):
    mail = web.value("select max(id) from mail where audience = 'buyer'")
    return {
        "choices": web.link("d", order="B-1042"),
        "preference": web.link("p", order="B-1042"),
        "review": web.link("r", order="B-1042"),
        "login": "/login",
        "now": "/",
        "orders": "/orders",
        "search without a hit": "/orders?q=nothing",
        "order": "/orders/bergmann/B-1042",
        "held order": "/orders/bergmann/B-1050",
        "preview": "/preview/bergmann/B-1042",
        "mail": f"/mail/{mail}",
        "promises": "/promises?by=sku",
        "mailbox": "/mailbox",
        "caught mail": f"/mailbox/{min(web.world.folder.glob('*.eml')).name}",
        "missing": "/nothing",
        "broken link": "/d/broken",
    }


NAMES = [
    *("choices", "preference", "review", "login", "now", "orders", "search without a hit", "order", "held order"),
    *("preview", "mail", "promises", "mailbox", "caught mail", "missing", "broken link"),
]
ANSWERS_404 = {"missing", "broken link"}


def opened(page, web, name):
    page.faults.clear()
    path = addresses(web)[name]
    page.goto(path if path.startswith("http") else web.url + path)
    for fold in page.query_selector_all("details:not([open]) > summary"):
        fold.click()
    return page


@pytest.mark.parametrize("name", NAMES)
def test_every_page_fits_reads_and_logs_nothing(web, page, name):
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        opened(page, web, name)
        fits(page, width)
        if name not in ANSWERS_404:
            assert page.faults == []


@pytest.mark.parametrize("name", NAMES)
def test_every_page_works_without_scripts(web, browser, context, name):
    plain = browser.new_context(java_script_enabled=False, storage_state=context.storage_state())
    try:
        page = plain.new_page()
        path = addresses(web)[name]
        page.goto(path if path.startswith("http") else web.url + path)
        assert page.locator("h1").count() == 1
    finally:
        plain.close()


def sent(web, order):
    return [mail["X-Backorder-Kind"] for mail in web.mails(order=order)]


def journal(web, order):
    return [
        tuple(row) for row in web.rows("select action, kind from decision where order_no = :o order by id", o=order)
    ]


def test_a_buyers_split_by_keyboard_leads_to_a_confirmation_and_word_to_the_owner(web, page):
    page.goto(web.link("d", order="B-1060"))
    to(page, "input[type=radio]")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.value") == "split"
    to(page, "input[name=units_split]")
    page.keyboard.press("Control+A")
    page.keyboard.type("50")
    to(page, "input[name=name]")
    page.keyboard.type("R. Muster")
    to(page, "button")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=is recorded")

    assert "R. Muster chose" in page.inner_text("main")
    web.run(hours=4)
    assert sent(web, "B-1060")[-2:] == ["decision-made", "decision-confirmed"]
    assert ("sent", "decision-confirmed") in journal(web, "B-1060")
    assert page.goto(web.link("d", order="B-1060")).status == 200
    assert page.locator("form").count() == 0


def test_an_owners_review_by_keyboard_leads_to_the_promised_update_on_time(web, page):
    page.goto(web.link("r", order="B-1042"))
    to(page, "input[name=note]")
    page.keyboard.type("The measurement has begun")
    to(page, "button[value=unchanged]")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Recorded")

    web.run(days=1)
    assert sent(web, "B-1042")[-1] == "checkpoint-review"
    text = web.mails("checkpoint-review", "B-1042")[-1].get_body(("plain",)).get_content()
    assert "The measurement has begun" in " ".join(text.split())
    kept = "select outcome, kept_by from promise where order_no = 'B-1042' and outcome <> 'open'"
    assert [tuple(row) for row in web.rows(kept)] == [("kept", "review")]


def test_an_operators_correction_shows_its_mail_and_leads_to_it(web, page):
    in_console(web, page, "/orders/bergmann/B-1042")
    to(page, "details summary")
    page.keyboard.press("Enter")
    to(page, "input[name=expected_on]")
    page.fill("details[open] input[name=expected_on]", (web.now + timedelta(days=20)).date().isoformat())
    to(page, "input[name=available]")
    page.keyboard.press("Control+A")
    page.keyboard.type("100")
    to(page, "button[value=preview]")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('The mail this will cause')")
    foreseen = page.inner_text("pre")
    assert "20 units more" in foreseen
    assert violations(page) == []
    to(page, "button[value=change]")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Recorded, with your name")

    web.run(days=2)
    mails = [mail.get_body(("plain",)).get_content() for mail in web.mails(order="B-1042")]
    assert any("20 units more" in mail for mail in mails)
    assert web.value("select who from audit where what = 'production.changed'") == "ops"
    assert re.search(r"by ops", page.inner_text(".timeline"))


def test_a_fault_is_told_at_its_field_and_what_was_filled_in_stays(web, page):
    page.goto(web.link("d", order="B-1042"))
    page.check("input[value=adjust]")
    page.fill("input[name=units_adjust]", "1")
    page.fill("input[name=name]", "R. Muster")
    page.click("main button")

    assert "at least" in page.inner_text("[role=alert]")
    assert page.input_value("input[name=name]") == "R. Muster"
    assert page.is_checked("input[value=adjust]")
    assert violations(page) == []


def test_no_token_leaves_by_a_referrer(web, context):
    page = context.new_page()
    seen = []
    page.on("request", lambda request: seen.append((request.url, request.headers.get("referer"))))
    page.goto(web.link("d", order="B-1042"))
    page.click("main a[href^=mailto]", modifiers=["Alt"], no_wait_after=True)
    page.goto(web.url + "/login")

    assert len(seen) >= 3
    assert not any(referrer for _, referrer in seen)
    page.close()
