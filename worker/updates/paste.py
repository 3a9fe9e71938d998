"""The event that answers an item of an owner's mail, ready to complete and record (R9, R13)."""

import json
from datetime import datetime
from typing import Any

from schedules.obligations import Code

TO_FILL_IN = "…"


def answering_event(code: Code, seller: str, order: str, line: str, lacking: tuple[str, ...], at: datetime) -> str:
    """Give the JSON of the event that answers an item; empty when none does. `…` marks what a person fills in."""
    answer = _answer(code, seller, order, line, lacking)
    if answer is None:
        return ""
    kind, data = answer
    event = {
        "specversion": "1.0",
        "id": f"{TO_FILL_IN} a new id",
        "source": "order-desk",
        "type": kind,
        "time": at.replace(microsecond=0).isoformat(),
        "data": data,
    }
    return json.dumps(event, ensure_ascii=False)


def _answer(
    code: Code, seller: str, order: str, line: str, lacking: tuple[str, ...]
) -> tuple[str, dict[str, Any]] | None:
    of_line = {"seller": seller, "order": order, "line": line}
    match code:
        case Code.LACKS_FACTS | Code.FREE_TEXT_REFUSED:
            return "line.changed", of_line | _missing(lacking)
        case Code.PAST_CHECKPOINT:
            return "review.recorded", {
                "seller": seller,
                "order": order,
                "next_checkpoint": TO_FILL_IN,
                "by": TO_FILL_IN,
            }
        case Code.UNCONFIRMED_REMINDER | Code.UNCONFIRMED_WARNING | Code.HOLDING_NOTE_SENT | Code.CASE_HANDED_OVER:
            data = {"seller": seller, "order": order, "confirmed": TO_FILL_IN, "next_checkpoint": TO_FILL_IN}
            return "review.recorded", data | {"by": TO_FILL_IN}
        case Code.TELL_BY_PHONE:
            return "buyer.told", {"seller": seller, "order": order, "by": TO_FILL_IN, "next_checkpoint": TO_FILL_IN}
        case Code.DECISION_MADE:
            choice = _said(lacking, "choice: ").partition(",")[0]
            decided: dict[str, Any] = {"seller": seller, "order": order, "choice": choice, "by": {"name": TO_FILL_IN}}
            return "decision.approved", decided | ({"line": line} if line else {})
        case Code.CLOSURE_REVIEW:
            of_order = {"seller": seller, "order": order, "cause": TO_FILL_IN}
            return "closure.reviewed", of_order | {"proposals": [], "by": TO_FILL_IN}
        case _:
            return None


def _said(lacking: tuple[str, ...], name: str) -> str:
    return next((text.removeprefix(name) for text in lacking if text.startswith(name)), TO_FILL_IN)


def _missing(lacking: tuple[str, ...]) -> dict[str, Any]:
    text = " ".join(lacking)
    fields: dict[str, Any] = {}
    if "reason" in text:
        fields["reason_text"] = TO_FILL_IN
    if "choices:" in text:
        fields["choices"] = [TO_FILL_IN]
    return fields or {"reason_text": TO_FILL_IN}
