"""Refusals for people: where, what was found, what is allowed, what to do."""

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError

from worker.intake.fields import IN_WORDS, RefusedError

LONGEST_SHOWN: Final = 80
MOST_REASONS: Final = 25
KINDS: Final = {dict: "an object", list: "a list", type(None): "null"}
TRUTHS: Final = {True: "true", False: "false"}


@dataclass(frozen=True, slots=True)
class Reason:
    """One fault of an event; `todo` is a hint, if there is one."""

    path: str
    found: str
    allowed: str
    todo: str = ""

    def __str__(self) -> str:
        hint = f"; {self.todo}" if self.todo else ""
        return f"{self.path}: found {self.found}; allowed: {self.allowed}{hint}"


def shown(value: Any) -> str:
    """Give a value as a person may see it: one line, no control characters, at most 80 characters."""
    if value is True or value is False:
        return TRUTHS[value]
    if type(value) in KINDS:
        return KINDS[type(value)]
    text = value if isinstance(value, str) else str(value)
    printable = "".join(char if char.isprintable() else "·" for char in text[: LONGEST_SHOWN + 1])
    if len(printable) > LONGEST_SHOWN:
        return f"{printable[: LONGEST_SHOWN - 1]}…"
    return printable if printable.strip() else "blank text"


def meant(word: str, allowed: Iterable[str]) -> str:
    """Ask whether the closest allowed word was meant; empty if none is close."""
    close = difflib.get_close_matches(word[:LONGEST_SHOWN], list(allowed), n=1, cutoff=0.6)
    return f"did you mean `{close[0]}`?" if close else ""


def from_validation(faults: ValidationError, model: type[BaseModel]) -> Iterator[Reason]:
    """Turn pydantic's findings into reasons, at most 25: the rest is counted."""
    found = faults.errors(include_url=False)
    for fault in islice(found, MOST_REASONS):
        yield _reason(fault, model)
    if len(found) > MOST_REASONS:
        yield Reason("(event)", f"{len(found) - MOST_REASONS} more faults", "none")


def _reason(fault: Any, model: type[BaseModel]) -> Reason:
    path, given, context = _path(fault["loc"]), fault["input"], fault.get("ctx") or {}
    refused = context.get("error")
    if isinstance(refused, RefusedError):
        return Reason(path, refused.found or shown(given), refused.allowed)
    match fault["type"]:
        case "missing":
            return Reason(path, "nothing", f"this {_part(path)} is required")
        case "extra_forbidden":
            allowed = _fields(model, fault["loc"][:-1])
            hint = meant(str(fault["loc"][-1]), allowed)
            return Reason(path, f"an unknown {_part(path)}", ", ".join(allowed), hint)
        case "enum" | "literal_error":
            return Reason(path, shown(given), str(context["expected"]).replace("'", ""), _word_meant(given, context))
        case "string_too_long":
            return Reason(path, f"{len(given)} characters", f"at most {context['max_length']} characters")
        case "string_pattern_mismatch":
            return Reason(path, shown(given), IN_WORDS[context["pattern"]])
        case "string_unicode":
            return Reason(path, "a lone surrogate", "text that is valid Unicode")
        case "too_long" | "too_short":
            return Reason(path, f"{context['actual_length']} items", _items(context))
        case "invalid_key":
            return Reason(path, "a field whose name is no text", "fields with names")
        case "model_type" | "model_attributes_type":
            return Reason(path, shown(given), "an object")
        case _:
            return Reason(path, shown(given), _plain(str(fault["msg"])))


def _plain(message: str) -> str:
    words = {"a valid string": "text", "a valid boolean": "true or false", "a valid list": "a list"}
    allowed = message.removeprefix("Input should be ").replace("a valid integer", "a whole number")
    return words.get(allowed, allowed)


def _items(context: Any) -> str:
    return f"at most {context['max_length']}" if "max_length" in context else f"at least {context['min_length']}"


def _word_meant(given: Any, context: Any) -> str:
    words = str(context["expected"]).replace("'", "").replace(" or ", ", ").split(", ")
    return meant(given, words) if isinstance(given, str) else ""


def _part(path: str) -> str:
    return "field" if path.startswith("data.") else "attribute"


def _path(steps: tuple[int | str, ...]) -> str:
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")
    return shown(path) if path else "(event)"


def _fields(model: type[BaseModel], path: tuple[int | str, ...]) -> tuple[str, ...]:
    """Give the fields that are allowed where an unknown one stood."""
    here = model
    for step in path:
        if isinstance(step, str):
            names = {field.alias or name: field for name, field in here.model_fields.items()}
            here = _model_in(names[step].annotation)
    return tuple(field.alias or name for name, field in here.model_fields.items())


def _model_in(annotation: Any) -> type[BaseModel]:
    options = (annotation, *get_args(annotation))
    return next(one for one in options if isinstance(one, type) and issubclass(one, BaseModel))
