"""A real Chromium for tests of pages: logged in by keyboard, listening for faults, looked over by axe."""

import shutil

import pytest

from tests.web import PASSWORD

CHROMIUM = shutil.which("chromium")
WIDTHS = (320, 1280)
SCHEMES = ("light", "dark")


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    assert CHROMIUM, "chromium is missing: apt-get install chromium"
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def context(web, browser):
    """A browser that is logged in, by keyboard only."""
    context = browser.new_context()
    page = context.new_page()
    in_console(web, page, "/")
    page.close()
    yield context
    context.close()


def in_console(web, page, path):
    """Open a page of the console; log in by keyboard if the clock has ended the session."""
    page.goto(web.url + path)
    if "/login" in page.url:
        to(page, "#name")
        page.keyboard.type("ops")
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(web.url + path)


@pytest.fixture
def page(context):
    page = context.new_page()
    page.faults = []
    page.on("console", lambda message: page.faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda fault: page.faults.append(str(fault)))
    page.on("requestfailed", lambda request: page.faults.append(request.url))
    yield page
    page.close()


def to(page, selector, steps=80):
    """Press Tab until an element has the focus, as somebody without a mouse does."""
    for _ in range(steps):
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} cannot be reached by Tab")


def violations(page):
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"resultTypes": ["violations"]})
    return [(fault["id"], fault["nodes"][0]["html"][:160]) for fault in found.response["violations"]]


def fits(page, width):
    """A page needs no scrolling sideways, and axe finds nothing wrong with it, in light and in dark."""
    assert page.evaluate("document.documentElement.scrollWidth") <= width, width
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == [], (width, scheme)
