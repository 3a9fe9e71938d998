"""`POST /events` and `POST /bounces`: signed or with a token; a verdict for each event."""

import json
from collections import Counter
from datetime import datetime
from typing import Any, Final

import orjson
from fastapi import APIRouter, Request
from pydantic import ValidationError
from sqlalchemy import Connection
from starlette.responses import JSONResponse, Response

from worker.intake.batches import read_body as read_events
from worker.intake.jsontext import FaultyJsonError
from worker.usecases.bounce import bounced
from worker.usecases.push import push
from worker.usecases.record_events import Recorded, Verdict
from worker.usecases.take_bounce import Taken, take_bounce
from worker.web.answers import EVENTS_BODY, FAULTS, SECURITY, Bounce, BounceVerdict, Fault, Verdicts
from worker.web.body import BodyError
from worker.web.callers import identified
from worker.web.meters import EVENTS
from worker.web.room import Room

JSON_TYPES: Final = frozenset(
    {"application/json", "application/cloudevents+json", "application/cloudevents-batch+json"}
)
BOUNCES: Final = "bounces"
"""The source whose keys may report bounces."""
RETURNED: Final = "message/rfc822"
HANDED_TO: Final = "handed-to"
"""The header in which a mail system says to which address it handed a mail that came back."""


def router(room: Room) -> APIRouter:
    """Give the routes by which programs speak."""
    routes = APIRouter(tags=["events"])

    @routes.post(
        "/events",
        status_code=202,
        summary="Record events",
        responses={
            202: {"model": Verdicts, "description": "At least one event was taken, now or before."},
            400: {"model": Verdicts | Fault, "description": "No event could be taken."},
            **FAULTS,
        },
        openapi_extra={"requestBody": EVENTS_BODY, "security": SECURITY},
    )
    async def record_events(request: Request) -> Response:
        """Take one event or an array; repeats change nothing, so that whatever fails may be sent again."""
        _must_be(request, JSON_TYPES)
        caller, body = await identified(room, request)

        def work(connection: Connection, now: datetime) -> list[Recorded]:
            return push(connection, room.parts, caller, read_events(body, now), now)

        try:
            verdicts = await room.write(work)
        except FaultyJsonError as fault:
            raise BodyError(400, str(fault)) from None
        return _answer(verdicts)

    @routes.post(
        "/bounces",
        summary="Report a mail that came back",
        responses={200: {"model": BounceVerdict}, 400: {"model": Fault}, **FAULTS},
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {"schema": Bounce.model_json_schema()},
                    RETURNED: {"schema": {"type": "string", "format": "binary"}},
                },
            },
            "parameters": [
                {"name": HANDED_TO, "in": "header", "required": False, "schema": {"type": "string", "maxLength": 320}}
            ],
            "security": SECURITY,
        },
    )
    async def report_bounce(request: Request) -> Response:
        """Take a mail that came back: itself, or its Message-ID; signed with a key of the source `bounces`.

        The mail itself is judged like one from the mailbox: only the return address that we made for a mail proves
        which one it answers. That address is looked for in the mail, and in the header `handed-to`.
        """
        kind = _must_be(request, frozenset({"application/json", RETURNED}))
        caller, body = await identified(room, request)
        if caller.source != BOUNCES:
            raise BodyError(401, f"this key speaks for another source; allowed: a key of `{BOUNCES}`")
        if kind == RETURNED:
            handed_to = tuple(one for one in [request.headers.get(HANDED_TO, "").strip()[:320]] if one)

            def take(connection: Connection, now: datetime) -> Taken:
                return take_bounce(connection, room.parts, body, "webhook", now, handed_to)

            taken = await room.write(take)
            done = taken.effect not in {"unproven", "again"}
            return JSONResponse({"taken": done, "verdict": taken.verdict.value, "effect": taken.effect})
        report = _bounce(body)

        def work(connection: Connection, now: datetime) -> bool:
            return bounced(connection, report.message_id, report.reason, now)

        return JSONResponse({"taken": await room.write(work)})

    return routes


def _must_be(request: Request, types: frozenset[str]) -> str:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in types:
        raise BodyError(415, f"content-type: found {kind[:60] or 'none'}; allowed: {', '.join(sorted(types))}")
    return kind


def _bounce(body: bytes) -> Bounce:
    try:
        return Bounce.model_validate_json(body)
    except ValidationError as faults:
        words = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in faults.errors())
        raise BodyError(400, words) from None


def _answer(verdicts: list[Recorded]) -> Response:
    counts = Counter({verdict.value: 0 for verdict in Verdict})
    counts.update(one.verdict.value for one in verdicts)
    for verdict, count in counts.items():
        EVENTS.labels(verdict).inc(count)
    said: dict[str, Any] = {
        "verdicts": [
            {"source": one.source, "id": one.id, "verdict": one.verdict, "reasons": one.reasons} for one in verdicts
        ],
        "counts": dict(counts),
    }
    taken = len(verdicts) > counts[Verdict.REJECTED]
    return Response(_written(said), 202 if taken else 400, media_type="application/json")


def _written(said: dict[str, Any]) -> bytes:
    """Write an answer; one that quotes text which is no Unicode is escaped."""
    try:
        return orjson.dumps(said)
    except orjson.JSONEncodeError:
        return json.dumps(said, ensure_ascii=True, separators=(",", ":")).encode()
