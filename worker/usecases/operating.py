"""What an operator does to an order beside reviewing it: pause, go on, send now, move a checkpoint, with a reason."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from schedules.moments import local_day
from worker.usecases.figures import day
from worker.usecases.review_answers import Reading
from worker.usecases.reviewing import ReviewPage

SOON: Final = timedelta(minutes=1)
ACTS: Final = frozenset({"pause", "resume", "send-now", "move"})


def operated(page: ReviewPage, form: Mapping[str, str], now: datetime) -> Reading:
    """Read what an operator pressed."""
    about = {"seller": page.view.loaded.slug, "order": page.view.scene.facts.order, "by": page.by}
    reading = Reading()
    match form.get("do", ""):
        case "pause":
            reading.said.append(("seller.paused", about))
        case "resume":
            reading.said.append(("seller.resumed", about))
        case "send-now":
            moment = (now + SOON).replace(microsecond=0)
            reading.said.append(("review.recorded", about | {"next_checkpoint": moment.isoformat()}))
        case _:
            _move(page, form, now, about, reading)
    return reading


def _move(page: ReviewPage, form: Mapping[str, str], now: datetime, about: dict[str, Any], reading: Reading) -> None:
    found = day(form.get("next_review", ""))
    if found is None or found <= local_day(now, page.view.scene.where.zone):
        reading.faults["move"] = "Please enter a day after today."
    elif not form.get("reason", "").strip():
        reading.faults["move"] = "Please say why; the reason is kept in the timeline."
    else:
        reading.said.append(("review.recorded", about | {"next_checkpoint": found.isoformat()}))
