"""Every mail of a replay in real Chromium, at 320 and 600 px: nothing needs to be scrolled sideways."""

import html
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.builders import at, opening
from tests.stories import Story

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--virtual-time-budget=3000",
    "--dump-dom",
)
FRAME = """<!DOCTYPE html><body>
<iframe id="mail" width="{width}" height="900" style="border:0" srcdoc="{mail}"></iframe>
<script>addEventListener("load", () => {{
  const page = document.getElementById("mail").contentDocument.documentElement;
  document.body.dataset.width = page.scrollWidth; }});</script></body>"""


@pytest.fixture(scope="module")
def mails(tmp_path_factory):
    choices = {"choices": ["wait", "split", "adjust"], "decision_needed": True}
    story = Story().opened(at(20, 9), next_checkpoint="2026-05-27", **choices)
    long = opening(line="2", sku="S" * 90, product="A product with a very long name " * 8)
    story.then("backorder.opened", at(20, 9, 1), **long)
    story.line("stock.cleared", at(28, 9)).line("shipment.sent", at(28, 15), shipped=120)
    told = story.told(tmp_path_factory.mktemp("story"), at(10, 9, month=6))
    found = {mail["X-Backorder-Kind"]: mail.get_body(("html",)).get_content() for mail in told.mails}
    assert {"first-notice", "holding-note", "review-reminder", "escalation"} <= set(found)
    return found


@pytest.mark.system
@pytest.mark.parametrize("width", [320, 600])
def test_r35_no_mail_is_wider_than_the_screen(mails, width, tmp_path):
    assert CHROMIUM, "chromium is missing: apt-get install chromium"
    for kind, mail in mails.items():
        page = tmp_path / f"{kind}.html"
        page.write_text(FRAME.format(width=width, mail=html.escape(mail, quote=True)), "utf-8")
        assert measured(page, tmp_path) <= width, kind


def measured(page: Path, folder: Path) -> int:
    command = [CHROMIUM, *FLAGS, f"--user-data-dir={folder / 'profile'}", f"file://{page}"]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    found = re.search(r'data-width="(\d+)"', dom)
    assert found, dom[-500:]
    return int(found.group(1))
