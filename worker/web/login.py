"""`/login` and `/logout`."""

from datetime import datetime

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from worker.usecases.accounts import Refused, User, log_in, log_out
from worker.web.body import BodyError, read_form
from worker.web.door import remember, secret_of, sent_inside
from worker.web.forms import Form, is_ours
from worker.web.room import Room, see

SCOPE = "login"
WRONG = "Name and password do not fit together."
LATER = "There were too many failed logins. Please wait a quarter of an hour."


def router(room: Room) -> APIRouter:
    """Give the way in and out."""
    routes = APIRouter()

    @routes.api_route("/login", methods=["GET", "HEAD"])
    def show(request: Request) -> Response:
        after = request.query_params.get("next", "/")
        return room.reading(lambda _, now: _form(room, now, after))

    @routes.post("/login")
    async def enter(request: Request) -> Response:
        if not is_ours(request):
            raise BodyError(403, "This form was sent from another site.")
        form = Form(await read_form(request))
        place = request.client.host if request.client else ""
        before = secret_of(room, request)
        return await room.write(lambda connection, now: _entered(room, connection, form, place, before, now))

    @routes.post("/logout")
    async def leave(request: Request) -> Response:
        def work(connection: Connection, _now: datetime, _user: User, _form: Form, _nonce: str) -> Response:
            log_out(connection, secret_of(room, request))
            answer = see("/login")
            remember(room, answer, "")
            return answer

        return await sent_inside(room, request, work)

    return routes


def _entered(room: Room, connection: Connection, form: Form, place: str, before: str, now: datetime) -> Response:
    after = form.get("next")
    if room.forms.nonce(SCOPE, form.get("form"), now) is None:
        return _form(room, now, after, "This page was open for long. Please try again.")
    made = log_in(connection, form.get("name"), form.fields.get("password", ""), place, before or None, now)
    if isinstance(made, Refused):
        return _form(room, now, after, LATER if made.later else WRONG, form.get("name"), 429 if made.later else 401)
    answer = see(_local(after))
    remember(room, answer, made)
    return answer


def _local(path: str) -> str:
    """Give where to go on, if it is a page of ours."""
    plain = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if plain and path.isascii() else "/"


def _form(room: Room, now: datetime, after: str, fault: str = "", name: str = "", status: int = 200) -> Response:
    context = {"form_token": room.forms.token(SCOPE, now), "after": _local(after), "fault": fault, "name": name}
    return room.page("login", status if fault else 200, **context)
