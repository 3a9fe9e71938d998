"""Render pages from `templates/pages/`: compiled once, values escaped, one style sheet known by its digest."""

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from schedules.moments import local_day
from schedules.quantities import plain
from worker.rendering.environment import make_environment
from worker.rendering.formatting import Formatter, formatter
from worker.rendering.rendering import TEMPLATES

ASSETS: Final = {"style.css": "text/css; charset=utf-8", "pages.js": "text/javascript; charset=utf-8"}


class Pages:
    """The pages' templates and assets."""

    def __init__(self, directory: Path = TEMPLATES) -> None:
        self._environment = make_environment(directory)
        self._assets = {name: (directory / "pages" / name).read_bytes() for name in ASSETS}
        self._environment.globals["asset"] = self.address_of
        self._environment.globals["formatter"] = formatter
        self._environment.filters["plain"] = plain
        self._environment.filters["moment"] = datetime.fromisoformat
        self._environment.filters["local"] = local_day

    def render(self, name: str, context: dict[str, Any]) -> str:
        """Render a page; jinja2.TemplateError if the template and the context do not fit."""
        return self._environment.get_template(f"pages/{name}.html").render(context)

    def asset(self, name: str) -> tuple[bytes, str] | None:
        """Give an asset's bytes and type; None if there is no such asset."""
        content = self._assets.get(name)
        return None if content is None else (content, ASSETS[name])

    def address_of(self, name: str) -> str:
        """Give an asset's address, which changes with its content."""
        return f"/static/{name}?{hashlib.sha256(self._assets[name]).hexdigest()[:12]}"


def formatter_of(locale: str, zone: str) -> Formatter:
    """Give how values look to a reader."""
    return formatter(locale, zone)
