"""The web as one ASGI app: routes, guard, and kind answers for whatever goes wrong. Making it connects to nothing."""

from typing import Any

import structlog
from fastapi import FastAPI, Request
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from worker.web import (
    assets,
    buyer,
    console,
    events,
    health,
    imports,
    login,
    mails,
    orders,
    owner,
    policies,
    promises,
    reviews,
    sources,
)
from worker.web.answers import SCHEMES
from worker.web.body import BodyError
from worker.web.callers import REALM
from worker.web.guard import Guard
from worker.web.room import Room

log = structlog.get_logger()
FOR_PROGRAMS = ("/events", "/bounces", "/healthz", "/readyz", "/metrics", "/openapi.json")
ABOUT = (
    "Events in, with a verdict for each. An event is known by source and id: the same again changes nothing, so a"
    " request whose answer got lost may be sent again."
)


def make_app(room: Room) -> ASGIApp:
    """Put routes, answers to faults, and the guard together."""
    app = FastAPI(
        title="Backorder updates",
        version="1",
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=False,
    )
    app.include_router(events.router(room))
    app.include_router(health.router(room))
    for part in (assets, buyer, owner, login, console, orders, mails, promises, reviews, policies, sources, imports):
        app.include_router(part.router(room), include_in_schema=False)
    _answer_faults(app, room)
    _name_schemes(app)
    return Guard(app, secure=room.secure)


def _answer_faults(app: FastAPI, room: Room) -> None:
    def told(request: Request, status: int, words: str, headers: dict[str, str] | None = None) -> Response:
        if request.url.path.startswith(FOR_PROGRAMS):
            return JSONResponse({"error": words}, status, headers)
        return room.message(status, "This did not work", words)

    @app.exception_handler(BodyError)
    async def faulty_body(request: Request, fault: BodyError) -> Response:
        return told(request, fault.status, fault.words, REALM if fault.status == 401 else None)  # noqa: PLR2004

    @app.exception_handler(HTTPException)
    async def no_route(request: Request, fault: HTTPException) -> Response:
        words = {
            404: "There is nothing at this address.",
            405: "This address cannot be used in this way.",
            403: "This is not for you to see, or to do.",
        }.get(fault.status_code, str(fault.detail))
        return told(request, fault.status_code, words, dict(fault.headers or {}))

    @app.exception_handler(OperationalError)
    @app.exception_handler(PoolTimeout)
    async def no_database(request: Request, fault: Exception) -> Response:
        log.warning("database_away", fault=type(fault).__name__)
        words = "The database does not answer at present. Please try again in a minute; nothing was recorded."
        return told(request, 503, words, {"retry-after": "30"})

    @app.exception_handler(DataError)
    async def no_text(request: Request, fault: Exception) -> Response:
        log.info("odd_text_refused", fault=type(fault).__name__)
        return told(request, 400, "The request holds a sign that no text has, or a number that is too large.")

    @app.exception_handler(Exception)
    async def broken(request: Request, fault: Exception) -> Response:
        log.error("answer_failed", fault=type(fault).__name__, exc_info=fault)
        return told(request, 500, "Something is wrong on our side. It has been noted; nothing was recorded.")


def _name_schemes(app: FastAPI) -> None:
    """Write into the OpenAPI document how callers prove who they are."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        document = made()
        document.setdefault("components", {})["securitySchemes"] = SCHEMES
        return document

    app.openapi = openapi  # type: ignore[method-assign]
