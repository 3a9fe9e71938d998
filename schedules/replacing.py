"""A value with some of its fields changed: what `dataclasses.replace` does, in a module that is compiled."""

import dataclasses
from typing import Any, Final

FIELDS: Final[dict[type, tuple[str, ...]]] = {}
"""The fields that a type's values are made of, by type."""


def replaced(value: Any, **changes: Any) -> Any:
    """Give a value like another of its kind, but for these fields; TypeError for a field that it does not have."""
    kind = type(value)
    names = FIELDS.get(kind)
    if names is None:
        names = FIELDS[kind] = tuple(field.name for field in dataclasses.fields(value))
    given = {name: getattr(value, name) for name in names}
    given.update(changes)
    return kind(**given)
