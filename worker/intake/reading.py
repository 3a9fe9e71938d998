"""Read events from JSON: an `Incoming`, or a `Refusal` with every reason (R2, R6)."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, BinaryIO, Final

from pydantic import TypeAdapter, ValidationError

from schedules.events import QUANTITIES, Event, EventType
from schedules.quantities import plain
from worker.intake.fields import RefusedError, moment
from worker.intake.models import MODELS
from worker.intake.reasons import Reason, from_validation, nearest, shown
from worker.intake.stored import from_attributes

AHEAD_AT_MOST: Final = timedelta(minutes=5)
LARGEST_EVENT: Final = 256 * 1024
LONGEST_LINE: Final = 1024 * 1024
DEEPEST: Final = 20
REQUIRED: Final = ("specversion", "id", "source", "type", "time", "data")
OPTIONAL: Final = ("subject", "datacontenttype", "dataschema", "seenat")
LONGEST_NAME: Final = 200
ADAPTERS: Final = {name: TypeAdapter(model) for name, model in MODELS.items()}


@dataclass(frozen=True, slots=True)
class Incoming:
    """A valid event with the text it came as, and a digest of what it says."""

    event: Event
    body: str
    digest: bytes
    seen_at: datetime | None
    seller: str
    order: str | None
    line: str | None
    sku: str | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an event was refused; id and source where they could be read."""

    source: str
    id: str
    reasons: tuple[Reason, ...]


class _DuplicateKeyError(ValueError):
    pass


def read_event(raw: bytes | str, *, received_at: datetime, trust_seenat: bool = False) -> Incoming | Refusal:
    """Read one event; never raises for bad input. `trust_seenat` measures R2's five minutes from `seenat` (replay)."""
    if len(raw) > LARGEST_EVENT:
        return _refusal(Reason("(event)", f"{len(raw)} bytes", f"at most {LARGEST_EVENT} bytes"))
    try:
        body = raw.decode("utf-8-sig") if isinstance(raw, bytes) else raw
        value = json.loads(body, parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_once)
    except UnicodeDecodeError:
        return _refusal(Reason("(event)", "bytes that are no UTF-8", "JSON in UTF-8"))
    except _DuplicateKeyError as fault:
        return _refusal(Reason(str(fault), "the same key twice", "each key once"))
    except RecursionError:
        return _refusal(Reason("(event)", "endless nesting", f"at most {DEEPEST} levels"))
    except ValueError as fault:
        return _refusal(Reason("(event)", f"no JSON ({shown(str(fault))})", "one JSON object"))
    return _read(value, body.strip(), received_at, trust_seenat=trust_seenat)


def read_value(value: Any, *, received_at: datetime) -> Incoming | Refusal:
    """Read an event that was parsed already, as a Celery task gets it."""
    try:
        return read_event(json.dumps(value, ensure_ascii=False), received_at=received_at)
    except (TypeError, ValueError, RecursionError) as fault:
        return _refusal(Reason("(event)", f"no JSON ({shown(str(fault))})", "one JSON object"))


