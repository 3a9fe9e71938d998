"""Docs name what exists: tests, files, commands."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RULES = (ROOT / "docs" / "rules.md").read_text()
SECURITY = (ROOT / "docs" / "security.md").read_text()
ROLES = {"a buyer", "an owner", "a viewer", "an operator", "a source"}
RELIABILITY = (ROOT / "docs" / "reliability.md").read_text()
TESTS = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(test_\w+)`", RULES))))
def test_each_test_that_the_rules_name_exists(name):
    assert f"def {name}(" in TESTS


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(test_\w+)`", RELIABILITY))))
def test_each_test_that_the_failure_table_names_exists(name):
    assert f"def {name}(" in TESTS


def test_each_line_of_the_failure_table_names_what_shows_it():
    table = RELIABILITY.partition("## If X dies")[2].partition("##")[0]
    lines = [line for line in table.splitlines() if line.startswith("| ")][1:]

    assert len(lines) > 15
    assert [line for line in lines if "`test_" not in line and "the same" not in line] == []


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:schedules|worker|templates)/[\w/.]*)`", RULES))))
def test_each_file_that_the_rules_name_exists(path):
    assert (ROOT / path).exists()


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(test_\w+)`", SECURITY))))
def test_each_threat_names_a_test_that_exists(name):
    assert f"def {name}(" in TESTS


def test_each_row_of_the_threat_model_names_its_test():
    rows = [
        row for row in SECURITY.splitlines() if row.count("|") == 4 and not row.startswith(("| what", "|---", "| who"))
    ]
    threats = [row for row in rows if row.split("|")[1].strip() not in ROLES]
    assert len(threats) > 25
    assert [row for row in threats if "`test_" not in row] == []


def test_each_rule_has_a_row():
    numbers = set()
    for first, last in re.findall(r"^\| R(\d+)(?:-R(\d+))? \|", RULES, re.MULTILINE):
        numbers |= set(range(int(first), int(last or first) + 1))
    assert numbers == set(range(1, 51))


@pytest.mark.parametrize(
    "page",
    [
        *("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/operate.md", "docs/events.md"),
        *("docs/integrate.md", "docs/reliability.md", "docs/security.md"),
        *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs" / "howto").glob("*.md")),
    ],
)
def test_links_between_pages_lead_somewhere(page):
    source = ROOT / page
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", source.read_text()):
        assert (source.parent / target).exists(), target


def test_the_readme_is_short_and_its_example_is_valid():
    from datetime import UTC, datetime

    from worker.intake.reading import Incoming, read_event

    text = (ROOT / "README.md").read_text()
    examples = re.findall(r"```json\n(.*?)```", text, re.DOTALL)[0].strip().splitlines()

    assert len(text.splitlines()) < 100
    assert all(isinstance(read_event(line, received_at=datetime.now(UTC)), Incoming) for line in examples)
