"""Logs: a fixed event name and ids, as lines for people or as JSON; never addresses, bodies or tokens."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Final

import structlog

QUIET: Final = (
    "celery.worker.strategy",
    "celery.worker.request",
    "celery.app.trace",
    "celery.beat",
    "kombu",
    "alembic",
    "mail.log",
)
"""Loggers that say too much; the last is the mail catcher's, which would write addresses."""

VALUES: Final = re.compile(r"(\bDETAIL: ).*")
"""What PostgreSQL says of a refused row: its values, an address among them perhaps."""


def without_values(_: object, __: str, said: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Leave out of an event what PostgreSQL quotes of a row."""
    for name, value in said.items():
        if isinstance(value, str):
            said[name] = VALUES.sub(r"\1left out", value)
    return said


def set_up_logging(form: str, level: int = logging.INFO) -> None:
    """Send structlog and the standard library's records the same way."""
    shared: list[structlog.types.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        without_values,
    ]
    last: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last]
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for quiet in QUIET:
        logging.getLogger(quiet).setLevel(logging.WARNING)
