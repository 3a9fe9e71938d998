"""Each rule has a scenario file: what comes in, and the mails, promises and decisions that the rule says."""

import re
from pathlib import Path

import pytest

from tests.scenarios import scenario

FOLDER = Path(__file__).parent
FILES = sorted(FOLDER.glob("r*.toml"))
RULES = (FOLDER.parents[1] / "docs" / "rules.md").read_text("utf-8")


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_the_scenario_ends_as_the_rule_says(path, tmp_path):
    given = scenario.read(path)
    told = scenario.play(given, tmp_path)
    expected = given["expect"]

    assert scenario.mails(told) == expected["mails"]
    assert scenario.promises(told) == expected["promises"]
    if "owners" in expected:
        assert scenario.owners(told) == expected["owners"]
    assert scenario.subjects(told)[: len(expected.get("subjects", []))] == expected.get("subjects", [])
    found = scenario.journal(told)
    for line in expected.get("journal", []):
        assert line in found
    for row in expected.get("says", []):
        text = " ".join(told.text(row.get("mail", 0), row["kind"]).split())
        assert row["text"] in text
    for row in expected.get("never_says", []):
        assert row["text"] not in " ".join(told.text(row.get("mail", 0), row["kind"]).split())
    for name, figure in expected.get("events", {}).items():
        assert told.summary["events"][name] == figure


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_the_page_of_rules_links_the_scenario(path):
    assert f"tests/scenarios/{path.name}" in RULES


def test_every_link_of_the_page_leads_to_a_file():
    linked = re.findall(r"\.\./(tests/[\w/.-]+)", RULES)

    assert linked
    assert [link for link in linked if not (FOLDER.parents[1] / link).exists()] == []
