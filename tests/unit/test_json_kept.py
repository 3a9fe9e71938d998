"""What is kept of a mail as JSON: all fields, whatever their values are."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from schedules.decisions import Action
from schedules.facts import LineFacts
from schedules.kinds import Cause
from worker.storage.codec import as_json, encode


@dataclass(frozen=True)
class Held:
    action: Action
    facts: LineFacts
    seen: frozenset[str] = frozenset({"a"})
    more: tuple["Held", ...] = ()
    on: date | None = None


NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)
LINE = LineFacts(
    line="1",
    sku="S-1",
    ordered=Decimal("12.500"),
    cause=Cause.SUPPLIER_TIMING,
    opened_at=NOON,
    changed_at=NOON,
    confirmed_at=NOON,
)


def test_all_fields_are_written_of_values_within_values():
    held = Held(Action.SENT, LINE, more=(Held(Action.WAITING, LINE, on=date(2026, 5, 21)),))

    written = json.loads(as_json({"items": [held]}))

    assert written == {"items": [json.loads(json.dumps(encode(held)))]}
    assert written["items"][0]["facts"]["ordered"] == "12.500"
    assert written["items"][0]["more"][0]["action"] == "waiting"
    assert written["items"][0]["more"][0]["on"] == "2026-05-21"
