"""`/sources`: how polled sources stand; a doubtful read beside the last accepted one, to believe or to refuse (R7)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from worker.usecases.accounts import User
from worker.usecases.watch_sources import Doubt, Standing, accept, doubt_of, list_sources, reject
from worker.web.door import apart, must_act, page, sent_apart
from worker.web.forms import Form
from worker.web.room import Room, see

NEEDS_A_PERSON: Final = ("quarantined", "failed", "invalid")
ACTS: Final = {"accept": accept, "reject": reject}
OVERTAKEN: Final = "Somebody decided this already, or another read is in its place by now. Please look again."


def router(room: Room) -> APIRouter:
    """Give the pages of sources."""
    routes = APIRouter()

    @routes.api_route("/sources", methods=["GET", "HEAD"])
    def listed(request: Request) -> Response:
        def work(user: User, now: datetime) -> Response:
            rows = sorted(_of(room, user), key=lambda one: (not needs_a_person(one), one.name))
            context: dict[str, Any] = {"sources": rows, "age": _age, "needs": needs_a_person}
            return page(room, request, user, now, "sources", here="sources", **context)

        return apart(room, request, work)

    @routes.api_route("/sources/{name}", methods=["GET", "HEAD"])
    def show(name: str, request: Request) -> Response:
        done = request.query_params.get("done", "")
        return apart(room, request, lambda user, now: _shown(room, request, user, now, name, done=done))

    @routes.post("/sources/{name}")
    async def decide(name: str, request: Request) -> Response:
        def work(user: User, now: datetime, form: Form) -> Response:
            must_act(user)
            _one(room, user, name)
            act, seen_at = ACTS.get(form.get("do")), _moment(form.get("read_at"))
            if act is None or seen_at is None:
                return _shown(room, request, user, now, name, "Please use one of the buttons.")
            if not act(room.parts, name, user.name, seen_at):
                return _shown(room, request, user, now, name, OVERTAKEN)
            return see(f"/sources/{name}?done={form.get('do')}")

        return await sent_apart(room, request, work)

    return routes


def needs_a_person(one: Standing) -> bool:
    """Tell whether a source waits for somebody."""
    return one.stale or one.state in NEEDS_A_PERSON


def _of(room: Room, user: User) -> Sequence[Standing]:
    """Give the sources a user sees: one that names no seller speaks of all of them."""
    found = list_sources(room.parts, room.settings.sources)
    return [one for one in found if user.sellers is None or one.seller in user.sellers]


def _one(room: Room, user: User, name: str) -> Standing:
    found = next((one for one in _of(room, user) if one.name == name), None)
    if found is None:
        raise HTTPException(404)
    return found


def _shown(
    room: Room, request: Request, user: User, now: datetime, name: str, fault: str = "", done: str = ""
) -> Response:
    standing, doubt = _one(room, user, name), doubt_of(room.parts, name)
    context: dict[str, Any] = {"source": standing, "doubt": doubt, "compared": _compared(doubt) if doubt else []}
    context |= {"age": _age, "fault": fault, "done": done}
    return page(room, request, user, now, "source", 409 if fault else 200, here="sources", **context)


def _compared(doubt: Doubt) -> list[tuple[str, Any, Any]]:
    """Give the figures of the accepted read and of this one, side by side; None where there is nothing to say."""
    seen = doubt.comparison
    return [
        ("Rows", seen.before, seen.rows),
        ("Newest row of", seen.as_of_before, seen.as_of),
        ("New", None, seen.new),
        ("Changed", None, seen.changed),
        ("Moved in their figures", None, seen.moved),
        ("Gone", None, seen.gone),
        ("Cannot be read", None, seen.failed),
    ]


def _age(at: datetime | None, now: datetime) -> str:
    """Say how long ago something was, as roughly as a person would."""
    if at is None:
        return "never"
    gone = now - at
    for unit, name in ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute")):
        if gone >= unit:
            count = int(gone / unit)
            return f"{count} {name}{'' if count == 1 else 's'} ago"
    return "just now"


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
