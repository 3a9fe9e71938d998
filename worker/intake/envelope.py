"""The CloudEvents 1.0 envelope around the data, and one whole-event model and validator per type."""

from typing import Any, Final, Literal

from pydantic import Field, create_model

from worker.intake.fields import FreeText, Identity, Moment, Name, Part
from worker.intake.models import MODELS


class Envelope(Part):
    """A CloudEvent in JSON."""

    specversion: Literal["1.0"]
    """Version of CloudEvents."""
    id: Identity
    """Identifies the event within its source; the same id again must say the same."""
    source: Identity
    """The system that speaks."""
    type: Any
    """What happened."""
    time: Moment
    """When it happened: RFC 3339 with offset, at most 5 minutes ahead of its receipt."""
    subject: Name | None = None
    """Accepted, and not read."""
    datacontenttype: Literal["application/json"] | None = None
    """Accepted; data is always JSON."""
    dataschema: FreeText | None = None
    """Accepted, and not read."""
    seenat: Moment | None = None
    """When it arrived, if not at its time; a replay goes by it."""
    asof: Literal["unknown"] | Moment | None = None
    """Of when its figures are, if not of its time: a line counts as confirmed from then; `unknown`: not confirmed."""
    data: Any
    """What is said about it."""


def _whole(name: str, data: type[Part]) -> type[Envelope]:
    kind: Any = Literal[name]
    return create_model(
        f"{data.__name__}Event",
        __base__=Envelope,
        __doc__=data.__doc__,
        __cls_kwargs__={"title": name, "use_attribute_docstrings": False},
        type=(kind, Field(description="What happened.")),
        data=(data, Field(description="What is said about it.")),
    )


WHOLE: Final[dict[str, type[Envelope]]] = {name: _whole(name, data) for name, data in MODELS.items()}
"""The model of the whole event, by type."""
