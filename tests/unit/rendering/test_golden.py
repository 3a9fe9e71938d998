"""Every kind of mail as it was approved, byte by byte: `UPDATE_GOLDEN=1 make test-fast` writes them anew."""

import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from schedules.kinds import Kind, OwnerKind
from tests.unit.rendering.cases import UPDATES, owners
from worker.rendering.rendering import Renderer
from worker.updates.checklist import checked, passes

FOLDER = Path(__file__).parents[2] / "golden"
RENDERER = Renderer()
CASES = [*UPDATES, *OwnerKind]
VOID = {"meta", "br", "img", "hr"}
TAGS = {
    *("html", "head", "body", "title", "style", "meta", "table", "thead", "tbody", "tr", "td", "th"),
    *("p", "h1", "h2", "ul", "li", "strong", "span", "div", "a", "br", "code", "pre"),
}
STYLES = {
    *("margin", "padding", "background-color", "color", "width", "max-width", "border-collapse", "table-layout"),
    *("font", "font-size", "line-height", "text-align"),
    *("text-decoration",),
    *("border-top", "border-bottom", "border-left", "word-wrap", "word-break", "white-space"),
}
"""What Outlook's Word engine and Gmail keep: tables for layout, styles on the elements."""


def rendered(name):
    if name in UPDATES:
        statement = UPDATES[name]()
        assert name.startswith(statement.kind)
        assert passes(checked(statement, statement.at)), name
        return RENDERER.render_update(statement)
    return RENDERER.render_owner(owners(OwnerKind(name)))


@pytest.mark.parametrize("name", CASES)
def test_a_mail_is_what_was_approved(name):
    made = rendered(name)
    files = {"subject.txt": f"{made.subject}\n", "body.txt": made.text, "body.html": made.html}
    folder = FOLDER / name
    if os.environ.get("UPDATE_GOLDEN"):
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in files.items():
            (folder / file).write_text(text, "utf-8")

    assert {file: (folder / file).read_text("utf-8") for file in files} == files


def test_every_kind_has_a_case_and_every_folder_a_kind():
    assert {kind for kind in Kind if any(name.startswith(kind) for name in UPDATES)} == set(Kind)
    assert {path.name for path in FOLDER.iterdir()} == {str(name) for name in CASES}


@pytest.mark.parametrize("name", CASES)
def test_r35_text_fits_78_columns_but_for_links_and_events_to_paste(name):
    lines = rendered(name).text.split("\n")

    assert all(len(line) <= 78 for line in lines if not line.startswith(("{", "https://")))
    assert not any(line != line.rstrip() for line in lines)


class Page(HTMLParser):
    """Notes what a mail is made of."""

    def __init__(self):
        super().__init__()
        self.found = []
        self.open = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", CASES)
def test_r35_html_is_what_old_mail_programs_keep(name):
    page = Page()
    page.feed(rendered(name).html)
    styles = [attributes["style"] for _, attributes in page.found if attributes.get("style")]
    used = {part.split(":")[0].strip() for style in styles for part in style.split(";") if part.strip()}

    assert page.open == []
    assert {tag for tag, _ in page.found} <= TAGS
    assert used <= STYLES
    assert all("class" in attributes or "style" in attributes for tag, attributes in page.found if tag in {"p", "li"})
    assert not any("src" in attributes or "background" in attributes for _, attributes in page.found)


@pytest.mark.parametrize("name", CASES)
def test_r35_cells_and_headings_name_their_font_because_outlook_hands_none_down_to_them(name):
    page = Page()
    page.feed(rendered(name).html)
    cells = [attributes for tag, attributes in page.found if tag == "td" and "class" in attributes]
    named = [attributes for tag, attributes in page.found if tag in {"th", "h1", "h2"}]

    assert named
    assert all("font:" in attributes["style"] for attributes in cells + named)


@pytest.mark.parametrize("name", CASES)
def test_r35_a_screen_reader_finds_language_headings_and_header_cells(name):
    page = Page()
    page.feed(rendered(name).html)
    tables = [attributes for tag, attributes in page.found if tag == "table"]
    cells = [attributes for tag, attributes in page.found if tag == "th"]

    assert ("html", {"lang": "en"}) in page.found
    assert all(table.get("role") == "presentation" for table in tables) or cells
    assert all(cell.get("scope") in {"col", "row"} for cell in cells)
    assert re.search(r"<title>[^<]+</title>", rendered(name).html)


def test_r30_a_mail_forwarded_twice_still_tells_its_story():
    text = rendered("first-notice").text
    for _ in range(2):
        text = "\n".join(f"> {line}" for line in text.split("\n"))
    read = " ".join(text.replace("> ", " ").split())

    for said in (
        "B-1042",
        "4500017733",
        "40 of 120 units of Linear bearing block 20 mm (BX-120)",
        "Waiting for final production inspection",
        "Split: we ship 80 units now",
        "Wednesday 27 May 2026",
        "north@bergmann.example.com",
    ):
        assert said in read
