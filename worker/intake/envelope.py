"""The CloudEvents 1.0 envelope around the data, and one whole-event model and validator per type."""

from typing import Any, Final, Literal

from pydantic import Field, TypeAdapter, create_model

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
    model = create_model(
        f"{data.__name__}Event",
        __base__=Envelope,
        __doc__=data.__doc__,
        type=(kind, Field(description="What happened.")),
        data=(data, Field(description="What is said about it.")),
    )
    model.model_config["title"] = name
    model.model_rebuild(force=True)
    return model


WHOLE: Final[dict[str, type[Envelope]]] = {name: _whole(name, data) for name, data in MODELS.items()}
"""The model of the whole event, by type."""

VALIDATORS: Final = {name: TypeAdapter(model).validator for name, model in WHOLE.items()}
OF_UNKNOWN_TYPE: Final = TypeAdapter(Envelope).validator
