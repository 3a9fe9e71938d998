"""Who pushes over HTTP: a bearer token before the body is read, or a signature over it (Standard Webhooks)."""

from datetime import datetime

from sqlalchemy import Connection
from starlette.requests import Request

from worker.usecases import source_keys
from worker.usecases.source_keys import Caller
from worker.web.body import BodyError, read_body
from worker.web.room import Room

REALM = {"www-authenticate": 'Bearer realm="events"'}
UNKNOWN = (
    "no valid bearer token or webhook signature: send `Authorization: Bearer ...`, or the headers webhook-id,"
    " webhook-timestamp (within 5 minutes) and webhook-signature; `backorder key add` makes keys"
)


async def identified(room: Room, request: Request) -> tuple[Caller, bytes]:
    """Give the caller and the body; BodyError 401 for whoever is not known."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:

        def by_token(connection: Connection, now: datetime) -> Caller | None:
            return source_keys.caller_by_token(connection, token.strip(), now)

        caller = await room.read(by_token)
        if caller is None:
            raise BodyError(401, UNKNOWN)
        return caller, await read_body(request)
    if "webhook-signature" not in request.headers:
        raise BodyError(401, UNKNOWN)
    body = await read_body(request)

    def by_signature(connection: Connection, now: datetime) -> Caller | None:
        key = room.settings.secret_key
        return source_keys.caller_by_signature(connection, request.headers, body, key, now)

    caller = await room.read(by_signature)
    if caller is None:
        raise BodyError(401, UNKNOWN)
    return caller, body
