"""A value with some fields changed is what `dataclasses.replace` gives (ADR 0080)."""

import dataclasses
from datetime import UTC, datetime

import pytest

from schedules.correspondence import PastUpdate
from schedules.events import Person
from schedules.replacing import replaced

AT = datetime(2026, 5, 20, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "changes"),
    [
        (Person(name="Jo", email="jo@muster.example.com"), {"name": "Al"}),
        (Person(name="Jo"), {}),
        (PastUpdate(AT, free=True), {"free": False}),
    ],
)
def test_it_gives_what_the_standard_library_gives_and_leaves_the_value_alone(value, changes):
    before = dataclasses.asdict(value)

    assert replaced(value, **changes) == dataclasses.replace(value, **changes)
    assert dataclasses.asdict(value) == before


def test_a_field_that_it_does_not_have_is_an_error():
    with pytest.raises(TypeError, match="nickname"):
        replaced(Person(name="Jo"), nickname="J")
