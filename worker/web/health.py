"""`/healthz`, `/readyz`, `/metrics`: is this process alive, can it work, and what does it see."""

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, Response

from worker.storage.migrate import newest, present
from worker.web.meters import REGISTRY, FromDatabase
from worker.web.room import Room


def router(room: Room) -> APIRouter:
    """Give the routes that machines ask."""
    routes = APIRouter(tags=["health"])
    from_database = CollectorRegistry()
    from_database.register(FromDatabase(room.parts))
    wanted = newest()

    @routes.get("/healthz", summary="Alive", response_description="The process answers.")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @routes.get("/readyz", summary="Ready", responses={503: {"description": "The database is away or out of date."}})
    def readyz() -> Response:
        try:
            found = present(room.parts.engine)
        except SQLAlchemyError:
            return JSONResponse({"status": "waiting", "why": "the database does not answer"}, 503)
        if found != wanted:
            why = f"tables at {found or 'no version'}, wanted {wanted}: run `backorder migrate`"
            return JSONResponse({"status": "waiting", "why": why}, 503)
        return JSONResponse({"status": "ok", "tables": found})

    @routes.get("/metrics", summary="Metrics for Prometheus", response_class=Response)
    def metrics() -> Response:
        text = generate_latest(REGISTRY) + generate_latest(from_database)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    return routes
