"""Render statements: subject, text and HTML, each from its own template (R30, R35)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from typing import Final

from jinja2 import Template
from jinja2.environment import TemplateModule

from schedules.events import Person
from worker.rendering.environment import make_environment, oneline
from worker.rendering.formatting import Formatter, formatter
from worker.updates import statement as statements
from worker.updates.statement import OwnerStatement, UpdateStatement

PLAIN: Final = (
    *(value for value in vars(statements).values() if isinstance(value, type) and is_dataclass(value)),
    Person,
    Formatter,
    TemplateModule,
)
"""Our own frozen values, the formatter, and our macros by their file: the sandbox has nothing to ask about them."""
TEMPLATES: Final = Path(__file__).resolve().parents[2] / "templates"


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a reader sees; the subject is one line."""

    subject: str
    text: str
    html: str


class Renderer:
    """Renders with templates that are compiled once."""

    def __init__(self, directory: Path = TEMPLATES) -> None:
        self._environment = make_environment(directory, PLAIN)
        self._compiled: dict[str, Template] = {}

    def warm(self) -> None:
        """Compile every mail's templates now, so that no first mail waits for it."""
        for name in self._environment.list_templates(extensions=["txt", "html"]):
            if name.startswith("email/"):
                self._template(name)

    def render_update(self, statement: UpdateStatement) -> Rendered:
        """Render a mail to a buyer; jinja2.TemplateError if a template and the statement do not fit."""
        return self.render_updates([statement])[0]

    def render_updates(
        self, statements: Sequence[UpdateStatement], between: Callable[[], object] = lambda: None
    ) -> list[Rendered]:
        """Render mails part by part: what one template touches is still at hand when it is rendered again.

        `between` is called after each part.
        """
        mails = [(one.kind, {"u": one, "f": formatter(one.locale, one.zone)}) for one in statements]
        return self._rendered(mails, between)

    def render_owner(self, statement: OwnerStatement) -> Rendered:
        """Render a list to one of the seller's people."""
        context = {"o": statement, "f": formatter(statement.locale, statement.zone)}
        return self._rendered([(statement.kind, context)], lambda: None)[0]

    def _rendered(
        self, mails: Sequence[tuple[str, dict[str, object]]], between: Callable[[], object]
    ) -> list[Rendered]:
        parts = []
        for part in ("subject.txt", "body.txt", "body.html"):
            parts.append([self._template(f"email/{kind}/{part}").render(context) for kind, context in mails])
            between()
        return [
            Rendered(oneline(subject), text.strip("\n") + "\n", html)
            for subject, text, html in zip(*parts, strict=True)
        ]

    def _template(self, name: str) -> Template:
        template = self._compiled.get(name)
        if template is None:
            template = self._compiled[name] = self._environment.get_template(name)
        return template
