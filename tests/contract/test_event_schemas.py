"""The exported JSON Schemas are in step with the models, and say what the door says."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from schedules.events import OURS, EventType
from tests.unit.intake.door import ALLOCATED, CONFIGURED, LINE, OPENED, event, knock
from worker.intake.models import MODELS
from worker.intake.reading import Incoming
from worker.intake.schemas import INDEX, files

FOLDER = Path(__file__).parents[2] / "docs" / "schemas"


def schema(kind):
    return json.loads((FOLDER / f"{kind}.json").read_text("utf-8"))


def valid(given):
    return Draft202012Validator(schema(given["type"])).is_valid(given)


def test_every_type_of_the_core_has_a_model():
    assert list(map(str, EventType)) != []
    assert set(MODELS) == set(map(str, set(EventType) - OURS))


def test_the_folder_holds_what_the_command_writes():
    found = {path.name: path.read_text("utf-8") for path in FOLDER.iterdir()}

    assert found == files(), "run: python -m worker.intake.schemas docs/schemas"


def test_the_index_names_every_schema():
    index = json.loads((FOLDER / INDEX).read_text("utf-8"))["events"]

    assert [row["type"] for row in index] == list(MODELS)
    assert {row["schema"] for row in index} == {path.name for path in FOLDER.iterdir()} - {INDEX}


@pytest.mark.parametrize("kind", MODELS)
def test_every_schema_is_valid_and_closed_and_every_field_is_described(kind):
    found = schema(kind)
    Draft202012Validator.check_schema(found)
    objects = [found, *(part for part in found["$defs"].values() if part["type"] == "object")]

    assert found["description"]
    assert found["properties"]["type"]["const"] == kind
    for one in objects:
        assert one["additionalProperties"] is False
        for name, field in one["properties"].items():
            assert field.get("description"), f"{one['title']}.{name}"


SAMPLES = {
    "an opening": (event("backorder.opened", OPENED), True),
    "a quantity as text": (event(data={**ALLOCATED, "available": "2.5"}), True),
    "a negative quantity": (event(data={**ALLOCATED, "available": -1}), False),
    "a fourth place": (event(data={**ALLOCATED, "available": "2.1234"}), False),
    "an unknown field": (event(data={**ALLOCATED, "colour": "red"}), False),
    "an unknown attribute": (event(tenant="a"), False),
    "no id": (event(id=...), False),
    "a naive time": (event(time="2026-05-20T09:00:00"), False),
    "a naive checkpoint": (event("backorder.opened", {**OPENED, "next_checkpoint": "2026-05-27T10:00:00"}), False),
    "a day as checkpoint": (event("backorder.opened", {**OPENED, "next_checkpoint": "2026-05-27"}), True),
    "a control character": (event("backorder.opened", {**OPENED, "product": "a\x00b"}), False),
    "a seller who is no slug": (event("seller.configured", {**CONFIGURED, "seller": "B M"}), False),
    "news about a line": (event("production.changed", {**LINE, "confirmed": True}), True),
    "news about an item": (event("production.changed", {"seller": "bergmann", "sku": "BX-120"}), True),
    "news about both": (event("production.changed", {**LINE, "sku": "BX-120"}), False),
    "a review of nothing": (event("review.recorded", {"seller": "bergmann", "by": "Eva"}), False),
    "a review of a line of no order": (
        event("review.recorded", {"seller": "bergmann", "sku": "BX-120", "line": "1", "by": "Eva"}),
        False,
    ),
}


@pytest.mark.parametrize(("sample", "expected"), SAMPLES.values(), ids=SAMPLES)
def test_schema_and_door_agree(sample, expected):
    assert valid(sample) is expected
    assert isinstance(knock(sample), Incoming) is expected


def test_a_schema_takes_exact_numbers_as_the_door_does():
    given = json.loads(json.dumps(event()).replace("100", "2.125"), parse_float=Decimal)

    assert valid(given)
