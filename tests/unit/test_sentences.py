"""Sentences for the seller's people: complete, and each said once (R28)."""

import pytest

from schedules.changes import Name
from schedules.kinds import Kind
from schedules.obligations import Code
from worker.intake.models import MODELS
from worker.updates.sentences import CHANGE, OWNER_TOLD, changes_said, event_said, owner_told, why_sent


def section(**changed):
    values = {"changes": [], "merged": False, "promised": False, "kind": Kind.PARTIAL_RELEASE}
    return values | changed


def test_every_change_and_every_word_to_an_owner_has_a_sentence():
    assert set(CHANGE) == set(Name)
    assert set(OWNER_TOLD) == set(Code)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        pytest.param([], "", id="none"),
        pytest.param(["released", "released"], CHANGE[Name.RELEASED], id="each once"),
        pytest.param(["all-ready", "line-cleared"], CHANGE[Name.ALL_READY], id="the whole order says it"),
        pytest.param(["all-settled", "line-closed"], CHANGE[Name.ALL_SETTLED], id="closed as a whole"),
        pytest.param(["line-cleared"], CHANGE[Name.LINE_CLEARED], id="one of several"),
    ],
)
def test_changes_are_one_clause(names, said):
    assert changes_said(names) == said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param(section(changes=[{"name": "released"}]), "news for the buyer: a tenth", id="news"),
        pytest.param(section(promised=True), "the promised checkpoint came; no news", id="a checkpoint without news"),
        pytest.param(section(merged=True), "its checkpoint is near", id="went along"),
        pytest.param(section(), "reminded of an open decision", id="a reminder"),
        pytest.param(section(kind=Kind.CONTACT_CHANGED), "another contact", id="a farewell"),
    ],
)
def test_why_a_mail_went_out_is_a_sentence(given, said):
    assert said in why_sent(given)


def test_an_owner_reads_what_lacks():
    assert owner_told("lacks-facts", ["line 1: no text"]).endswith("line 1: no text")
    assert owner_told("decision-made", []) == "the buyer decided"


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        ("stock.allocated", {"order": "B-1", "line": "1", "available": 98}, "line 1 allocated available 98"),
        ("stock.received", {"sku": "BX", "units": 50}, "item BX received units 50"),
        ("production.changed", {"line": "2", "expected_on": None}, "line 2 production says no expected date"),
        (
            "production.changed",
            {"line": "2", "expected_on": "2026-06-01", "confirmed": True},
            "line 2 production says expected 2026-06-01 (confirmed)",
        ),
        ("review.recorded", {"order": "B-1", "by": "Anna"}, "reviewed by a person"),
        (
            "backorder.opened",
            {"order": "B-1", "line": "1", "sku": "BX", "ordered": 2, "next_checkpoint": "2026-06-01"},
            "line 1 opened ordered 2, next checkpoint 2026-06-01",
        ),
    ],
)
def test_an_event_is_one_line_without_names(kind, data, said):
    assert event_said(kind, data) == said
    assert kind in MODELS
