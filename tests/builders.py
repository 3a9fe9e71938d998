"""Builders with sane defaults: the standing case is 120 ordered, 80 ready, 40 waiting for final inspection."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from schedules.businessdays import Calendar
from schedules.calendars import calendars
from schedules.completeness import Wording
from schedules.correspondence import Correspondence, Team, Thread, Told
from schedules.events import Event, EventType, Person, typed
from schedules.facts import LineFacts, OrderFacts
from schedules.fold import fold
from schedules.kinds import Kind
from schedules.phrasebook import Phrasebook, PhraseEntry
from schedules.promises import Promise, kept_until
from schedules.rhythm import DEFAULT
from schedules.window import window
from worker.intake.stored import to_event

BERLIN = "Europe/Berlin"
OWNER = Person(name="Order desk North", email="north@bergmann.example.com")
ESCALATION = Person(name="Head of order desk", email="head@bergmann.example.com")
TEAM = Team(default_owner=OWNER, escalation=ESCALATION)
WHERE = calendars(BERLIN, Calendar(), BERLIN, Calendar(), DEFAULT)
CAUSES = (
    "inspection_hold",
    "production_delay",
    "supplier_timing",
    "fast_moving",
    "promotion",
    "stock_error",
    "transport",
)
PHRASES = {cause: PhraseEntry(key=cause, version="1", text=f"Approved text for {cause}") for cause in CAUSES}
WORDING = Wording(Phrasebook(phrases=PHRASES))


def at(day: int, hour: int = 9, minute: int = 0, month: int = 5) -> datetime:
    """A moment of 2026 by Berlin's clock in summer; 20 May 2026 is a Wednesday."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC) - timedelta(hours=2)


def opening(**changed: Any) -> dict[str, Any]:
    line = {
        "seller": "bergmann",
        "order": "B-1042",
        "po": "4500017733",
        "buyer": {"company": "Muster Maschinenbau", "contact": {"name": "Purchasing", "email": "p@muster.example.com"}},
        "line": "1",
        "sku": "BX-120",
        "product": "Linear bearing block 20 mm",
        "ordered": 120,
        "available": 80,
        "cause": "inspection_hold",
    }
    return {name: value for name, value in (line | changed).items() if value is not None}


def seller(**changed: Any) -> dict[str, Any]:
    return {
        "seller": "bergmann",
        "name": "Bergmann Linear",
        "timezone": BERLIN,
        "country": "DE",
        "from": {"name": "Bergmann Linear", "email": "updates@bergmann.example.com"},
        "order_desk": "orders@bergmann.example.com",
        "support": "support@bergmann.example.com",
        "default_owner": {"name": OWNER.name, "email": OWNER.email},
        "escalation": {"name": ESCALATION.name, "email": ESCALATION.email},
    } | changed


def cloud(kind: str, moment: datetime, data: dict[str, Any], number: Any = None, **more: Any) -> dict[str, Any]:
    identity = f"{kind}@{moment.isoformat()}" if number is None else str(number)
    event = {"specversion": "1.0", "id": identity, "source": "erp", "type": kind, "time": moment.isoformat()}
    return event | {"data": data} | more


def of_line(**data: Any) -> dict[str, Any]:
    return {"seller": "bergmann", "order": "B-1042", "line": "1"} | data


def core_event(kind: str, moment: datetime, number: Any = None, **data: Any) -> Event:
    attributes = cloud(kind, moment, data, number)
    return to_event(json.dumps(attributes))


OPENED_AT = at(20)


def opened(moment: datetime = OPENED_AT, **changed: Any) -> Event:
    return core_event("backorder.opened", moment, **opening(**changed))


def line_facts(*events: Event, **changed: Any) -> LineFacts:
    facts = fold(events or [opened()]).facts
    assert facts is not None
    return replace(facts, **changed)


def order_facts(*lines: LineFacts, **changed: Any) -> OrderFacts:
    return OrderFacts(order="B-1042", po="4500017733", owner=OWNER, lines=lines or (line_facts(),), **changed)


def thread(facts: OrderFacts | None = None, **changed: Any) -> Thread:
    arrived = changed.pop("arrived", at(20))
    values = {
        "thread_id": 1,
        "facts": facts or order_facts(),
        "opened_at": at(20),
        "company": "Muster Maschinenbau",
        "window": window(None, arrived, WHERE.sending, DEFAULT, moved=True, pending=True),
    }
    return Thread(**(values | changed))


def told_thread(facts: OrderFacts, told: OrderFacts, checkpoint: Any, accepted_at: datetime, **changed: Any) -> Thread:
    promise = Promise(made_at=accepted_at, checkpoint=checkpoint, kept_until=kept_until(checkpoint, WHERE, DEFAULT))
    said = Told(facts=told, accepted_at=accepted_at, kind=Kind.FIRST_NOTICE, checkpoint=checkpoint)
    return thread(facts, told=said, promise=promise, window=changed.pop("window", None), **changed)


def correspondence(*threads: Thread, **changed: Any) -> Correspondence:
    return Correspondence(**({"address": "p@muster.example.com", "team": TEAM, "threads": threads} | changed))


__all__ = [name for name in globals() if not name.startswith("_")] + ["EventType", "typed"]
