"""Differences between two reads of a source, as statements that become events (R7, R13)."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final, assert_never
from zoneinfo import ZoneInfo

from schedules.quantities import plain
from schedules.sayings import OF_CONTACT, OF_OPENING, Says, WhenGone
from schedules.values import dataclass

Values = Mapping[str, Any]
"""One row as plain JSON values under the names of `schedules.sayings`."""
UNKNOWN: Final = "unknown"
"""Instead of a moment: the row does not say of when its figures are, so it confirms nothing."""
AS_OF: Final = "as_of"


@dataclass(frozen=True, slots=True)
class Statement:
    """One event to be: its type and data."""

    type: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Dated:
    """When an event from a row happened, and of when its figures are if not of that moment."""

    time: datetime
    asof: datetime | str | None


def dated(as_of: str | None, zone: ZoneInfo, now: datetime) -> Dated:
    """Date a row: by its own moment; a day counts as its end for the order of events, as its start for R13.

    A row without a date happened when it was read, and confirms nothing.
    """
    if as_of is None:
        return Dated(now, UNKNOWN)
    if len(as_of) > len("2026-05-20"):
        return Dated(datetime.fromisoformat(as_of), None)
    day = date.fromisoformat(as_of)
    starts = datetime.combine(day, time(), zone)
    ends = datetime.combine(day + timedelta(days=1), time(), zone) - timedelta(seconds=1)
    return Dated(min(now, ends), starts)


def statements(
    says: Says,
    before: Values | None,
    after: Values | None,
    when_gone: WhenGone = WhenGone.NOTHING,
    *,
    was_said: bool = True,
) -> tuple[Statement, ...]:
    """Give what changed between two states of a row; None means that there is no such row.

    `was_said` is False for a row that is known but of which nothing was said yet, as a line without delay.
    """
    if says is Says.OPEN_BACKORDERS and not was_said:
        before = None
    if after is None:
        return _gone(before, when_gone) if before is not None else ()
    if before is None:
        return _FIRST[says](after)
    if before == after:
        return ()
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    return _CHANGED[says](before, after, frozenset(changed))


def is_figure_of(changed: frozenset[str] | set[str], figures: frozenset[str]) -> bool:
    """Tell whether a difference is one of goods, not of words or dates of the row."""
    return bool(changed & figures)


def _about(row: Values, *names: str) -> dict[str, Any]:
    return {name: row[name] for name in ("seller", *names) if row.get(name) is not None}


def _of_line(row: Values, **said: Any) -> dict[str, Any]:
    return _about(row, "order", "line") | said


def _opening(row: Values) -> dict[str, Any]:
    data = _of_line(row) | {name: row[name] for name in OF_OPENING if row.get(name) is not None}
    data["available"] = _available(row)
    contact = {name: row[f"contact_{name}"] for name in OF_CONTACT if row.get(f"contact_{name}") is not None}
    data["buyer"] = {"company": row.get("company"), "contact": contact}
    for name, fields in (("owner", ("name", "email")), ("substitute", ("sku", "product"))):
        said = {field: row[f"{name}_{field}"] for field in fields if row.get(f"{name}_{field}") is not None}
        if said:
            data[name] = said
    if row.get("told_at"):
        data["told"] = {"at": row["told_at"]}
        if row.get("told_next_checkpoint"):
            data["told"]["next_checkpoint"] = row["told_next_checkpoint"]
    return data


def _available(row: Values) -> str:
    if row.get("available") is not None:
        return str(row["available"])
    if row.get("delayed") is None:
        return "0"
    left = Decimal(row["ordered"]) - Decimal(row["delayed"]) - Decimal(row.get("shipped") or 0)
    return plain(max(left, Decimal(0)))


def _first_opening(row: Values) -> tuple[Statement, ...]:
    """A line of which nothing is delayed is no backorder: it is only known from now on."""
    return () if not _delayed(row) else _opened_again(row)


def _opened_again(row: Values) -> tuple[Statement, ...]:
    return (Statement("backorder.opened", _opening(row)),)


def _delayed(row: Values) -> bool:
    ready = Decimal(_available(row)) + Decimal(row.get("shipped") or 0)
    return Decimal(row["ordered"]) > ready


CHANGES_OF_LINES: Final = frozenset(
    {"ordered", "sku", "product", "promised_on", "choices", "outlook", "cause", "reason", "reason_text"}
)
CANNOT_BE_UNSAID: Final = CHANGES_OF_LINES | {"shipped"}


def _changed_opening(before: Values, after: Values, changed: frozenset[str]) -> tuple[Statement, ...]:
    """Say only what changed, so that what others said of the line stands; the rest needs the opening again."""
    words = changed & CHANGES_OF_LINES
    figures = {"available", "delayed"} & changed
    dates = changed & {"expected_on", "expected_confirmed"}
    owner = changed & {"owner_name", "owner_email"}
    told = {"told_at", "told_next_checkpoint"}
    rest = changed - words - figures - dates - owner - told - {AS_OF, "shipped"}
    if rest or any(after.get(name) is None for name in changed & CANNOT_BE_UNSAID) or (owner and not _has_owner(after)):
        return _opened_again({name: value for name, value in after.items() if name not in told})
    found = []
    if words:
        found.append(Statement("line.changed", _of_line(after, **{name: after[name] for name in sorted(words)})))
    if "shipped" in changed:
        found.append(Statement("shipment.sent", _of_line(after, shipped=after["shipped"])))
    if _available(before) != _available(after) or "shipped" in changed:
        found.append(Statement("stock.allocated", _of_line(after, available=_available(after))))
    if dates:
        found.append(Statement("production.changed", _of_line(after, **_expected(after, dates))))
    if owner:
        person = {"name": after.get("owner_name") or "", "email": after["owner_email"]}
        found.append(Statement("owner.assigned", _about(after, "order") | {"owner": person}))
    if not found and AS_OF in changed:
        found.append(Statement("line.changed", _of_line(after, ordered=after["ordered"])))
    return tuple(found)


def _has_owner(row: Values) -> bool:
    return bool(row.get("owner_email"))


def _expected(after: Values, changed: frozenset[str] | set[str]) -> dict[str, Any]:
    said: dict[str, Any] = {"expected_on": after.get("expected_on")} if "expected_on" in changed else {}
    if after.get("expected_on") is not None and after.get("expected_confirmed") is not None:
        said["confirmed"] = after["expected_confirmed"]
    return said


def _allocation(row: Values) -> tuple[Statement, ...]:
    return (Statement("stock.allocated", _of_line(row, available=row["available"])),)


def _shipment(row: Values) -> tuple[Statement, ...]:
    return (Statement("shipment.sent", _of_line(row, shipped=row["shipped"])),)


def _listing(row: Values) -> tuple[Statement, ...]:
    return (Statement("listing.observed", _about(row, "sku", "listing", "paid_clicks")),)


def _changed_listing(_before: Values, after: Values, changed: frozenset[str]) -> tuple[Statement, ...]:
    return _listing(after) if changed - {AS_OF} else ()


def _first_stock(_row: Values) -> tuple[Statement, ...]:
    """What lay there before anybody looked was not received now."""
    return ()


def _changed_stock(before: Values, after: Values, changed: frozenset[str]) -> tuple[Statement, ...]:
    """A rise was received; a fall says nothing about our lines, but a dated row confirms them (R13)."""
    rise = Decimal(after["units"]) - Decimal(before["units"])
    if rise > 0:
        return (Statement("stock.received", _about(after, "sku") | {"units": plain(rise)}),)
    return (Statement("production.changed", _about(after, "sku")),) if AS_OF in changed else ()


SAID_OF_PRODUCTION: Final = ("confirmed", "cause", "reason", "reason_text", "outlook")


def _first_production(row: Values) -> tuple[Statement, ...]:
    said = {name: row[name] for name in SAID_OF_PRODUCTION if row.get(name) is not None}
    if "expected_on" in row:
        said["expected_on"] = row["expected_on"]
    return (Statement("production.changed", _thing(row) | _confirmed_needs_a_date(said)),) if said else ()


def _changed_production(_before: Values, after: Values, changed: frozenset[str]) -> tuple[Statement, ...]:
    said = {name: after[name] for name in sorted(changed - {AS_OF}) if name in after and after[name] is not None}
    if "expected_on" in changed:
        said["expected_on"] = after.get("expected_on")
        if after.get("confirmed") is not None:
            said["confirmed"] = after["confirmed"]
    if not said and AS_OF not in changed:
        return ()
    return (Statement("production.changed", _thing(after) | _confirmed_needs_a_date(said)),)


def _confirmed_needs_a_date(said: dict[str, Any]) -> dict[str, Any]:
    if "expected_on" in said and said["expected_on"] is None:
        said.pop("confirmed", None)
    return said


def _thing(row: Values) -> dict[str, Any]:
    return _about(row, "order", "line") if row.get("order") is not None else _about(row, "sku")


def _gone(before: Values, when_gone: WhenGone) -> tuple[Statement, ...]:
    match when_gone:
        case WhenGone.FULFILLED | WhenGone.CANCELLED if _all_shipped(before):
            return ()  # it has ended already, and was told so
        case WhenGone.FULFILLED | WhenGone.CANCELLED:
            return (Statement("backorder.closed", _of_line(before, outcome=str(when_gone))),)
        case WhenGone.CLEARED:
            return (Statement("stock.cleared", _of_line(before)),)
        case WhenGone.NONE_ALLOCATED:
            return (Statement("stock.allocated", _of_line(before, available="0")),)
        case WhenGone.NO_DATE:
            return (Statement("production.changed", _thing(before) | {"expected_on": None}),)
        case WhenGone.HIDDEN:
            return (Statement("listing.observed", _about(before, "sku") | {"listing": "hidden"}),)
        case WhenGone.NOTHING:
            return ()
        case never:
            assert_never(never)


def _all_shipped(row: Values) -> bool:
    return Decimal(row.get("shipped") or 0) >= Decimal(row["ordered"])


def _again(first: Callable[[Values], tuple[Statement, ...]]) -> Callable[..., tuple[Statement, ...]]:
    return lambda _before, after, _changed: first(after)


_FIRST: Final[dict[Says, Callable[[Values], tuple[Statement, ...]]]] = {
    Says.OPEN_BACKORDERS: _first_opening,
    Says.ALLOCATIONS: _allocation,
    Says.STOCK: _first_stock,
    Says.PRODUCTION: _first_production,
    Says.SHIPMENTS: _shipment,
    Says.LISTINGS: _listing,
}
_CHANGED: Final[dict[Says, Callable[[Values, Values, frozenset[str]], tuple[Statement, ...]]]] = {
    Says.OPEN_BACKORDERS: _changed_opening,
    Says.ALLOCATIONS: _again(_allocation),
    Says.STOCK: _changed_stock,
    Says.PRODUCTION: _changed_production,
    Says.SHIPMENTS: _again(_shipment),
    Says.LISTINGS: _changed_listing,
}
