"""The style sheet and the little script: addresses change with the content, so browsers keep them for long."""

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from worker.web.room import Room

A_YEAR = "public, max-age=31536000, immutable"


def router(room: Room) -> APIRouter:
    """Give the assets."""
    routes = APIRouter()

    @routes.api_route("/static/{name}", methods=["GET", "HEAD"])
    async def static(name: str) -> Response:
        found = room.pages.asset(name)
        if found is None:
            raise HTTPException(404)
        content, kind = found
        return Response(content, media_type=kind, headers={"cache-control": A_YEAR})

    @routes.api_route("/favicon.ico", methods=["GET", "HEAD"])
    async def icon() -> Response:
        return Response(status_code=204, headers={"cache-control": A_YEAR})

    return routes
