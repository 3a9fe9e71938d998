"""`/import`: open orders from a file, looked at first, then written as they were shown; `/export.csv`: the way back."""

import tempfile
from collections.abc import Iterator
from datetime import datetime
from threading import Semaphore
from typing import IO, Any, Final

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from worker.storage import story
from worker.storage.uploads import Upload
from worker.usecases import uploads
from worker.usecases.accounts import User
from worker.usecases.export_orders import export_lines
from worker.usecases.uploads import MOST_ROWS, UnreadableError
from worker.web.body import LARGEST_FORM, LARGEST_UPLOAD, read_upload
from worker.web.door import apart, must_act, page, sent_apart
from worker.web.forms import Form
from worker.web.room import Room, see

AT_ONCE: Final = Semaphore(1)
"""Reading a large file takes a process for a while; whoever comes meanwhile is asked to wait."""
BUSY: Final = "Somebody else's file is being read at this moment. Please try again in a minute; nothing was written."
FRONT: Final = (
    *(("rows", "Rows in the file"), ("new", "New lines"), ("changed", "Changed since the last import")),
    *(("unchanged", "Unchanged"), ("left_out", "Left out as doubtful"), ("not_delayed", "Nothing delayed, so no case")),
)
BUYERS: Final = (
    *(("orders", "Orders opened"), ("told", "Told before, as the file says"), ("contacts", "Contacts")),
    *(("first_notices", "First notices"), ("without_address", "Without an address: told by phone")),
)
PART: Final = 64 * 1024


def router(room: Room) -> APIRouter:
    """Give the pages of first loads."""
    routes = APIRouter()

    @routes.api_route("/import", methods=["GET", "HEAD"])
    def choose(request: Request) -> Response:
        return apart(room, request, lambda user, now: _form(room, request, user, now))

    @routes.post("/import")
    async def look(request: Request) -> Response:
        def work(user: User, now: datetime, form: Form) -> Response:
            must_act(user)
            return _looked(room, request, user, now, form)

        return await sent_apart(room, request, work, _with_files)

    @routes.api_route("/import/{upload_id}", methods=["GET", "HEAD"])
    def show(upload_id: int, request: Request) -> Response:
        return apart(room, request, lambda user, now: _shown(room, request, user, now, upload_id))

    @routes.post("/import/{upload_id}")
    async def apply(upload_id: int, request: Request) -> Response:
        def work(user: User, now: datetime, _form: Form) -> Response:
            must_act(user)
            return _applied(room, request, user, now, upload_id)

        return await sent_apart(room, request, work)

    @routes.api_route("/export.csv", methods=["GET", "HEAD"])
    def export(request: Request) -> Response:
        return apart(room, request, lambda user, _now: _exported(room, user))

    return routes


async def _with_files(request: Request) -> Form:
    return Form(*await read_upload(request))


def _form(
    room: Room, request: Request, user: User, now: datetime, form: Form | None = None, faults: tuple[str, ...] = ()
) -> Response:
    with room.parts.engine.connect() as connection:
        sellers = [row.slug for row in story.sellers(connection, user.sellers)]
    context: dict[str, Any] = {"sellers": sellers, "faults": faults, "given": form.fields if form else {}}
    limits = {"megabytes": LARGEST_UPLOAD // 2**20, "most_rows": MOST_ROWS}
    return page(room, request, user, now, "import", 422 if faults else 200, here="import", **context, **limits)


def _looked(room: Room, request: Request, user: User, now: datetime, form: Form) -> Response:
    name, content = form.files.get("file", ("", b""))
    if not name or not content:
        return _form(room, request, user, now, form, ("Please choose a file that is not empty.",))
    try:
        mapping = _mapping(form.files.get("mapping"))
        if not AT_ONCE.acquire(timeout=5):
            return _form(room, request, user, now, form, (BUSY,))
        try:
            number = uploads.look_at(room.parts, user, name, content, mapping, form.get("seller"))
        finally:
            AT_ONCE.release()
    except UnreadableError as fault:
        return _form(room, request, user, now, form, tuple(fault.faults))
    return see(f"/import/{number}")


def _mapping(given: tuple[str, bytes] | None) -> str | None:
    if given is None or not given[1]:
        return None
    if len(given[1]) > LARGEST_FORM:
        raise UnreadableError([f"mapping: found {len(given[1])} bytes; allowed: at most {LARGEST_FORM}"])
    try:
        return given[1].decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableError(["mapping: found bytes that are no UTF-8; allowed: TOML in UTF-8"]) from None


def _found(room: Room, user: User, upload_id: int) -> Upload:
    found = uploads.shown(room.parts, user, upload_id) if upload_id < 2**62 else None
    if found is None:
        raise HTTPException(404)
    return found


def _shown(room: Room, request: Request, user: User, now: datetime, upload_id: int, fault: str = "") -> Response:
    found = _found(room, user, upload_id)
    context: dict[str, Any] = {"upload": found, "s": found.summary, "front": FRONT, "buyers": BUYERS, "fault": fault}
    context["busy"] = found.held_until is not None and found.held_until > now
    return page(room, request, user, now, "imported", 409 if fault else 200, here="import", **context)


def _applied(room: Room, request: Request, user: User, now: datetime, upload_id: int) -> Response:
    _found(room, user, upload_id)
    if not AT_ONCE.acquire(timeout=5):
        return _shown(room, request, user, now, upload_id, BUSY)
    try:
        as_shown = uploads.write(room.parts, user, upload_id)
    except UnreadableError as fault:
        return _form(room, request, user, now, None, tuple(fault.faults))
    finally:
        AT_ONCE.release()
    if not as_shown:
        words = "Something else was recorded since this file was looked at. This is what it would write now."
        return _shown(room, request, user, now, upload_id, words)
    return see(f"/import/{upload_id}")


def _exported(room: Room, user: User) -> Response:
    """Give the open lines of a user's sellers; they are read to their end before the answer begins."""
    target = tempfile.TemporaryFile("w+", encoding="utf-8", newline="")  # noqa: SIM115 - closed when it was sent
    export_lines(room.parts, target, user.sellers)
    headers = {"content-disposition": 'attachment; filename="open-lines.csv"'}
    return StreamingResponse(_sent(target), media_type="text/csv; charset=utf-8", headers=headers)


def _sent(target: IO[str]) -> Iterator[str]:
    with target:
        target.seek(0)
        while part := target.read(PART):
            yield part
