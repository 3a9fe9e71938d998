"""Refusals for people: where, what was found, what is allowed, what was meant."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from worker.intake.fields import RefusedError

LONGEST_SHOWN: Final = 80


@dataclass(frozen=True, slots=True)
class Reason:
    """One fault of an event."""

    path: str
    found: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.path}: found {self.found}; allowed: {self.allowed}"


def shown(value: Any) -> str:
    """Give a value as a person may see it: one line, no control characters, at most 80 characters."""
    text = value if isinstance(value, str) else re.sub(r"\s+", " ", str(value))
    printable = "".join(char if char.isprintable() else "·" for char in text[: LONGEST_SHOWN + 1])
    return f"{printable[:LONGEST_SHOWN]}…" if len(text) > LONGEST_SHOWN else printable or "nothing"


def nearest(word: str, allowed: tuple[str, ...]) -> str:
    """Name the closest allowed word, else all."""
    close = difflib.get_close_matches(word, allowed, n=1, cutoff=0.6)
    return f"did you mean `{close[0]}`?" if close else ", ".join(allowed)


def from_validation(faults: ValidationError, model: type[BaseModel]) -> Iterator[Reason]:
    """Turn pydantic's findings into reasons."""
    seen = set()
    for fault in faults.errors(include_url=False):
        reason = _reason(fault, model)
        if reason not in seen:
            seen.add(reason)
            yield reason


def _reason(fault: Any, model: type[BaseModel]) -> Reason:
    path = ".".join(["data", *(str(step) for step in fault["loc"])])
    context = fault.get("ctx") or {}
    refused = context.get("error")
    if isinstance(refused, RefusedError):
        return Reason(path, refused.found or shown(fault["input"]), refused.allowed)
    match fault["type"]:
        case "missing":
            return Reason(path, "nothing", "this field is required")
        case "extra_forbidden":
            return Reason(
                shown(path), "an unknown field", nearest(str(fault["loc"][-1]), _fields(model, fault["loc"][:-1]))
            )
        case "enum" | "literal_error":
            return Reason(path, shown(fault["input"]), str(context.get("expected", "")).replace("'", "`"))
        case "string_too_long":
            found = f"{len(fault['input'])} characters"
            return Reason(path, found, f"at most {context['max_length']} characters")
        case "string_pattern_mismatch":
            return Reason(path, shown(fault["input"]), f"text of the form {context['pattern']}")
        case _:
            return Reason(path, _kind_or_value(fault["input"]), str(fault["msg"]).removeprefix("Input should be "))


def _kind_or_value(value: Any) -> str:
    names = {dict: "an object", list: "a list", type(None): "null", bool: "true or false"}
    return names.get(type(value)) or shown(value)


def _fields(model: type[BaseModel], path: tuple[Any, ...]) -> tuple[str, ...]:
    """Give the fields that are allowed where an unknown one stood."""
    here: Any = model
    for step in path:
        field = here.model_fields.get(step) if hasattr(here, "model_fields") else None
        here = _model_in(field.annotation) if field else None
        if here is None:
            return ()
    return tuple(field.alias or name for name, field in here.model_fields.items())


def _model_in(annotation: Any) -> Any:
    options = (annotation, *getattr(annotation, "__args__", ()))
    return next((one for one in options if isinstance(one, type) and issubclass(one, BaseModel)), None)
