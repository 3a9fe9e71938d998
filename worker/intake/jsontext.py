"""JSON as the door reads it: exact numbers, each key once, no constants that JSON does not have."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from typing import Any, Final


class FaultyJsonError(ValueError):
    """Text that is no JSON, or JSON that could be read in two ways."""

    def __init__(self, path: str, found: str, allowed: str) -> None:
        super().__init__(f"{path}: found {found}; allowed: {allowed}")
        self.path = path
        self.found = found
        self.allowed = allowed


def parse(text: str) -> Any:
    """Read one JSON value; raises FaultyJsonError and nothing else."""
    with _told_as_fault():
        return _DECODER.decode(text)


def parse_at(text: str, place: int) -> tuple[Any, int]:
    """Read the JSON value that begins at a place, and where it ends; raises FaultyJsonError and nothing else."""
    with _told_as_fault():
        return _DECODER.raw_decode(text, place)


@contextmanager
def _told_as_fault() -> Iterator[None]:
    """Tell every way in which JSON can be faulty in words of ours."""
    try:
        yield
    except FaultyJsonError:
        raise
    except RecursionError:
        raise FaultyJsonError("(event)", "endless nesting", "a few levels") from None
    except json.JSONDecodeError as fault:
        found = f"no JSON: {fault.msg} at line {fault.lineno}, column {fault.colno}"
        raise FaultyJsonError("(event)", found, "one JSON object") from None
    except ValueError:
        raise FaultyJsonError("(event)", "a number of thousands of digits", "numbers that are quantities") from None


def is_deeper_than(levels: int, value: Any, text: str) -> bool:
    """Tell whether a parsed value nests deeper; `text` that has few brackets saves the walk."""
    if text.count("{") + text.count("[") <= levels:
        return False
    level = [value]
    for _ in range(levels):
        level = [item for one in level for item in (one.values() if isinstance(one, dict) else one) if _holds(item)]
    return bool(level)


def _holds(item: Any) -> bool:
    return isinstance(item, dict | list)


def _exact(text: str) -> Any:
    """Keep a fraction exact; one that even Decimal cannot hold stays text, for its field to refuse."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return text


def _no_constant(name: str) -> Any:
    raise FaultyJsonError("(event)", name, "numbers that JSON knows")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise FaultyJsonError(key, "the same key twice", "each key once")
            seen.add(key)
    return found


_DECODER: Final = json.JSONDecoder(parse_float=_exact, parse_constant=_no_constant, object_pairs_hook=_once)
