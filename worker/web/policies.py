"""`/policies`: each seller's policy in force, what another would change, and switching it on with a name (R29)."""

from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.responses import Response

from worker.storage import story
from worker.usecases.accounts import User
from worker.usecases.choosing_policies import Filled, PolicyPage, all_in_force, filled, in_force
from worker.usecases.posting import Act, post, refusals
from worker.usecases.what_if import what_if
from worker.web.door import inside, must_act, must_see, page, sent_inside
from worker.web.forms import Form
from worker.web.room import Room, see

SOURCE: Final = "console"
LISTED: Final = 200
SHOWN: Final = 30


def router(room: Room) -> APIRouter:
    """Give the pages of policies."""
    routes = APIRouter()

    @routes.api_route("/policies", methods=["GET", "HEAD"])
    def listed(request: Request) -> Response:
        def work(connection: Connection, now: datetime, user: User) -> Response:
            slugs = [row.slug for row in story.sellers(connection, user.sellers)]
            rows = all_in_force(connection, slugs[:LISTED])
            context = {"rows": rows, "more": len(slugs) > LISTED}
            return page(room, request, user, now, "policies", here="policies", **context)

        return inside(room, request, work)

    @routes.api_route("/policies/{seller}", methods=["GET", "HEAD"])
    def show(seller: str, request: Request) -> Response:
        def work(connection: Connection, now: datetime, user: User) -> Response:
            known = _known(connection, user, seller)
            return _shown(room, request, user, now, known, done=request.query_params.get("done", ""))

        return inside(room, request, work)

    @routes.post("/policies/{seller}")
    async def choose(seller: str, request: Request) -> Response:
        def work(connection: Connection, now: datetime, user: User, form: Form, nonce: str) -> Response:
            known = _known(connection, user, seller)
            must_act(user)
            return _chosen(room, request, connection, user, now, known, form, nonce)

        return await sent_inside(room, request, work)

    return routes


def _known(connection: Connection, user: User, seller: str) -> PolicyPage:
    must_see(user, seller)
    found = in_force(connection, seller)
    if found is None:
        raise HTTPException(404)
    return found


def _shown(
    room: Room,
    request: Request,
    user: User,
    now: datetime,
    known: PolicyPage,
    given: Filled | None = None,
    form: Form | None = None,
    fault: str = "",
    done: str = "",
) -> Response:
    faults = given.faults if given else {}
    context: dict[str, Any] = {"p": known, "faults": faults, "fault": fault, "done": done}
    context["given"] = form.fields if form else None
    status = 409 if fault else 422 if faults else 200
    return page(room, request, user, now, "policy", status, here="policies", **context)


def _chosen(
    room: Room,
    request: Request,
    connection: Connection,
    user: User,
    now: datetime,
    known: PolicyPage,
    form: Form,
    nonce: str,
) -> Response:
    given = filled(form.fields)
    if given.faults or form.get("do") == "back":
        return _shown(room, request, user, now, known, given, form)
    if form.get("version") != str(known.version):
        words = "Somebody has chosen another policy since this page was opened. This is what is in force now."
        return _shown(room, request, user, now, known, fault=words)
    if form.get("do") != "apply":
        compared = what_if(connection, room.parts, known.seller, given.profile, now)
        context: dict[str, Any] = {"p": known, "given": given, "w": compared, "most": SHOWN}
        return page(room, request, user, now, "policy-look", here="policies", **context)
    act = Act(source=SOURCE, who=user.name, nonce=nonce, seller=known.seller)
    data: dict[str, Any] = {"seller": known.seller, "policy": given.preset, "by": user.name}
    if given.figures:
        data["figures"] = given.figures
    refused = refusals(post(connection, room.parts, act, [("policy.chosen", data)], now))
    if refused:
        return _shown(room, request, user, now, known, given, form, " ".join(refused))
    return see(f"/policies/{quote(known.seller)}?done=apply")
