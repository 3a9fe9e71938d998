"""`/promises`: how promises ended, as a table and a chart (R18)."""

from datetime import datetime, timedelta
from typing import Final

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from worker.rendering.charts import COLOURS, stacked_bars
from worker.storage import reports
from worker.usecases.accounts import User
from worker.web.door import inside, page
from worker.web.room import Room

WEEKS: Final = 12
WAYS: Final = tuple(reports.LEDGER_BY)
ROWS: Final = 100
DRAWN: Final = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


def router(room: Room) -> APIRouter:
    """Give the ledger."""
    routes = APIRouter()

    @routes.api_route("/promises", methods=["GET", "HEAD"])
    def ledger(request: Request) -> Response:
        asked = request.query_params.get("by", "")
        by = asked if asked in WAYS else WAYS[0]

        def work(connection: Connection, now: datetime, user: User) -> Response:
            rows = reports.ledger(connection, by, user.sellers)
            weeks, series = _by_week(connection, now, user)
            context = {"rows": rows[:ROWS], "all": len(rows), "by": by, "ways": WAYS, "weeks": weeks, "series": series}
            return page(room, request, user, now, "promises", here="promises", **context)

        return inside(room, request, work)

    @routes.api_route("/promises/weeks.svg", methods=["GET", "HEAD"])
    def chart(request: Request) -> Response:
        def work(connection: Connection, now: datetime, user: User) -> Response:
            weeks, series = _by_week(connection, now, user)
            headers = {"content-security-policy": DRAWN}
            return Response(stacked_bars(weeks, series), media_type="image/svg+xml", headers=headers)

        return inside(room, request, work)

    return routes


def _by_week(connection: Connection, now: datetime, user: User) -> tuple[list[str], dict[str, list[int]]]:
    """Count how promises of the last weeks ended, the oldest week first."""
    monday = (now - timedelta(days=now.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    starts = [monday - timedelta(weeks=back) for back in range(WEEKS - 1, -1, -1)]
    found = reports.promises_by_week(connection, starts[0], user.sellers)
    series = {outcome: [found.get(start, {}).get(outcome, 0) for start in starts] for outcome in COLOURS}
    return [f"{start:%d %b}" for start in starts], series
