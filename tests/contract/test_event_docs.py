"""The page for integrators: every type has an example, every example runs, and together they tell one story."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from schedules.fold import fold
from tests.contract.test_event_schemas import schema
from worker.intake.envelope import WHOLE
from worker.intake.models import MODELS
from worker.intake.reading import Incoming, read_event
from worker.intake.stored import to_event

PAGE = (Path(__file__).parents[2] / "docs" / "events.md").read_text("utf-8")
EXAMPLES = re.findall(r"### (\S+)\n.*?```json\n(.*?)```", PAGE, re.DOTALL)
LATER = datetime(2026, 7, 1, tzinfo=UTC)
NO_REAL_DOMAIN = re.compile(r"@([a-z0-9.-]+\.)?(example\.com|example\.org|example)$|@[a-z0-9-]+\.example$")

examples = pytest.mark.parametrize(("kind", "text"), EXAMPLES, ids=[kind for kind, _ in EXAMPLES])


def test_every_type_has_one_example_and_there_is_no_other():
    assert sorted(kind for kind, _ in EXAMPLES) == sorted(MODELS)
    assert PAGE.count("```json") == len(EXAMPLES)


@examples
def test_every_example_is_what_its_heading_says_and_fits_model_and_schema(kind, text):
    value = json.loads(text)

    assert value["type"] == kind
    WHOLE[kind].model_validate(value)
    Draft202012Validator(schema(kind)).validate(value)


@examples
def test_the_door_takes_every_example(kind, text):
    assert isinstance(read_event(text, received_at=LATER), Incoming), kind


def test_the_examples_tell_one_story_in_which_everything_adds_up():
    events = [to_event(text) for _, text in EXAMPLES]
    of_line = [event for event in events if event.data.get("order") == "B-1042"]
    folded = fold(of_line)

    assert len({event.id for event in events}) == len(events)
    assert {event.data["seller"] for event in events} == {"bergmann"}
    assert not folded.waiting
    assert folded.facts.delayed == 0
    assert folded.facts.shipped + folded.facts.cancelled == 120


def test_all_addresses_belong_to_nobody():
    addresses = re.findall(r"[\w.-]+@[\w.-]+", PAGE)

    assert addresses
    assert all(NO_REAL_DOMAIN.search(address) for address in addresses)


def test_the_refusals_shown_are_what_the_door_says():
    allocated = {"seller": "bergmann", "order": "B-1042", "line": "1", "available": 100}
    opened = next(json.loads(text) for kind, text in EXAMPLES if kind == "backorder.opened")
    faulty = [
        {**opened, "data": {**opened["data"], "ordered": -3}},
        {**opened, "type": "stock.allocated", "data": {**allocated, "avail": 100}},
    ]

    for value in faulty:
        (reason,) = read_event(json.dumps(value), received_at=LATER).reasons
        assert f" rejected: {reason}\n" in PAGE
