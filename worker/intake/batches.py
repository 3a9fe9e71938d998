"""Read a body that holds one event, or an array of them; each keeps the text it came as."""

import re
from datetime import datetime
from typing import Any, Final

from worker.intake.jsontext import FaultyJsonError, parse_at
from worker.intake.reading import Incoming, Refusal, read_event, read_parsed, refusal_of_fault

MOST_EVENTS: Final = 20_000
SPACE: Final = re.compile(r"[ \t\n\r]*")
STRUCTURE: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


def read_body(raw: bytes, received_at: datetime) -> list[Incoming | Refusal]:
    """Read all events of a body; FaultyJsonError if the body as a whole cannot be read.

    An element that is faulty in itself is refused alone, wherever its end can still be told.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeError:
        raise FaultyJsonError("(body)", "bytes that are no UTF-8", "JSON in UTF-8") from None
    start = _after_space(text, 0)
    if text[start : start + 1] != "[":
        return [read_event(raw, received_at=received_at)]
    return _elements(text, start + 1, received_at)


def _elements(text: str, place: int, received_at: datetime) -> list[Incoming | Refusal]:
    found: list[Incoming | Refusal] = []
    place = _after_space(text, place)
    if text[place : place + 1] == "]":
        _nothing_after(text, place + 1)
        return found
    while True:
        one, place = _element(text, place, received_at)
        found.append(one)
        if len(found) > MOST_EVENTS:
            raise FaultyJsonError("(body)", f"more than {MOST_EVENTS} events", "fewer in one request")
        place = _after_space(text, place)
        match text[place : place + 1]:
            case ",":
                place = _after_space(text, place + 1)
            case "]":
                _nothing_after(text, place + 1)
                return found
            case other:
                raise FaultyJsonError("(body)", f"no JSON: `{other}` after event {len(found)}", "`,` or `]`")


def _element(text: str, place: int, received_at: datetime) -> tuple[Incoming | Refusal, int]:
    try:
        value, end = parse_at(text, place)
    except FaultyJsonError as fault:
        return refusal_of_fault(fault), _end_of(text, place, fault)
    return _read(value, text[place:end], received_at), end


def _read(value: Any, body: str, received_at: datetime) -> Incoming | Refusal:
    try:
        return read_parsed(value, body, received_at)
    except UnicodeError:
        return refusal_of_fault(FaultyJsonError("(event)", "text that is no Unicode", "JSON in UTF-8"))


def _end_of(text: str, place: int, fault: FaultyJsonError) -> int:
    """Find where a faulty element ends, by its brackets; without any, the body cannot be read on."""
    depth = 0
    for found in STRUCTURE.finditer(text, place):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(found[0], 0)
        if depth <= 0:
            if depth < 0:
                break
            return found.end()
    raise fault


def _after_space(text: str, place: int) -> int:
    found = SPACE.match(text, place)
    return found.end() if found else place


def _nothing_after(text: str, place: int) -> None:
    if _after_space(text, place) != len(text):
        raise FaultyJsonError("(body)", "text after the array", "one array")


__all__ = ["MOST_EVENTS", "read_body"]
