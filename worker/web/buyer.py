"""`/d/{token}` and `/p/{token}`: the buyer chooses, and says how often he wants to hear. GET shows, POST records."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from worker.links import Grant, Purpose, Unusable
from worker.rendering.pages import formatter_of
from worker.usecases.deciding import Answer, DecisionPage, Fault, State, decide, decision_page
from worker.usecases.preferring import PREFERENCES, PreferencePage, prefer, preference_page
from worker.web.body import BodyError, read_form
from worker.web.forms import Form, is_ours
from worker.web.room import Room, see

GONE = (
    "This link is for somebody else by now",
    "The order has another contact by now, or is not known here any more. A reply to the mail reaches the order desk.",
)
UNUSABLE = {
    Unusable.BROKEN: (
        404,
        "This link is not complete",
        "Please open it from the mail again, or copy the whole address. A reply to the mail reaches the order desk.",
    ),
    Unusable.EXPIRED: (
        410,
        "This link has expired",
        "The latest mail about the order has a new one. A reply to any of the mails reaches the order desk.",
    ),
}


def unusable(room: Room, why: Unusable) -> Response:
    """Say kindly that a link opens nothing."""
    status, title, words = UNUSABLE[why]
    return room.message(status, title, words)


def router(room: Room) -> APIRouter:
    """Give the buyer's pages."""
    routes = APIRouter()

    @routes.api_route("/d/{token}", methods=["GET", "HEAD"])
    def show_choices(token: str) -> Response:
        return room.reading(lambda connection, now: _choices(room, connection, token, now))

    @routes.post("/d/{token}")
    async def choose(token: str, request: Request) -> Response:
        form = Form(await _form(request))
        return await room.write(lambda connection, now: _chosen(room, connection, token, form, now))

    @routes.api_route("/p/{token}", methods=["GET", "HEAD"])
    def show_preference(token: str) -> Response:
        return room.reading(lambda connection, now: _preference(room, connection, token, now))

    @routes.post("/p/{token}")
    async def choose_preference(token: str, request: Request) -> Response:
        form = Form(await _form(request))
        return await room.write(lambda connection, now: _preferred(room, connection, token, form, now))

    return routes


async def _form(request: Request) -> dict[str, str]:
    if not is_ours(request):
        raise BodyError(403, "This form was sent from another site; please open the link from the mail.")
    return await read_form(request)


def _choices(room: Room, connection: Connection, token: str, now: datetime) -> Response:
    grant = room.grant(Purpose.DECIDE, token, now)
    if isinstance(grant, Unusable):
        return unusable(room, grant)
    page = decision_page(connection, room.parts, grant, now)
    return room.message(410, *GONE) if page is None else _decision(room, token, page, now)


def _chosen(room: Room, connection: Connection, token: str, form: Form, now: datetime) -> Response:
    grant = room.grant(Purpose.DECIDE, token, now)
    if isinstance(grant, Unusable):
        return unusable(room, grant)
    page = decision_page(connection, room.parts, grant, now)
    if page is None:
        return room.message(410, *GONE)
    nonce = room.forms.nonce(token, form.get("form"), now)
    if nonce is None:
        return _decision(
            room, token, page, now, form, [Fault("choice", "This page was open for long. Please choose again.")]
        )
    choice = form.get("choice")
    answer = Answer(
        line=form.get("line"), choice=choice, units=form.get(f"units_{choice}"), name=form.get("name"), nonce=nonce
    )
    if not any(offer.line.line == answer.line for offer in page.offers):
        return see(f"/d/{token}")
    faults = decide(connection, room.parts, grant, page, answer, now)
    if not faults:
        return see(f"/d/{token}")
    again = decision_page(connection, room.parts, grant, now)
    if again is None or not any(offer.line.line == answer.line for offer in again.offers):
        return see(f"/d/{token}")
    return _decision(room, token, again, now, form, faults)


def _decision(
    room: Room,
    token: str,
    page: DecisionPage,
    now: datetime,
    form: Form | None = None,
    faults: list[Fault] | None = None,
) -> Response:
    statement = page.view.statement
    context: dict[str, Any] = {
        "page": page,
        "u": statement,
        "s": statement.sections[0],
        "f": formatter_of(statement.locale, statement.zone),
        "form_token": room.forms.token(token, now),
        "given": form.fields if form else {},
        "faults": {fault.field: fault.words for fault in faults or []},
        "State": State,
    }
    return room.page("decide", 422 if faults else 200, **context)


def _preference(room: Room, connection: Connection, token: str, now: datetime) -> Response:
    found = _preference_of(room, connection, token, now)
    if isinstance(found, Response):
        return found
    return _preference_form(room, token, found[1], now)


def _preferred(room: Room, connection: Connection, token: str, form: Form, now: datetime) -> Response:
    found = _preference_of(room, connection, token, now)
    if isinstance(found, Response):
        return found
    grant, page = found
    nonce = room.forms.nonce(token, form.get("form"), now)
    updates = form.get("updates")
    if nonce is None or updates not in PREFERENCES:
        return _preference_form(room, token, page, now, fault="Please choose one of these.")
    refused = prefer(connection, room.parts, grant, page, updates, nonce, now)
    if refused:
        return _preference_form(room, token, page, now, fault=f"This could not be recorded. {refused[0]}")
    return see(f"/p/{token}?saved")


def _preference_of(
    room: Room, connection: Connection, token: str, now: datetime
) -> tuple[Grant, PreferencePage] | Response:
    grant = room.grant(Purpose.PREFER, token, now)
    if isinstance(grant, Unusable):
        return unusable(room, grant)
    page = preference_page(connection, grant)
    return room.message(410, *GONE) if page is None else (grant, page)


def _preference_form(room: Room, token: str, page: PreferencePage, now: datetime, fault: str = "") -> Response:
    context = {"page": page, "form_token": room.forms.token(token, now), "fault": fault}
    return room.page("prefer", 422 if fault else 200, **context)
