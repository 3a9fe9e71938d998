"""Rhythm presets as data: every figure checked against its range, and all of them against each other (R29).

A preset is a table of values that differ from the default, under the names of `Rhythm`'s fields. Durations are text
such as `15m`, `2h`, `24h` or `3d`, times of day `08:00`, the rest whole numbers.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import time, timedelta
from typing import Any, Final

from schedules.rhythm import DEFAULT, Rhythm

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
UNITS: Final = {"m": MINUTE, "h": HOUR, "d": DAY}
SPAN: Final = re.compile(r"(\d{1,5})([mhd])")
LONGEST_NUMBER: Final = 12
CLOCK: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Fault:
    """One value that is not allowed: which field, what was found, what is allowed."""

    field: str
    found: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.field}: found {self.found}; allowed: {self.allowed}"


class PolicyError(ValueError):
    """A preset that cannot be used; `faults` lists everything that is wrong with it."""

    def __init__(self, name: str, faults: tuple[Fault, ...]) -> None:
        super().__init__(f"preset {name}: " + "; ".join(str(fault) for fault in faults))
        self.faults = faults


RANGES: Final[Mapping[str, tuple[Any, Any]]] = {
    "settle": (MINUTE * 0, 4 * HOUR),
    "settle_at_most": (MINUTE * 0, 8 * HOUR),
    "ends_before_closing": (MINUTE * 0, HOUR),
    "decisive_gap": (MINUTE * 0, 24 * HOUR),
    "notable_gap": (MINUTE * 0, 14 * DAY),
    "goes_along_within": (MINUTE * 0, 4 * HOUR),
    "updates_per_week": (1, 50),
    "quiet_business_days_before_checkpoint": (0, 5),
    "sending_opens": (time(0), time(12)),
    "sending_closes": (time(12), time(23, 59)),
    "owner_opens": (time(0), time(12)),
    "owner_closes": (time(12), time(23, 59)),
    "day_means": (time(0), time(23, 59)),
    "cadence_business_days": (1, 30),
    "far_from_business_days": (2, 60),
    "cadence_at_most_business_days": (1, 60),
    "doubled_after_quiet_updates": (1, 20),
    "holding_business_days": (1, 10),
    "shipping_step_business_days": (1, 20),
    "moment_grace": (MINUTE, 4 * HOUR),
    "first_notice_within": (10 * MINUTE, 24 * HOUR),
    "warned_before": (10 * MINUTE, 24 * HOUR),
    "reminded_business_days_before": (1, 10),
    "handed_over_after_holding_notes": (1, 10),
    "owner_mail_gap": (MINUTE, 24 * HOUR),
    "waiting_events_told_after": (MINUTE, 3 * DAY),
    "times_the_busiest_hour": (2, 100),
    "mails_per_hour_at_first": (1, 1_000_000),
    "mails_per_hour_at_least": (1, 1_000_000),
    "silence_cancels_after_days": (0, 365),
}
"""The least and the most of each figure."""


def rhythm_from(name: str, values: Mapping[str, Any]) -> Rhythm:
    """Build a rhythm from a preset's table; PolicyError with every fault."""
    faults = [_unknown(field) for field in values if field not in RANGES]
    read: dict[str, Any] = {}
    for field, value in values.items():
        if field in RANGES:
            found = _value(field, value)
            if isinstance(found, Fault):
                faults.append(found)
            else:
                read[field] = found
    rhythm = replace(DEFAULT, name=name, **read)
    faults += _contradictions(rhythm)
    if faults:
        raise PolicyError(name, tuple(faults))
    return rhythm


def on_top(name: str, preset: Rhythm, figures: Mapping[str, Any]) -> Rhythm:
    """Build a seller's own rhythm: a preset with some figures of his; PolicyError with every fault."""
    return rhythm_from(name, written(preset) | dict(figures))


def range_of(field: str) -> tuple[Any, Any]:
    """Give the least and the most of a figure as a preset says them."""
    least, most = RANGES[field]
    return _text(least), _text(most)


def figure_from(field: str, text: str) -> Any:
    """Read what somebody typed: a whole number where the figure is one, else the text as it is."""
    whole = isinstance(RANGES[field][0], int) and text.isascii() and text.isdigit() and len(text) < LONGEST_NUMBER
    return int(text) if whole else text


def written(rhythm: Rhythm) -> dict[str, Any]:
    """Give a rhythm's figures as a preset says them."""
    return {field.name: _text(getattr(rhythm, field.name)) for field in fields(rhythm) if field.name != "name"}


def _unknown(field: str) -> Fault:
    return Fault(field, "an unknown figure", ", ".join(RANGES))


def _value(field: str, value: Any) -> Any:
    least, most = RANGES[field]
    readers: Mapping[type, Callable[[Any], Any]] = {timedelta: _span, time: _clock, int: _whole}
    read = readers[type(least)](value)
    if read is None or not least <= read <= most:
        return Fault(field, str(value), f"{_text(least)} to {_text(most)}")
    return read


def _span(value: Any) -> timedelta | None:
    matched = SPAN.fullmatch(value) if isinstance(value, str) else None
    return int(matched[1]) * UNITS[matched[2]] if matched else None


def _clock(value: Any) -> time | None:
    matched = CLOCK.fullmatch(value) if isinstance(value, str) else None
    return time(int(matched[1]), int(matched[2])) if matched else None


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: Any) -> Any:
    match value:
        case timedelta():
            minutes = int(value / MINUTE)
            return f"{minutes // 60}h" if minutes and not minutes % 60 else f"{minutes}m"
        case time():
            return value.strftime("%H:%M")
        case _:
            return value


def _contradictions(rhythm: Rhythm) -> Iterator[Fault]:
    """Two figures that cannot stand together."""
    r = rhythm
    rules = (
        (r.settle <= r.settle_at_most, "settle", f"at most settle_at_most ({_text(r.settle_at_most)})"),
        (r.decisive_gap <= r.notable_gap, "decisive_gap", f"at most notable_gap ({_text(r.notable_gap)})"),
        (
            r.sending_opens <= r.day_means < r.sending_closes,
            "day_means",
            f"within sending hours ({_text(r.sending_opens)} to before {_text(r.sending_closes)})",
        ),
        (
            r.cadence_business_days <= r.cadence_at_most_business_days,
            "cadence_business_days",
            f"at most cadence_at_most_business_days ({r.cadence_at_most_business_days})",
        ),
        (
            2 * r.cadence_business_days <= r.far_from_business_days,
            "far_from_business_days",
            f"at least twice cadence_business_days ({2 * r.cadence_business_days})",
        ),
        (r.settle < r.first_notice_within, "settle", f"less than first_notice_within ({_text(r.first_notice_within)})"),
        (
            r.mails_per_hour_at_least <= r.mails_per_hour_at_first,
            "mails_per_hour_at_least",
            f"at most mails_per_hour_at_first ({r.mails_per_hour_at_first})",
        ),
    )
    for holds, field, allowed in rules:
        if not holds:
            yield Fault(field, str(_text(getattr(r, field))), allowed)
