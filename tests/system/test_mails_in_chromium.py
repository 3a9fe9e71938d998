"""Every approved mail in real Chromium: narrow and wide, light and dark, without images, for a screen reader (R35)."""

from pathlib import Path

import pytest

from tests.chromium import browser

GOLDEN = sorted(path for path in (Path(__file__).parents[1] / "golden").iterdir() if path.is_dir())
__all__ = ["browser", "page"]
HARD = """<!DOCTYPE html><html lang="en"><head><title>t</title></head><body>{}</body></html>"""

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def page(browser):
    page = browser.new_page()
    page.route("**/*", lambda route: route.abort() if route.request.url.startswith("http") else route.continue_())
    yield page
    page.close()


def shown(page, path, width, scheme="light"):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.set_content((path / "body.html").read_text("utf-8"))
    return page


@pytest.mark.parametrize("width", [320, 600])
@pytest.mark.parametrize("path", GOLDEN, ids=[path.name for path in GOLDEN])
def test_r35_nothing_is_wider_than_the_screen(page, path, width):
    assert shown(page, path, width).evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", GOLDEN, ids=[path.name for path in GOLDEN])
def test_r35_axe_finds_nothing_in_light_or_dark(page, path, scheme):
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(shown(page, path, 600, scheme), options={"rules": {"region": {"enabled": False}}})
    faults = [(fault["id"], fault["nodes"][0]["html"][:160]) for fault in found.response["violations"]]

    assert faults == []


@pytest.mark.parametrize("path", GOLDEN, ids=[path.name for path in GOLDEN])
def test_r35_a_screen_reader_hears_the_news_before_the_foot(page, path):
    text = " ".join(shown(page, path, 600).inner_text("body").split())
    subject = (path / "subject.txt").read_text("utf-8")

    foot = text.index("You receive this mail because")
    assert foot > 40
    order = next((word.strip("():,") for word in subject.split() if word.startswith("B-10")), None)
    assert order is None or text.index(order) < foot


def test_r35_a_long_unbroken_word_breaks_instead_of_pushing_the_page_wide(page):
    from dataclasses import replace

    from tests.unit.rendering.cases import first
    from worker.rendering.rendering import Renderer

    made = first(sku="S" * 120, product="P" * 200)
    html = Renderer().render_update(replace(made, company="C" * 150)).html
    page.set_viewport_size({"width": 320, "height": 900})
    page.set_content(html)

    assert page.evaluate("document.documentElement.scrollWidth") <= 320
