"""What `/events` and `/bounces` answer: models for the OpenAPI document, and its examples."""

from typing import Any, Final, Literal

from pydantic import BaseModel, Field

SELLER: Final[dict[str, Any]] = {
    "specversion": "1.0",
    "id": "seller-1",
    "source": "erp",
    "type": "seller.configured",
    "time": "2026-05-19T08:00:00+02:00",
    "data": {
        "seller": "bergmann",
        "name": "Bergmann Linear",
        "timezone": "Europe/Berlin",
        "country": "DE",
        "from": {"name": "Bergmann Linear", "email": "updates@bergmann.example.com"},
        "order_desk": "orders@bergmann.example.com",
        "support": "support@bergmann.example.com",
        "default_owner": {"name": "Order desk North", "email": "north@bergmann.example.com"},
        "escalation": {"name": "Head of order desk", "email": "head@bergmann.example.com"},
    },
}
OPENED: Final[dict[str, Any]] = {
    "specversion": "1.0",
    "id": "opened-1",
    "source": "erp",
    "type": "backorder.opened",
    "time": "2026-05-20T09:00:00+02:00",
    "data": {
        "seller": "bergmann",
        "order": "B-1042",
        "po": "4500017733",
        "buyer": {
            "company": "Muster Maschinenbau",
            "contact": {"name": "Purchasing", "email": "purchasing@muster.example.com"},
        },
        "line": "1",
        "sku": "BX-120",
        "product": "Linear bearing block 20 mm",
        "ordered": 120,
        "available": 80,
        "cause": "inspection_hold",
        "choices": ["wait", "split", "adjust"],
    },
}
ALLOCATED: Final[dict[str, Any]] = {
    "specversion": "1.0",
    "id": "allocated-1",
    "source": "erp",
    "type": "stock.allocated",
    "time": "2026-05-21T11:30:00+02:00",
    "data": {"seller": "bergmann", "order": "B-1042", "line": "1", "available": 100},
}

EVENT_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["specversion", "id", "source", "type", "time", "data"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "minLength": 1, "maxLength": 200},
        "source": {"type": "string", "minLength": 1, "maxLength": 200},
        "type": {"type": "string", "description": "One of docs/events.md; docs/schemas/ has a schema for each."},
        "time": {"type": "string", "format": "date-time"},
        "data": {"type": "object"},
    },
}
BATCH_SCHEMA: Final[dict[str, Any]] = {"type": "array", "minItems": 1, "items": EVENT_SCHEMA}
EVENTS_BODY: Final[dict[str, Any]] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"oneOf": [EVENT_SCHEMA, BATCH_SCHEMA]},
            "examples": {
                "one": {"summary": "A single event", "value": OPENED},
                "array": {"summary": "Several events", "value": [SELLER, OPENED, ALLOCATED]},
            },
        },
        "application/cloudevents+json": {
            "schema": EVENT_SCHEMA,
            "examples": {"structured": {"summary": "CloudEvents, structured mode", "value": ALLOCATED}},
        },
        "application/cloudevents-batch+json": {
            "schema": BATCH_SCHEMA,
            "examples": {"batch": {"summary": "CloudEvents, batch mode", "value": [SELLER, OPENED]}},
        },
    },
}


class OneVerdict(BaseModel):
    """What became of one event."""

    source: str = Field(examples=["erp"])
    id: str = Field(examples=["opened-1"])
    verdict: Literal["accepted", "repeated", "waiting", "rejected"]
    reasons: list[str] = Field(default=[], description="Why it waits or was rejected: path, found, allowed.")


class Verdicts(BaseModel):
    """A verdict per event, in the order of the request."""

    verdicts: list[OneVerdict]
    counts: dict[str, int] = Field(examples=[{"accepted": 3, "repeated": 0, "waiting": 0, "rejected": 0}])


class Fault(BaseModel):
    """Why a request as a whole was not taken."""

    error: str


class Bounce(BaseModel):
    """A mail that came back."""

    message_id: str = Field(min_length=3, max_length=500, examples=["<0123abcd@updates.example.com>"])
    reason: str = Field(min_length=1, max_length=500, examples=["5.1.1 no such mailbox"])


class BounceVerdict(BaseModel):
    """Whether the mail was one of ours that counted as delivered."""

    taken: bool
    verdict: str | None = Field(default=None, description="Of a mail itself: what it is, such as hard or auto-reply.")
    effect: str | None = Field(default=None, description="Of a mail itself: what became of it; unproven: nothing.")


FAULTS: Final[dict[int | str, dict[str, Any]]] = {
    401: {"model": Fault, "description": "No valid token or signature."},
    408: {"model": Fault, "description": "The body came too slowly."},
    413: {"model": Fault, "description": "The body is larger than 5 MiB."},
    415: {"model": Fault, "description": "Neither JSON nor CloudEvents."},
    503: {"model": Fault, "description": "The database does not answer; send it again."},
}
SECURITY: Final[list[dict[str, list[str]]]] = [{"bearer": []}, {"webhook": []}]
SCHEMES: Final[dict[str, Any]] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A token of `backorder key add SOURCE`."},
    "webhook": {
        "type": "apiKey",
        "in": "header",
        "name": "webhook-signature",
        "description": "Standard Webhooks: headers webhook-id, webhook-timestamp and webhook-signature.",
    },
}
