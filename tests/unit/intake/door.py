"""What the tests of the intake door share: an event in JSON, and knocking with it."""

import json
from datetime import UTC, datetime

from worker.intake.reading import Incoming, Refusal, read_event

RECEIVED_AT = datetime(2026, 5, 20, 8, tzinfo=UTC)

LINE = {"seller": "bergmann", "order": "B-1042", "line": "1"}
BUYER = {
    "company": "Muster Maschinenbau",
    "contact": {"name": "Jana Keller", "email": "jana.keller@muster.example", "country": "DE", "region": "BY"},
}
OPENED = {
    **LINE,
    "buyer": BUYER,
    "sku": "BX-120",
    "product": "Linear bearing block 20 mm",
    "ordered": 120,
    "available": 80,
    "cause": "inspection_hold",
}
SOMEBODY = {"name": "Eva Brandt", "email": "eva.brandt@bergmann.example"}
CONFIGURED = {
    "seller": "bergmann",
    "name": "Bergmann Linear",
    "timezone": "Europe/Berlin",
    "country": "DE",
    "from": SOMEBODY,
    "order_desk": "orders@bergmann.example",
    "support": "https://bergmann.example/help",
    "default_owner": SOMEBODY,
    "escalation": SOMEBODY,
}
ALLOCATED = {**LINE, "available": 100}


def event(kind="stock.allocated", data=None, **attributes):
    envelope = {
        "specversion": "1.0",
        "id": "bergmann-0001",
        "source": "erp.bergmann.example",
        "type": kind,
        "time": "2026-05-20T09:00:00+02:00",
        "data": ALLOCATED if data is None else data,
    }
    return {name: value for name, value in {**envelope, **attributes}.items() if value is not ...}


def knock(given, **how):
    raw = given if isinstance(given, str | bytes) else json.dumps(given)
    return read_event(raw, received_at=RECEIVED_AT, **how)


def accepted(given, **how):
    found = knock(given, **how)
    assert isinstance(found, Incoming), [str(reason) for reason in found.reasons]
    return found


def reasons(given, **how):
    found = knock(given, **how)
    assert isinstance(found, Refusal), "accepted"
    return [str(reason) for reason in found.reasons]
