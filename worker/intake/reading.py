"""Read events from JSON: an `Incoming`, or a `Refusal` with every reason (R2, R6)."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, BinaryIO, Final

import orjson
from pydantic import ValidationError

from schedules.events import QUANTITIES, Event
from schedules.quantities import plain
from worker.intake.envelope import WHOLE, Envelope
from worker.intake.fields import RefusedError, moment
from worker.intake.jsontext import FaultyJsonError, is_deeper_than, parse
from worker.intake.models import MODELS
from worker.intake.reasons import Reason, from_validation, meant, shown
from worker.intake.stored import event_saying, said

AHEAD_AT_MOST: Final = timedelta(minutes=5)
LARGEST_EVENT: Final = 256 * 1024
LONGEST_LINE: Final = 1024 * 1024
DEEPEST: Final = 20
LONGEST_IDENTITY: Final = 200
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


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
    contact: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an event was refused; source and id where they could be read, else empty."""

    source: str
    id: str
    reasons: tuple[Reason, ...]


def read_event(raw: bytes | str, *, received_at: datetime, trust_seenat: bool = False) -> Incoming | Refusal:
    """Read one event; never raises for bad input. `trust_seenat` measures R2's five minutes from `seenat` (replay)."""
    try:
        raw = raw if isinstance(raw, bytes) else raw.encode()
        if len(raw) > LARGEST_EVENT:
            return _refusal(Reason("(event)", f"{len(raw)} bytes", f"at most {LARGEST_EVENT} bytes"))
        body = raw.decode("utf-8-sig").strip()
        value = parse(body)
    except UnicodeError:
        return _refusal(Reason("(event)", "bytes that are no UTF-8", "JSON in UTF-8"))
    except FaultyJsonError as fault:
        return refusal_of_fault(fault)
    return _read(value, body, received_at, trust_seenat=trust_seenat)


def read_parsed(value: Any, body: str, received_at: datetime) -> Incoming | Refusal:
    """Read an event that was parsed from `body`, a part of a larger text; UnicodeError for text that is none."""
    size = len(body.encode())
    if size > LARGEST_EVENT:
        return _refusal(Reason("(event)", f"{size} bytes", f"at most {LARGEST_EVENT} bytes"))
    return _read(value, body, received_at, trust_seenat=False)


def refusal_of_fault(fault: FaultyJsonError) -> Refusal:
    """Refuse an event whose text is no JSON, or could be read in two ways."""
    return _refusal(Reason(shown(fault.path), shown(fault.found), fault.allowed))


