"""How a template reads an attribute of our own values: two hundred times a mail, so in a module that is compiled."""

from collections.abc import Callable
from typing import Any

Read = Callable[[Any, str], Any]


def reading(plain: frozenset[type], undefined: Callable[..., Any], otherwise: Read) -> Read:
    """Read public attributes of the types in `plain` at once, everything else in the sandbox's own way."""

    def read(value: Any, attribute: str) -> Any:
        if type(value) in plain and attribute[:1] != "_":
            try:
                return getattr(value, attribute)
            except AttributeError:
                return undefined(obj=value, name=attribute)
        return otherwise(value, attribute)

    return read
