"""What an owner or operator fills in, turned into events; what cannot be taken is told field by field (R9, R13)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from schedules.facts import LineFacts
from schedules.kinds import Cause, Choice, Outlook
from schedules.moments import local_day
from schedules.quantities import plain
from worker.updates.wording import lint
from worker.usecases.figures import day, figure
from worker.usecases.learning import lesson_from
from worker.usecases.posting import Said
from worker.usecases.reviewing import ReviewPage, Row

ITEM: Final = "item"
"""The scope that means every open order of the line's item."""


@dataclass(slots=True)
class Reading:
    """What was understood so far: events to record, and faults by field."""

    said: list[Said] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)


def unchanged(page: ReviewPage, form: Mapping[str, str], now: datetime) -> Reading:
    """Read "unchanged, next review on ...": a review of the order, or of an item as a whole."""
    reading = Reading()
    row = _row(page, form, reading)
    data: dict[str, Any] = {"seller": page.view.loaded.slug, **_scope(page, row, form)}
    if note := form.get("note", "").strip():
        data["confirmed"] = _fitting(note, "note", reading)
    _next_review(page, form, reading, data, now)
    reading.said.append(("review.recorded", data | {"by": page.by}))
    return reading


def changed(page: ReviewPage, form: Mapping[str, str], now: datetime) -> Reading:
    """Read what is different: only what differs becomes an event, the review comes last."""
    reading = Reading()
    row = _row(page, form, reading)
    if row is None:
        return reading
    scope = _scope(page, row, form)
    of_line = scope if ITEM in form.get("scope", "") else scope | {"line": row.facts.line}
    words = _production(row.facts, form, reading)
    seller = {"seller": page.view.loaded.slug}
    if words:
        reading.said.append(("production.changed", seller | of_line | words))
    _available(row, seller | {"order": page.view.scene.facts.order, "line": row.facts.line}, form, reading)
    review: dict[str, Any] = seller | scope
    _next_review(page, form, reading, review, now)
    if not reading.said and not reading.faults:
        reading.faults["form"] = "Nothing is different from what is known. “Unchanged” confirms it."
    reading.said.append(("review.recorded", review | {"by": page.by}))
    return reading


def told(page: ReviewPage, form: Mapping[str, str], now: datetime) -> Reading:
    """Read "I told the buyer by phone"."""
    reading = Reading()
    data = _of_order(page)
    _next_review(page, form, reading, data, now)
    reading.said.append(("buyer.told", data | {"by": page.by}))
    return reading


def answered(page: ReviewPage, form: Mapping[str, str]) -> Reading:
    """Read "the buyer answered": his choice, entered and approved by the seller's side."""
    reading = Reading()
    row = next((row for row in page.offers if row.facts.line == form.get("line", "").strip()), None)
    choice = form.get("choice", "").strip()
    name = form.get("name", "").strip() or page.view.loaded.correspondence.threads[0].company or "the buyer"
    if row is None or choice not in row.facts.offered:
        reading.faults["choice"] = "Please choose what the buyer answered."
        return reading
    data = (
        _of_order(page) | {"line": row.facts.line, "choice": choice} | _units(row.facts, Choice(choice), form, reading)
    )
    reading.said.append(("decision.recorded", data | {"by": {"name": name[:100], "role": "seller"}}))
    reading.said.append(("decision.approved", data | {"by": _approver(page)}))
    return reading


def approved(page: ReviewPage, form: Mapping[str, str]) -> Reading:
    """Read "approve": the seller's word on what the buyer chose."""
    reading = Reading()
    row = next((row for row in page.requests if row.facts.line == form.get("line", "").strip()), None)
    made = row.facts.decision if row else None
    if row is None or made is None:
        reading.faults["form"] = "There is nothing to approve any more."
        return reading
    data = _of_order(page) | {"line": row.facts.line, "choice": made.choice.value}
    if made.units is not None:
        data["units"] = plain(made.units)
    if made.sku:
        data["sku"] = made.sku
    reading.said.append(("decision.approved", data | {"by": _approver(page)}))
    return reading


def learned(page: ReviewPage, form: Mapping[str, str]) -> Reading:
    """Read what a closed case teaches (R41)."""
    reading = Reading()
    if not page.closed:
        reading.faults["form"] = "This case is open again; it can be looked back on once it is closed."
        return reading
    data, faults = lesson_from(form)
    reading.faults |= faults
    reading.said.append(("closure.reviewed", _of_order(page) | data | {"by": page.by}))
    return reading


def _of_order(page: ReviewPage) -> dict[str, Any]:
    return {"seller": page.view.loaded.slug, "order": page.view.scene.facts.order}


