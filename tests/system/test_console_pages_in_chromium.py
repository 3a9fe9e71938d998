"""The console's pages of sources, imports, policies, the review, and closed cases, in real Chromium."""

import os
import re
from pathlib import Path

import pytest

from schedules.kinds import OwnerKind
from tests.builders import cloud, of_line, opening
from tests.chromium import browser, context, fits, in_console, page, to, violations
from tests.layouts import run
from tests.polled import FILE, TABLE
from tests.web import site, standing_case
from worker.sources.definition import load_file
from worker.usecases.poll_source import poll_source
from worker.usecases.watch_sources import due_sources

__all__ = ["browser", "context", "page"]
pytestmark = pytest.mark.system
WIDTHS = (320, 390, 1280)
HEADER = "seller,order,line,company,contact_email,sku,product,ordered,available,cause"
ROWS = [f"bergmann,U-{n},1,Muster,u{n}@muster.example.com,BX-120,Bearing block,120,80,inspection_hold" for n in (1, 2)]
CSV = "\n".join([HEADER, *ROWS, "bergmann,U-3,1,Muster,,BX-120,Bearing block,many,80,inspection_hold"]) + "\n"
SHOTS = os.environ.get("SCREENSHOTS", "")
"""A folder to look at the pages in; empty: no picture is kept."""


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    folder = tmp_path_factory.mktemp("console-chromium")
    with site("console_chromium", folder) as running:
        standing_case(running, next_checkpoint="2026-05-27")
        running.run(hours=1)
        running.tell(cloud("shipment.sent", running.now, of_line(shipped=120), "all"))
        running.run(days=13)
        cases = [opening(order=f"B-{n}", cause="supplier_timing") for n in range(10)]
        running.tell(*[cloud("backorder.opened", running.now, one, one["order"]) for one in cases])
        listed = {"seller": "bergmann", "sku": "BX-120", "listing": "ready", "paid_clicks": 40}
        running.tell(cloud("listing.observed", running.now, listed, "listed"))
        running.run(hours=1)
        _quarantined(running, folder)
        running.user("ops")
        yield running


def _quarantined(running, folder):
    """A source whose table was emptied after a good read, and one that answers well."""
    watched, url = running.home.settings.sources, f"sqlite:///{folder}/erp.db"
    watched.mkdir()
    (watched / "ready.toml").write_text(FILE.format(url=url))
    moment = f"{running.now:%Y-%m-%d %H:%M:%S}"
    rows = ", ".join(f"('B-{number}', '1', 80, '{moment}')" for number in range(10))
    run(url, f"{TABLE}; insert into ready values {rows}")
    for script in ("", "delete from ready"):
        if script:
            run(url, script)
        due_sources(running.home.parts, watched)
        poll_source(running.home.parts, load_file(watched / "ready.toml"))
        running.run(minutes=10)


def chosen(page, web):
    """Choose a file as a person does, with the keyboard on the button."""
    in_console(web, page, "/import")
    page.set_input_files("#file", {"name": "orders.csv", "mimeType": "text/csv", "buffer": CSV.encode()})
    to(page, "main button")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('Looked at')")


def policy_looked(page, web):
    in_console(web, page, "/policies/bergmann")
    page.fill("#figure-cadence_business_days", "3")
    to(page, "button[value=look]")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('What this policy would change')")


def policy_faulty(page, web):
    in_console(web, page, "/policies/bergmann")
    page.fill("#figure-settle", "9h")
    page.click("button[value=look]")
    page.wait_for_selector("[role=alert]")


WAYS = {
    "sources": "/sources",
    "source": "/sources/ready",
    "import": "/import",
    "looked at": chosen,
    "review": "/review",
    "policies": "/policies",
    "policy": "/policies/bergmann",
    "policy with a fault": policy_faulty,
    "what if": policy_looked,
    "closed case": lambda page, web: page.goto(web.link("r", OwnerKind.CLOSURE_REVIEW)),
    "closed order": "/orders/bergmann/B-1042",
}


def opened(page, web, name):
    way = WAYS[name]
    if isinstance(way, str):
        in_console(web, page, way)
    else:
        way(page, web)
    for fold in page.query_selector_all("details:not([open]) > summary"):
        fold.click()


@pytest.mark.parametrize("name", WAYS)
def test_every_page_fits_reads_and_logs_nothing(web, page, name):
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        opened(page, web, name)
        if SHOTS:
            page.screenshot(path=Path(SHOTS) / f"{name.replace(' ', '-')}-{width}.png", full_page=True)
        fits(page, width)
        page.emulate_media(color_scheme="light")
    assert [fault for fault in page.faults if "422" not in fault] == []


@pytest.mark.parametrize("name", [name for name, way in WAYS.items() if isinstance(way, str)])
def test_every_page_works_without_scripts(web, browser, context, name):
    plain = browser.new_context(java_script_enabled=False, storage_state=context.storage_state())
    try:
        page = plain.new_page()
        page.goto(web.url + WAYS[name])
        assert page.locator("h1").count() == 1
    finally:
        plain.close()


def test_a_clerk_imports_a_file_by_keyboard_and_sees_what_was_left_out(web, page):
    chosen(page, web)
    said = " ".join(page.inner_text("main").split())

    assert "2 first notices would go out" in said
    assert "column `ordered`: found many" in said
    to(page, "main form button")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('Imported')")
    assert "2 accepted" in page.inner_text("[role=status]")
    assert web.value("select count(*) from thread where order_no like 'U-%'") == 2
    assert violations(page) == []


def test_an_operator_refuses_a_doubtful_read_by_keyboard(web, page):
    in_console(web, page, "/sources/ready")
    to(page, "button[value=reject]")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=status]")

    assert "the last accepted one stands" in page.inner_text("[role=status]")
    assert violations(page) == []
    assert web.value("select state from source where name = 'ready'") == "rejected"


def test_a_planner_accepts_a_proposal_by_keyboard(web, page):
    in_console(web, page, "/review")
    to(page, "button[value=accept]")
    label = page.evaluate("document.activeElement.getAttribute('aria-label')")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=status]")

    assert "Accepted, with your name" in page.inner_text("[role=status]")
    assert re.search(r"accepted by ops", page.inner_text("main"))
    assert label.startswith("Accept: ")
    assert violations(page) == []


def test_an_operator_switches_a_policy_on_after_he_saw_what_it_changes(web, page):
    policy_looked(page, web)
    assert "would change" in page.inner_text(".tally")
    to(page, "button[value=back]")
    page.keyboard.press("Enter")
    page.wait_for_selector("#figure-cadence_business_days")
    assert page.input_value("#figure-cadence_business_days") == "3"
    to(page, "button[value=look]")
    page.keyboard.press("Enter")
    page.wait_for_selector("button[value=apply]")
    to(page, "button[value=apply]")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=status]")

    assert "3 in force, set here" in page.inner_text("main")
    assert web.value("select who from audit where what = 'policy.chosen'") == "ops"


def test_an_owner_says_by_keyboard_what_a_closed_case_teaches(web, page):
    page.goto(web.link("r", OwnerKind.CLOSURE_REVIEW))
    to(page, "#learn-reorder")
    page.keyboard.press("Space")
    to(page, "button[value=learn]")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=what this case teaches")

    assert web.rows("select proposals from closure where order_no = 'B-1042'")[0][0] == ["reorder"]
    assert violations(page) == []
