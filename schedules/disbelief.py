"""Whether a read of a source is believed, and why not, in sentences for a person (R7)."""

from datetime import datetime

from schedules.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Shares above which a read is not believed; losses and moves of up to `few` rows always are."""

    lost: float = 0.2
    moved: float = 0.5
    failed: float = 0.2
    few: int = 2
    may_be_empty: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One read against the last accepted one, in rows."""

    before: int = 0
    rows: int = 0
    new: int = 0
    changed: int = 0
    moved: int = 0
    gone: int = 0
    failed: int = 0
    as_of_before: datetime | None = None
    as_of: datetime | None = None


def doubts(seen: Comparison, limits: Limits) -> tuple[str, ...]:
    """Give the reasons not to believe a read; none if it is believed."""
    found = []
    if seen.before and not seen.rows and not limits.may_be_empty:
        found.append(f"the read is empty; the last accepted one had {_rows(seen.before)}")
    elif _too_many(seen.gone, seen.before, limits.lost, limits.few) and not (limits.may_be_empty and not seen.rows):
        found.append(_share(seen.gone, seen.before, "are gone", limits.lost))
    if _too_many(seen.moved, seen.before, limits.moved, limits.few):
        found.append(_share(seen.moved, seen.before, "moved in their figures", limits.moved))
    if _too_many(seen.failed, seen.rows, limits.failed, limits.few):
        found.append(_share(seen.failed, seen.rows, "cannot be read", limits.failed))
    if seen.as_of and seen.as_of_before and seen.as_of < seen.as_of_before:
        found.append(
            f"its newest row is of {seen.as_of:%Y-%m-%d %H:%M} UTC, older than {seen.as_of_before:%Y-%m-%d %H:%M} UTC"
            " of the last accepted read"
        )
    return tuple(found)


def _too_many(part: int, whole: int, share: float, few: int) -> bool:
    return part > few and part > share * whole


def _share(part: int, whole: int, what: str, allowed: float) -> str:
    return f"{part} of {_rows(whole)} {what} ({part / max(whole, 1):.0%}); believed up to {allowed:.0%}"


def _rows(count: int) -> str:
    return f"{count} {'row' if count == 1 else 'rows'}"
