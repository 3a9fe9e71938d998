"""How a dataclass's values are taken apart and put together again, found out once per class.

A class that is compiled brings a quick way for both (`tools/constructors.py`); any other one goes by its fields' names.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any, Final


class Shape:
    """The fields that a class's values are given: those without a default first."""

    def __init__(self, kind: Any) -> None:
        given = [one for one in dataclasses.fields(kind) if one.init]
        self.fields: Final = sorted(given, key=has_default)
        self.names: Final = tuple([one.name for one in self.fields])
        self.places: Final = {name: place for place, name in enumerate(self.names)}
        self._kind: Final = kind
        self._quick: Final = "__reduce__" in vars(kind)

    def apart(self, value: Any) -> tuple[Any, ...]:
        """Give what a value's fields hold, in the order of `names`."""
        if self._quick:
            held: tuple[Any, ...] = value.__reduce__()[1]
            return held
        return tuple([getattr(value, name) for name in self.names])

    def together(self, held: Sequence[Any]) -> Any:
        """Make a value of what its fields are to hold, in the order of `names`."""
        return self._kind(*held) if self._quick else self._kind(**dict(zip(self.names, held, strict=True)))


def has_default(field: "dataclasses.Field[Any]") -> bool:
    """Tell whether a field need not be given."""
    return field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING


SHAPES: Final[dict[type, Shape]] = {}


def shape_of(kind: Any) -> Shape:
    """Give a dataclass's shape; TypeError if it is none."""
    found = SHAPES.get(kind)
    if found is None:
        found = SHAPES[kind] = Shape(kind)
    return found


def replaced(value: Any, **changes: Any) -> Any:
    """Give a value like another of its kind, but for these fields; TypeError for a field that it does not have."""
    shape = shape_of(type(value))
    held = list(shape.apart(value))
    for name, other in changes.items():
        place = shape.places.get(name)
        if place is None:
            raise TypeError(f"{type(value).__name__} has no field {name}")
        held[place] = other
    return shape.together(held)
