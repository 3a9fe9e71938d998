"""`/` and `/orders`: who needs a person now, what comes next, where an order is."""

from datetime import datetime, timedelta
from typing import Any, Final

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from worker.rendering.pages import formatter_of
from worker.storage import console
from worker.usecases.accounts import User
from worker.web.door import inside, page
from worker.web.room import Room

REMEMBERED: Final = timedelta(days=7)
AHEAD: Final = timedelta(days=2)
SHOWN: Final = 8
UPCOMING: Final = 15
ORDERS: Final = 50
LONGEST_WORD: Final = 100


def router(room: Room) -> APIRouter:
    """Give the console's first pages."""
    routes = APIRouter()

    @routes.api_route("/", methods=["GET", "HEAD"])
    def home(request: Request) -> Response:
        def work(connection: Connection, now: datetime, user: User) -> Response:
            needs = console.needs(connection, user.sellers, now, REMEMBERED, AHEAD)
            upcoming = console.upcoming(connection, user.sellers, now, UPCOMING)
            context: dict[str, Any] = {"needs": needs, "upcoming": upcoming, "shown": SHOWN, "most": console.MOST - 1}
            return page(room, request, user, now, "home", here="home", f=formatter_of("en", "UTC"), **context)

        return inside(room, request, work)

    @routes.api_route("/orders", methods=["GET", "HEAD"])
    def orders(request: Request) -> Response:
        word = request.query_params.get("q", "").strip().replace("\x00", "")[:LONGEST_WORD]

        def work(connection: Connection, now: datetime, user: User) -> Response:
            found = console.orders(connection, user.sellers, word, ORDERS)
            context: dict[str, Any] = {"orders": found, "word": word, "most": ORDERS, "f": formatter_of("en", "UTC")}
            return page(room, request, user, now, "orders", here="orders", **context)

        return inside(room, request, work)

    return routes
