"""`/orders/{seller}/{order}`: the order's story, its next mail, and what an operator may do to it."""

from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.responses import Response

from worker.links import without_tokens
from worker.usecases.accounts import User
from worker.usecases.operating import ACTS, operated
from worker.usecases.order_story import OrderStory, order_story
from worker.usecases.posting import Act, post, refusals
from worker.usecases.preview import preview
from worker.usecases.review_answers import Reading
from worker.usecases.would_send import would_send
from worker.web.door import inside, must_act, must_see, page, scope_of, secret_of, sent_inside
from worker.web.forms import Form
from worker.web.owner import KEPT, context_of, of_this_order, read_answer
from worker.web.room import Room, see

SOURCE: Final = "console"


def router(room: Room) -> APIRouter:
    """Give an order's pages."""
    routes = APIRouter()

    @routes.api_route("/orders/{seller}/{order:path}", methods=["GET", "HEAD"])
    def show(seller: str, order: str, request: Request) -> Response:
        def work(connection: Connection, now: datetime, user: User) -> Response:
            found = _story(room, connection, user, seller, order, now)
            return _shown(room, request, user, found, now, done=request.query_params.get("done", ""))

        return inside(room, request, work)

    @routes.post("/orders/{seller}/{order:path}")
    async def act(seller: str, order: str, request: Request) -> Response:
        def work(connection: Connection, now: datetime, user: User, form: Form, nonce: str) -> Response:
            found = _story(room, connection, user, seller, order, now)
            must_act(user)
            done = Act(
                source=SOURCE, who=user.name, nonce=nonce, seller=seller, order=order, reason=form.get("reason")[:200]
            )
            return _acted(room, request, connection, user, found, form, done, now)

        return await sent_inside(room, request, work)

    @routes.api_route("/preview/{seller}/{order:path}", methods=["GET", "HEAD"])
    def next_mail(seller: str, order: str, request: Request) -> Response:
        def work(connection: Connection, now: datetime, user: User) -> Response:
            found = _story(room, connection, user, seller, order, now)
            coming = preview(connection, room.parts, order, seller, None)
            context = _context(room, request, found, now) | {"previews": coming, "cut": without_tokens}
            return page(room, request, user, now, "preview", here="orders", **context)

        return inside(room, request, work)

    return routes


def _story(room: Room, connection: Connection, user: User, seller: str, order: str, now: datetime) -> OrderStory:
    must_see(user, seller)
    found = order_story(connection, room.parts, seller, order, user.name, now)
    if found is None:
        raise HTTPException(404)
    return found


def _context(room: Room, request: Request, found: OrderStory, now: datetime) -> dict[str, Any]:
    context = context_of(room, scope_of(secret_of(room, request)), found.page, now)
    del context["form_token"]
    return context | {"story": found}


def _shown(
    room: Room,
    request: Request,
    user: User,
    found: OrderStory,
    now: datetime,
    form: Form | None = None,
    faults: dict[str, str] | None = None,
    done: str = "",
) -> Response:
    given: dict[str, Any] = {"given": form.fields if form else {}, "faults": faults or {}, "done": done}
    status = 422 if faults else 200
    context = _context(room, request, found, now) | given
    return page(room, request, user, now, "order", status, here="orders", **context)


def _acted(
    room: Room,
    request: Request,
    connection: Connection,
    user: User,
    found: OrderStory,
    form: Form,
    act: Act,
    now: datetime,
) -> Response:
    reading = _read(found, form, now)
    if reading.faults:
        return _shown(room, request, user, found, now, form, reading.faults)
    if form.get("do") == "preview":
        said = [(kind, of_this_order(data, act.order)) for kind, data in reading.said]
        foreseen = would_send(connection, room.parts, act, said, now)
        if not foreseen.refusals:
            kept = {name: form.get(name) for name in KEPT if form.get(name)}
            context = _context(room, request, found, now) | {"foreseen": foreseen, "kept": kept}
            return page(room, request, user, now, "confirm", here="orders", layout="pages/_console.html", **context)
        return _shown(room, request, user, found, now, form, {"form": " ".join(foreseen.refusals)})
    refused = refusals(post(connection, room.parts, act, reading.said, now))
    if refused:
        return _shown(room, request, user, found, now, form, {"form": " ".join(refused)})
    return see(f"/orders/{quote(act.seller)}/{quote(act.order)}?done={form.get('do')}")


def _read(found: OrderStory, form: Form, now: datetime) -> Reading:
    if form.get("do") in ACTS:
        return operated(found.page, form.fields, now)
    reading = read_answer(found.page, form, now)
    return reading or Reading(faults={"form": "Please use one of the buttons."})