def read_lines(
    stream: BinaryIO, received_at: datetime, *, trust_seenat: bool = False
) -> Iterator[tuple[int, Incoming | Refusal]]:
    """Read JSON Lines one by one; a line that is too long is refused without being held whole."""
    number = 0
    while line := stream.readline(LONGEST_LINE):
        number += 1
        if len(line) >= LONGEST_LINE and not line.endswith(b"\n"):
            while (rest := stream.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                pass
            found = f"a line of more than {LONGEST_LINE} bytes"
            yield number, _refusal(Reason("(line)", found, f"at most {LARGEST_EVENT} bytes"))
        elif line.strip():
            yield number, read_event(line, received_at=received_at, trust_seenat=trust_seenat)


def _read(value: Any, body: str, received_at: datetime, *, trust_seenat: bool) -> Incoming | Refusal:
    if not isinstance(value, dict):
        return _refusal(Reason("(event)", shown(value), "one JSON object"))
    source, identity = _text_or_nothing(value, "source"), _text_or_nothing(value, "id")
    if _depth(value) > DEEPEST:
        return Refusal(source, identity, (Reason("(event)", "deep nesting", f"at most {DEEPEST} levels"),))
    reasons = [*_envelope_faults(value), *_data_faults(value)]
    seen_at = None
    if "seenat" in value:
        seen_at = _moment_or_reason(value, "seenat", reasons)
    happened = _moment_or_reason(value, "time", reasons) if "time" in value else None
    reference = seen_at if trust_seenat and seen_at else None if trust_seenat else received_at
    if happened and reference and happened > reference + AHEAD_AT_MOST:
        found = f"{value['time']}, which lies ahead of its receipt at {reference.isoformat()}"
        reasons.append(Reason("time", found, "at most 5 minutes ahead"))
    if not reasons and _has_surrogates(body):
        reasons.append(Reason("(event)", "a lone surrogate", "text that is valid Unicode"))
    if reasons:
        return Refusal(source, identity, tuple(reasons))
    data = value["data"]
    return Incoming(
        event=from_attributes(value),
        body=body,
        digest=digest(value),
        seen_at=seen_at,
        seller=data["seller"],
        order=data.get("order"),
        line=data.get("line"),
        sku=data.get("sku"),
    )


def digest(attributes: Mapping[str, Any]) -> bytes:
    """Give the SHA-256 of what an event says, whatever the order of its keys or the form of its figures."""
    said = {name: attributes[name] for name in ("type", "data")}
    said["time"] = moment(attributes["time"]).isoformat()
    canonical = json.dumps(_canonical(said), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).digest()


def _canonical(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _canonical(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | Decimal) or (name in QUANTITIES and isinstance(value, str)):
        return plain(Decimal(value).normalize())
    return value


def _envelope_faults(value: dict[str, Any]) -> Iterator[Reason]:
    for name in REQUIRED:
        if name not in value:
            yield Reason(name, "nothing", "this attribute is required")
    for name in value.keys() - {*REQUIRED, *OPTIONAL}:
        yield Reason(shown(name), "an unknown attribute", nearest(str(name), (*REQUIRED, *OPTIONAL)))
    if value.get("specversion", "1.0") != "1.0":
        yield Reason("specversion", shown(value["specversion"]), "1.0")
    if value.get("datacontenttype", "application/json") != "application/json":
        yield Reason("datacontenttype", shown(value["datacontenttype"]), "application/json")
    for name in ("id", "source"):
        text = value.get(name, "x")
        if not isinstance(text, str) or not 0 < len(text) <= LONGEST_NAME or not text.isprintable():
            yield Reason(name, shown(text), f"1 to {LONGEST_NAME} printable characters")


def _data_faults(value: dict[str, Any]) -> Iterator[Reason]:
    if "type" not in value or "data" not in value:
        return
    adapter = ADAPTERS.get(value["type"]) if isinstance(value["type"], str) else None
    if adapter is None:
        yield Reason("type", shown(value["type"]), nearest(str(value["type"]), tuple(MODELS)))
        return
    try:
        adapter.validate_python(value["data"])
    except ValidationError as faults:
        yield from from_validation(faults, MODELS[value["type"]])


def _moment_or_reason(value: dict[str, Any], name: str, reasons: list[Reason]) -> datetime | None:
    try:
        return moment(value[name])
    except RefusedError as refused:
        reasons.append(Reason(name, shown(value[name]), refused.allowed))
        return None


def _refusal(reason: Reason) -> Refusal:
    return Refusal("", "", (reason,))


def _text_or_nothing(value: dict[str, Any], name: str) -> str:
    text = value.get(name)
    return shown(text) if isinstance(text, str) else ""


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _DuplicateKeyError(shown(key))
            seen.add(key)
    return found


def _has_surrogates(body: str) -> bool:
    return "\\ud" in body.lower() and any("\ud800" <= char <= "\udfff" for char in str(json.loads(body)))


def _depth(value: Any) -> int:
    level, found = [value], 0
    while level:
        found += 1
        if found > DEEPEST:
            break
        level = [
            item
            for one in level
            if isinstance(one, dict | list)
            for item in (one.values() if isinstance(one, dict) else one)
            if isinstance(item, dict | list)
        ]
    return found


__all__ = ["EventType", "Incoming", "Reason", "Refusal", "read_event", "read_lines", "read_value"]