def _approver(page: ReviewPage) -> dict[str, str]:
    return {name: value for name, value in (("name", page.person.name), ("email", page.person.email)) if value}


def _row(page: ReviewPage, form: Mapping[str, str], reading: Reading) -> Row | None:
    """Find the line a form is about; the only one need not be named."""
    named = form.get("line", "").strip()
    rows = [row for row in page.rows if named in {"", row.facts.line}]
    if not rows:
        reading.faults["form"] = "Nothing is delayed on this line any more."
        return None
    return rows[0]


def _scope(page: ReviewPage, row: Row | None, form: Mapping[str, str]) -> dict[str, Any]:
    if row is not None and ITEM in form.get("scope", ""):
        return {"sku": row.facts.sku}
    return {"order": page.view.scene.facts.order}


def _next_review(
    page: ReviewPage, form: Mapping[str, str], reading: Reading, data: dict[str, Any], now: datetime
) -> None:
    text = form.get("next_review", "").strip()
    if not text:
        return
    found = day(text)
    if found is None or found <= local_day(now, page.view.scene.where.zone):
        reading.faults["next_review"] = "Please enter a day after today."
        return
    data["next_checkpoint"] = found.isoformat()


def _production(line: LineFacts, form: Mapping[str, str], reading: Reading) -> dict[str, Any]:
    """Give what is said of date, cause, phrase and outlook where it differs."""
    data: dict[str, Any] = {}
    on = _expected(form, reading)
    if on != line.expected_on:
        data["expected_on"] = on.isoformat() if on else None
    sure = form.get("expected_confirmed") == "yes" and on is not None
    if sure != line.expected_confirmed or (on != line.expected_on and sure):
        data |= {"confirmed": sure} if on is not None else {}
    cause = form.get("cause", line.cause)
    if cause not in set(Cause):
        reading.faults["cause"] = "Please choose one of these causes."
        return data
    if cause != line.cause:
        data["cause"] = cause
    outlook = form.get("outlook", line.outlook)
    if outlook in set(Outlook) and outlook != line.outlook:
        data["outlook"] = outlook
    return data | _words(line, cause, form, reading)


def _expected(form: Mapping[str, str], reading: Reading) -> date | None:
    text = form.get("expected_on", "").strip()
    found = day(text) if text else None
    if text and found is None:
        reading.faults["expected_on"] = "Please enter a day, or leave it empty if there is none."
    return found


def _words(line: LineFacts, cause: str, form: Mapping[str, str], reading: Reading) -> dict[str, Any]:
    """Give the reason: an approved phrase, or words of one's own that keep the wording rules."""
    own = form.get("reason_text", "").strip()
    phrase = form.get("reason", "").strip()
    before = ("", "") if cause != line.cause else (line.reason or "", line.reason_text or "")
    if (phrase, own) == before:
        if cause == Cause.OTHER and not own:
            reading.faults["reason_text"] = "This cause needs a reason in your own words."
        return {}
    data: dict[str, Any] = {}
    if phrase != before[0] and phrase:
        data["reason"] = phrase
    if own != before[1] and own:
        data["reason_text"] = _fitting(own, "reason_text", reading)
    return data


def _fitting(text: str, name: str, reading: Reading) -> str:
    found = lint(text)
    if found:
        reading.faults[name] = f"“{found[0].found}” may not stand in a mail: {found[0].why}."
    return text


def _available(row: Row, of_line: dict[str, Any], form: Mapping[str, str], reading: Reading) -> None:
    text = form.get("available", "").strip()
    line = row.facts
    if not text or ITEM in form.get("scope", ""):
        return
    most = line.ordered - line.shipped - line.cancelled
    found = figure(text)
    if found is None or found > most:
        reading.faults["available"] = f"Please enter a number from 0 to {plain(most)}, without thousands separators."
    elif found != line.available:
        reading.said.append(("stock.allocated", of_line | {"available": plain(found)}))


def _units(line: LineFacts, choice: Choice, form: Mapping[str, str], reading: Reading) -> dict[str, Any]:
    text = form.get("units", "").strip()
    if choice not in {Choice.SPLIT, Choice.ADJUST} or not text:
        return {}
    found = figure(text)
    most = line.available if choice is Choice.SPLIT else None
    least = line.shipped + line.available + line.cancelled if choice is Choice.ADJUST else 0
    if found is None or found < least or (most is not None and not 0 < found <= most):
        bounds = f"at most {plain(most)}" if most is not None else f"at least {plain(line.shipped + line.available)}"
        reading.faults["units"] = f"Please enter {bounds}, without thousands separators."
        return {}
    return {"units": plain(found)}
