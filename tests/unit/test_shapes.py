"""Values taken apart and put together: with some fields changed, or from what was kept of them (ADR 0089)."""

import copy
import dataclasses
import pickle
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from schedules.correspondence import PastUpdate
from schedules.events import Person
from schedules.facts import Decision
from schedules.kinds import Choice
from schedules.phrasebook import Phrasebook
from schedules.shapes import replaced, shape_of
from worker.storage.codec import decode, encode

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


def test_what_is_put_together_from_its_parts_is_the_same_value():
    shape = shape_of(Decision)
    value = Decision(choice=Choice.SPLIT, units=Decimal(40), approved=True, at=AT)

    assert shape.together(shape.apart(value)) == value
    assert dict(zip(shape.names, shape.apart(value), strict=True)) == {
        field.name: getattr(value, field.name) for field in dataclasses.fields(Decision)
    }


def test_a_value_can_be_copied_and_pickled():
    value = Decision(choice=Choice.SPLIT, units=Decimal(40), approved=True, at=AT)

    assert copy.copy(value) == copy.deepcopy(value) == pickle.loads(pickle.dumps(value)) == value


def test_what_has_no_default_is_named_where_a_kept_value_lacks_it():
    with pytest.raises(TypeError, match="Decision lacks approved, choice"):
        decode(Decision, {"at": "2026-05-20T09:00:00+00:00"})


def test_what_a_kept_value_lacks_is_made_anew_each_time():
    one, other = decode(Phrasebook, {}), decode(Phrasebook, {})

    assert one == other == Phrasebook()
    assert one.phrases is not other.phrases


def test_a_kept_value_that_an_enumeration_does_not_have_is_an_error():
    with pytest.raises(ValueError, match="'later' is not a valid Choice"):
        decode(Decision, {"choice": "later", "approved": True, "at": "2026-05-20T09:00:00+00:00"})


def test_a_member_is_kept_as_its_text_and_read_as_itself():
    kept = encode(Choice.SPLIT)

    assert (kept, type(kept)) == ("split", str)
    assert decode(Choice, kept) is Choice.SPLIT
