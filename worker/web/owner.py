"""`/r/{token}`: an owner confirms or changes; GET shows, POST records, and a change shows its mail first."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from schedules.kinds import Cause, Outlook
from worker.links import Purpose, Unusable
from worker.rendering.pages import formatter_of
from worker.usecases.learning import PROPOSALS
from worker.usecases.posting import Act, post, refusals
from worker.usecases.review_answers import ITEM, Reading, answered, approved, changed, learned, told, unchanged
from worker.usecases.reviewing import ReviewPage, review_page
from worker.usecases.would_send import Foreseen, would_send
from worker.web.body import BodyError, read_form
from worker.web.buyer import unusable
from worker.web.forms import Form, is_ours
from worker.web.room import Room, see

SOURCE: Final = "pages/owner"
GONE: Final = (
    "This order is not open here any more",
    "It is closed, or passed to another contact. The console shows what became of it.",
)
KEPT: Final = (
    *("line", "scope", "next_review", "note", "expected_on", "expected_confirmed", "available"),
    *("cause", "reason", "reason_text", "outlook"),
)


def read_answer(page: ReviewPage, form: Form, now: datetime) -> Reading | None:
    """Understand what was pressed; None if it is nothing we know."""
    fields = form.fields
    readers: dict[str, Callable[[], Reading]] = {
        "unchanged": lambda: unchanged(page, fields, now),
        "preview": lambda: changed(page, fields, now),
        "change": lambda: changed(page, fields, now),
        "told": lambda: told(page, fields, now),
        "answered": lambda: answered(page, fields),
        "approve": lambda: approved(page, fields),
        "learn": lambda: learned(page, fields),
    }
    reader = readers.get(form.get("do"))
    return reader() if reader else None


def router(room: Room) -> APIRouter:
    """Give the owner's page."""
    routes = APIRouter()

    @routes.api_route("/r/{token}", methods=["GET", "HEAD"])
    def show(token: str, request: Request) -> Response:
        done = request.query_params.get("done", "")
        return room.reading(lambda connection, now: _shown(room, connection, token, now, done))

    @routes.post("/r/{token}")
    async def answer(token: str, request: Request) -> Response:
        if not is_ours(request):
            raise BodyError(403, "This form was sent from another site; please open the link from the mail.")
        form = Form(await read_form(request))
        return await room.write(lambda connection, now: _answered(room, connection, token, form, now))

    return routes


def _page(room: Room, connection: Connection, token: str, now: datetime) -> ReviewPage | Response:
    grant = room.grant(Purpose.REVIEW, token, now)
    if isinstance(grant, Unusable):
        return unusable(room, grant)
    page = review_page(connection, room.parts, grant, now)
    return room.message(410, *GONE) if page is None else page


def _shown(room: Room, connection: Connection, token: str, now: datetime, done: str) -> Response:
    page = _page(room, connection, token, now)
    return page if isinstance(page, Response) else _rendered(room, token, page, now, done=done)


def _answered(room: Room, connection: Connection, token: str, form: Form, now: datetime) -> Response:
    page = _page(room, connection, token, now)
    if isinstance(page, Response):
        return page
    nonce = room.forms.nonce(token, form.get("form"), now)
    if nonce is None:
        return _rendered(room, token, page, now, form, {"form": "This page was open for long. Please send it again."})
    if not page.may_answer:
        return _rendered(room, token, page, now, form, {"form": "Somebody else answers for this order by now."})
    reading = read_answer(page, form, now)
    if reading is None:
        return _rendered(room, token, page, now, form, {"form": "Please use one of the buttons."})
    if reading.faults:
        return _rendered(room, token, page, now, form, reading.faults)
    seller, order = page.view.loaded.slug, page.view.scene.facts.order
    act = Act(source=SOURCE, who=page.person.email, nonce=nonce, seller=seller, order=order)
    if form.get("do") == "preview":
        of_order = [(kind, of_this_order(data, order)) for kind, data in reading.said]
        foreseen = would_send(connection, room.parts, act, of_order, now)
        if not foreseen.refusals:
            return _confirm(room, token, page, now, form, foreseen)
        return _rendered(room, token, page, now, form, {"form": " ".join(foreseen.refusals)})
    refused = refusals(post(connection, room.parts, act, reading.said, now))
    if refused:
        return _rendered(room, token, page, now, form, {"form": " ".join(refused)})
    return see(f"/r/{token}?done={form.get('do')}")


def of_this_order(data: dict[str, Any], order: str) -> dict[str, Any]:
    """Say of this order what is to be said of an item as a whole, for its preview."""
    if "sku" not in data or "order" in data:
        return data
    return {name: value for name, value in data.items() if name != "sku"} | {"order": order}


def context_of(room: Room, scope: str, page: ReviewPage, now: datetime) -> dict[str, Any]:
    """Give what both the owner's page and the console's forms show."""
    statement = page.view.statement
    return {
        "page": page,
        "u": statement,
        "s": statement.sections[0],
        "f": formatter_of("en", page.view.scene.where.seller_zone),
        "form_token": room.forms.token(scope, now),
        "causes": list(Cause),
        "outlooks": list(Outlook),
        "phrases": room.parts.phrasebook.phrases,
        "ITEM": ITEM,
        "proposals": PROPOSALS,
    }


def _rendered(
    room: Room,
    token: str,
    page: ReviewPage,
    now: datetime,
    form: Form | None = None,
    faults: dict[str, str] | None = None,
    done: str = "",
) -> Response:
    given = {"given": form.fields if form else {}, "faults": faults or {}, "done": done}
    return room.page("review", 422 if faults else 200, **context_of(room, token, page, now), **given)


def _confirm(room: Room, token: str, page: ReviewPage, now: datetime, form: Form, foreseen: Foreseen) -> Response:
    kept = {name: form.get(name) for name in KEPT if form.get(name)}
    return room.page("confirm", **context_of(room, token, page, now), foreseen=foreseen, kept=kept)
