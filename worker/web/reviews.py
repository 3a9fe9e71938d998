"""`/review`: the planning review, and its proposals to accept or dismiss (R42, R43)."""

import time
from datetime import datetime, timedelta
from typing import Any, Final

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from worker.storage import story
from worker.usecases.accounts import User
from worker.usecases.decide_proposals import DECISIONS, decide
from worker.usecases.learning import PROPOSALS
from worker.usecases.planning_review import MOST_WEEKS, Offered, Review, review, with_decisions
from worker.web.door import inside, must_act, must_see, page, sent_inside
from worker.web.forms import Form
from worker.web.room import Room, see

WEEKS: Final = 8
SPANS: Final = (4, 8, 13, 26, 52)
LONG: Final = 0.05
KEPT_FOR: Final = timedelta(minutes=5)
ITEMS: Final = 20
GONE: Final = "This proposal is no longer there: somebody has decided on it, or its numbers no longer speak for it."

Key = tuple[tuple[str, ...] | None, int]


class Kept:
    """Reviews that took long to put together, for five minutes; the page says of when it is."""

    def __init__(self) -> None:
        self._reviews: dict[Key, Review] = {}

    def give(self, connection: Connection, key: Key, now: datetime) -> Review:
        known = self._reviews.get(key)
        if known is not None and known.made_at <= now < known.made_at + KEPT_FOR:
            return with_decisions(connection, known, key[0], now)
        began = time.monotonic()
        made = review(connection, key[0], key[1], now)
        self._reviews = {name: one for name, one in self._reviews.items() if now < one.made_at + KEPT_FOR}
        if time.monotonic() - began > LONG:
            self._reviews[key] = made
        return made


def router(room: Room) -> APIRouter:
    """Give the planning review."""
    routes, kept = APIRouter(), Kept()

    @routes.api_route("/review", methods=["GET", "HEAD"])
    def show(request: Request) -> Response:
        def work(connection: Connection, now: datetime, user: User) -> Response:
            return _shown(room, request, connection, user, kept, now)

        return inside(room, request, work)

    @routes.post("/review")
    async def decided(request: Request) -> Response:
        def work(connection: Connection, now: datetime, user: User, form: Form, _nonce: str) -> Response:
            must_act(user)
            must_see(user, form.get("seller"))
            key = ((form.get("seller"),), _weeks(form.get("weeks")))
            offered = _offered(review(connection, *key, now), form)
            how = form.get("do")
            if how not in DECISIONS or offered is None or not decide(connection, offered, how, user.name, now):
                return _shown(room, request, connection, user, kept, now, GONE)
            shown = form.get("shown") if form.get("shown") == offered.seller else ""
            return see(f"/review?weeks={key[1]}&seller={shown}&done={how}")

        return await sent_inside(room, request, work)

    return routes


def _offered(made: Review, form: Form) -> Offered | None:
    wanted = (form.get("kind"), form.get("subject"))
    return next((one for one in made.proposals if (one.kind, one.subject) == wanted), None)


def _weeks(text: str) -> int:
    return min(max(int(text), 1), MOST_WEEKS) if text.isdigit() and len(text) < 4 else WEEKS  # noqa: PLR2004


def _shown(
    room: Room, request: Request, connection: Connection, user: User, kept: Kept, now: datetime, fault: str = ""
) -> Response:
    asked = request.query_params.get("seller", "").replace("\x00", "")
    if asked:
        must_see(user, asked)
    weeks = _weeks(request.query_params.get("weeks", ""))
    slugs = (asked,) if asked else user.sellers
    made = kept.give(connection, (slugs, weeks), now)
    context: dict[str, Any] = {
        "r": made,
        "asked": asked,
        "sellers": [row.slug for row in story.sellers(connection, user.sellers)],
        "spans": SPANS,
        "names": PROPOSALS,
        "most": ITEMS,
        "fault": fault,
        "done": request.query_params.get("done", ""),
        "kept": made.made_at != now,
    }
    return page(room, request, user, now, "planning", 409 if fault else 200, here="review", **context)
