"""`/mail/{id}` as sent, with the tokens of its links cut; `/mailbox` of the local mail catcher, with them."""

import re
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, Final

import orjson
from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from worker.links import without_tokens
from worker.rendering.pages import formatter_of
from worker.storage import story
from worker.usecases.accounts import User
from worker.web.door import inside, must_act, must_see, page
from worker.web.room import Room

HEADERS: Final = (
    *("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted"),
    *("X-Backorder-Kind", "X-Backorder-Orders", "X-Backorder-Checkpoint"),
)
FRAMED: Final = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline';"
    " base-uri 'none'; frame-ancestors 'self'"
)
NAME: Final = re.compile(r"[\w.-]{1,100}\.eml")
LINK: Final = re.compile(r"^https?://\S+$", re.MULTILINE)
LISTED: Final = 100


def router(room: Room) -> APIRouter:
    """Give mails as they were sent."""
    routes = APIRouter()

    @routes.api_route("/mail/{mail_id}", methods=["GET", "HEAD"])
    def show(mail_id: int, request: Request) -> Response:
        def work(connection: Connection, now: datetime, user: User) -> Response:
            row, content, statement = _mail(connection, user, mail_id)
            read = _read(content)
            context: dict[str, Any] = {
                "mail": row,
                "headers": _headers(read),
                "text": without_tokens(_part(read, "plain")),
                "statement": without_tokens(_indented(statement)),
            }
            f = formatter_of("en", row.zone or "UTC")
            return page(room, request, user, now, "mail", here="orders", f=f, frame=f"/mail/{mail_id}/html", **context)

        return inside(room, request, work)

    @routes.api_route("/mail/{mail_id}/html", methods=["GET", "HEAD"])
    def framed(mail_id: int, request: Request) -> Response:
        def work(connection: Connection, _now: datetime, user: User) -> Response:
            _, content, _ = _mail(connection, user, mail_id)
            return _frame(without_tokens(_part(_read(content), "html")))

        return inside(room, request, work)

    @routes.api_route("/mailbox", methods=["GET", "HEAD"])
    def mailbox(request: Request) -> Response:
        def work(_: Connection, now: datetime, user: User) -> Response:
            folder = _folder(room, user)
            names = sorted((path.name for path in folder.glob("*.eml")), reverse=True)[:LISTED]
            rows = [{"name": name, "mail": _read((folder / name).read_bytes())} for name in names]
            return page(room, request, user, now, "mailbox", here="mailbox", rows=rows)

        return inside(room, request, work)

    @routes.api_route("/mailbox/{name}", methods=["GET", "HEAD"])
    def caught(name: str, request: Request) -> Response:
        def work(_: Connection, now: datetime, user: User) -> Response:
            read = _read(_caught(room, user, name).read_bytes())
            text = _part(read, "plain")
            context: dict[str, Any] = {
                "mail": None,
                "headers": _headers(read),
                "text": text,
                "links": LINK.findall(text),
            }
            f, frame = formatter_of("en", "UTC"), f"/mailbox/{name}/html"
            return page(room, request, user, now, "mail", here="mailbox", f=f, frame=frame, **context)

        return inside(room, request, work)

    @routes.api_route("/mailbox/{name}/html", methods=["GET", "HEAD"])
    def caught_html(name: str, request: Request) -> Response:
        def work(_: Connection, _now: datetime, user: User) -> Response:
            return _frame(_part(_read(_caught(room, user, name).read_bytes()), "html"))

        return inside(room, request, work)

    return routes


def _mail(connection: Connection, user: User, mail_id: int) -> tuple[Any, bytes, bytes]:
    found = story.mail(connection, mail_id) if mail_id < 2**62 else None
    if found is None:
        raise HTTPException(404)
    must_see(user, found[0].seller)
    return found


def _folder(room: Room, user: User) -> Path:
    """Give the mail catcher's folder: all sellers' mails with their links, so only for operators of all."""
    if room.mailbox is None:
        raise HTTPException(404)
    must_act(user)
    if user.sellers is not None:
        raise HTTPException(404)
    return room.mailbox


def _caught(room: Room, user: User, name: str) -> Path:
    path = _folder(room, user) / name
    if not NAME.fullmatch(name) or not path.is_file():
        raise HTTPException(404)
    return path


def _read(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=default)


def _headers(read: EmailMessage) -> list[tuple[str, str]]:
    return [(name, str(read[name])) for name in HEADERS if read[name]]


def _part(read: EmailMessage, subtype: str) -> str:
    found = read.get_body((subtype,))
    return str(found.get_content()).replace("\r\n", "\n") if found is not None else ""


def _indented(statement: bytes) -> str:
    return orjson.dumps(orjson.loads(statement), option=orjson.OPT_INDENT_2).decode()


def _frame(html: str) -> Response:
    framed = html.replace("<head>", '<head><base target="_blank">', 1)
    return HTMLResponse(framed, headers={"content-security-policy": FRAMED})
