"""The console's door: who is logged in, by a cookie that scripts and other sites cannot use."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from worker.usecases.accounts import SESSION_LASTS, User, user_of
from worker.web.body import BodyError, read_form
from worker.web.forms import Form, is_ours
from worker.web.room import Room, see

Work = Callable[[Connection, datetime, User], Response]
SECURE_NAME: Final = "__Host-session"
PLAIN_NAME: Final = "session"


def secret_of(room: Room, request: Request) -> str:
    """Give what the session cookie holds; empty without one."""
    return request.cookies.get(SECURE_NAME if room.secure else PLAIN_NAME, "")


def remember(room: Room, answer: Response, secret: str) -> None:
    """Set the session cookie; an empty secret takes it away."""
    answer.set_cookie(
        SECURE_NAME if room.secure else PLAIN_NAME,
        secret,
        max_age=int(SESSION_LASTS.total_seconds()) if secret else 0,
        secure=room.secure,
        httponly=True,
        samesite="lax",
        path="/",
    )


def inside(room: Room, request: Request, work: Work) -> Response:
    """Do something for whoever is logged in; send others to the login."""
    secret = secret_of(room, request)

    def for_user(connection: Connection, now: datetime) -> Response:
        user = user_of(connection, secret, now) if secret else None
        if user is None:
            wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return see(f"/login?next={quote(wanted, safe='')}")
        return work(connection, now, user)

    return room.writing(for_user)


async def sent_inside(
    room: Room, request: Request, work: Callable[[Connection, datetime, User, Form, str], Response]
) -> Response:
    """Do what a form asks for whoever is logged in and was shown the form; the last argument is its nonce."""
    _must_be_ours(request)
    form = Form(await read_form(request))
    secret = secret_of(room, request)

    def for_user(connection: Connection, now: datetime) -> Response:
        user = user_of(connection, secret, now) if secret else None
        if user is None:
            return see("/login")
        nonce = room.forms.nonce(scope_of(secret), form.get("form"), now)
        if nonce is None:
            return too_late(room)
        return work(connection, now, user, form, nonce)

    return await room.write(for_user)


Read = Callable[[Request], Awaitable[Form]]


async def plain_form(request: Request) -> Form:
    """Read a form without files."""
    return Form(await read_form(request))


async def sent_apart(
    room: Room, request: Request, work: Callable[[User, datetime, Form], Response], read: Read = plain_form
) -> Response:
    """Do what a form asks, in transactions of its own: for work that takes long, or opens its own.

    Nothing of the body is read for people who are not logged in.
    """
    _must_be_ours(request)
    secret = secret_of(room, request)
    user = await room.write(lambda connection, now: user_of(connection, secret, now)) if secret else None
    if user is None:
        return see("/login")
    form = await read(request)
    now = await room.read(lambda _, now: now)
    if room.forms.nonce(scope_of(secret), form.get("form"), now) is None:
        return too_late(room)
    return await run_in_threadpool(work, user, now, form)


def apart(room: Room, request: Request, work: Callable[[User, datetime], Response]) -> Response:
    """Do something for whoever is logged in, in transactions of its own."""
    found: list[tuple[User, datetime]] = []

    def remembered(_connection: Connection, now: datetime, user: User) -> Response:
        found.append((user, now))
        return Response()

    answer = inside(room, request, remembered)
    return work(*found[0]) if found else answer


def _must_be_ours(request: Request) -> None:
    if not is_ours(request):
        raise BodyError(403, "This form was sent from another site.")


def too_late(room: Room) -> Response:
    """Say that a form is no longer taken."""
    return room.message(403, "This page was open for too long", "Please go back, reload it, and send it again.")


def scope_of(secret: str) -> str:
    """Name the scope of a session's forms."""
    return f"session/{secret}"


def must_see(user: User, seller: str) -> None:
    """Refuse another seller's things as if they were not there."""
    if not user.sees(seller):
        raise HTTPException(404)


def must_act(user: User) -> None:
    """Refuse acts of viewers."""
    if not user.may_act:
        raise HTTPException(403)


def page(
    room: Room, request: Request, user: User, now: datetime, name: str, status: int = 200, /, **context: Any
) -> Response:
    """Answer with a page of the console."""
    form_token = room.forms.token(scope_of(secret_of(room, request)), now)
    shared = {"user": user, "form_token": form_token, "mailbox": room.mailbox is not None, "now": now}
    return room.page(name, status, **shared, **context)