def read_value(value: Any, *, received_at: datetime) -> Incoming | Refusal:
    """Read an event that was parsed already, as a Celery task gets it."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError) as fault:
        return _refusal(Reason("(event)", f"no JSON ({shown(str(fault))})", "one JSON object"))
    return read_event(text, received_at=received_at)


def read_own(value: dict[str, Any], *, received_at: datetime) -> Incoming | Refusal:
    """Read an event that this process put together of plain exact values: it is judged like any other."""
    return _read(value, orjson.dumps(value).decode(), received_at, trust_seenat=False)


def read_lines(
    stream: BinaryIO, received_at: datetime, *, trust_seenat: bool = False
) -> Iterator[tuple[int, Incoming | Refusal]]:
    """Read JSON Lines one by one; a line that is too long is refused without being held whole."""
    number = 0
    while line := stream.readline(LONGEST_LINE):
        number += 1
        if number == 1:
            line = line.removeprefix(BYTE_ORDER_MARK)
        if len(line) >= LONGEST_LINE - len(BYTE_ORDER_MARK) and not line.endswith(b"\n"):
            _skip_rest(stream)
            found = f"a line of more than {LARGEST_EVENT} bytes"
            yield number, _refusal(Reason("(line)", found, f"at most {LARGEST_EVENT} bytes"))
        elif line.strip():
            yield number, read_event(line, received_at=received_at, trust_seenat=trust_seenat)


def _skip_rest(stream: BinaryIO) -> None:
    while (rest := stream.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
        pass


def _read(value: Any, body: str, received_at: datetime, *, trust_seenat: bool) -> Incoming | Refusal:
    if not isinstance(value, dict):
        return _refusal(Reason("(event)", shown(value), "one JSON object"))
    if is_deeper_than(DEEPEST, value, body):
        return _refusal_of(value, [Reason("(event)", "deep nesting", f"at most {DEEPEST} levels")])
    kind = value.get("type")
    known = kind if isinstance(kind, str) and kind in MODELS else None
    model = WHOLE[known] if known else Envelope
    try:
        found = model.__pydantic_validator__.validate_python(value)
    except ValidationError as faults:
        reasons = [*_type_faults(value), *from_validation(faults, model)]
        return _refusal_of(value, reasons + _clock_faults(value, received_at, trust_seenat=trust_seenat))
    reasons = [*_type_faults(value), *_ahead(found.time, found.seenat, received_at, trust_seenat=trust_seenat)]
    return _refusal_of(value, reasons) if reasons else _incoming(value, body, found)


def _incoming(value: dict[str, Any], body: str, found: Envelope) -> Incoming:
    data = value["data"]
    words = said(data)
    event = event_saying(words, value, found.time)
    return Incoming(
        event=event,
        body=body,
        digest=digest(event, words),
        seen_at=found.seenat,
        seller=data["seller"],
        order=data.get("order"),
        line=data.get("line"),
        sku=data.get("sku") if data.get("order") is None else None,
        contact=_contact(data),
    )


def _contact(data: dict[str, Any]) -> str | None:
    """Give the address that a change of contact or a preference is about."""
    named = data.get("from") if isinstance(data.get("contact"), dict) else data.get("contact")
    return named.casefold() if isinstance(named, str) else None


def digest(event: Event, words: dict[str, Any]) -> bytes:
    """Give the SHA-256 of what an event says, whatever the order of its keys or the form of its figures."""
    figures = {name: plain(event.data[name]) for name in QUANTITIES & words.keys()}
    dated = [] if event.asof is None else [str(event.asof)]
    canonical = orjson.dumps([event.type, event.time.isoformat(), words | figures, *dated], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(canonical).digest()


def _type_faults(value: dict[str, Any]) -> Iterator[Reason]:
    kind = value.get("type")
    if "type" in value and not (isinstance(kind, str) and kind in MODELS):
        yield Reason("type", shown(kind), ", ".join(MODELS), meant(kind, MODELS) if isinstance(kind, str) else "")


def _clock_faults(value: dict[str, Any], received_at: datetime, *, trust_seenat: bool) -> list[Reason]:
    """Judge the time of an event that is refused anyhow, so that its sender sees all faults at once."""
    happened = _moment_or_none(value.get("time"))
    seen_at = _moment_or_none(value.get("seenat"))
    return list(_ahead(happened, seen_at, received_at, trust_seenat=trust_seenat)) if happened else []


def _ahead(
    happened: datetime, seen_at: datetime | None, received_at: datetime, *, trust_seenat: bool
) -> Iterator[Reason]:
    """Refuse a time that lies ahead of receipt (R2); in a replay, receipt is `seenat`, else the time itself."""
    receipt = (seen_at or happened) if trust_seenat else received_at
    if happened - receipt > AHEAD_AT_MOST:
        found = f"{happened.isoformat()}, which lies ahead of its receipt at {receipt.isoformat()}"
        yield Reason("time", found, "at most 5 minutes ahead")


def _moment_or_none(value: Any) -> datetime | None:
    try:
        return moment(value)
    except RefusedError:
        return None


def _refusal(reason: Reason) -> Refusal:
    return Refusal("", "", (reason,))


def _refusal_of(value: dict[str, Any], reasons: list[Reason]) -> Refusal:
    return Refusal(_identity(value.get("source")), _identity(value.get("id")), tuple(reasons))


def _identity(text: Any) -> str:
    """Give an identity whole if it is one, so that its sender finds it again; else as much as can be shown."""
    if not isinstance(text, str):
        return ""
    return text if len(text) <= LONGEST_IDENTITY and text.isprintable() else shown(text)


__all__ = ["Incoming", "Reason", "Refusal", "read_event", "read_lines", "read_value"]
