"""What the web's routes are given: wired parts, pages, forms, settings; and how they answer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response

from worker.links import Grant, Links, Purpose, Unusable
from worker.rendering.pages import Pages
from worker.settings import Settings
from worker.usecases.parts import Parts
from worker.web.forms import Forms

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """One web process's parts; `mailbox` is where the local mail catcher keeps mails, if it is the way out."""

    settings: Settings
    parts: Parts
    pages: Pages
    forms: Forms
    mailbox: Path | None = None

    @property
    def links(self) -> Links:
        return self.parts.links

    @property
    def secure(self) -> bool:
        """People come by https, so that cookies never travel otherwise."""
        return self.settings.public_url.startswith("https:")

    def reading(self, work: Callable[[Connection, datetime], T]) -> T:
        """Do something that only reads, in one transaction that is rolled back."""
        with self.parts.engine.connect() as connection:
            return work(connection, self.parts.clock(connection))

    def writing(self, work: Callable[[Connection, datetime], T]) -> T:
        """Do something that writes, in one transaction."""
        with self.parts.engine.begin() as connection:
            return work(connection, self.parts.clock(connection))

    async def write(self, work: Callable[[Connection, datetime], T]) -> T:
        """Do something that writes beside the event loop."""
        return await run_in_threadpool(self.writing, work)

    async def read(self, work: Callable[[Connection, datetime], T]) -> T:
        """Do something that reads beside the event loop."""
        return await run_in_threadpool(self.reading, work)

    def page(self, name: str, status: int = 200, /, **context: Any) -> Response:
        """Answer with a page."""
        return HTMLResponse(self.pages.render(name, context), status)

    def message(self, status: int, title: str, *words: str) -> Response:
        """Answer with a few kind sentences."""
        return self.page("message", status, title=title, words=words)

    def grant(self, purpose: Purpose, token: str, now: datetime) -> Grant | Unusable:
        """Read a link."""
        return self.links.read(purpose, token, now)


def see(address: str) -> Response:
    """Send the browser on after something was recorded, so that a reload records nothing."""
    return RedirectResponse(address, 303)
