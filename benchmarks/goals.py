"""The goals that were set before anything was measured, and where in the results each figure stands."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

NOT_MEASURED: Final = "not measured"
OF_20_000_LINES: Final = ("items", "20000", "stock_received")
OF_100_000_LINES: Final = ("items", "100000", "stock_received")
NEW_DATE: Final = ("items", "100000", "production_changed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A figure that is to be at least, or at most, so much."""

    what: str
    path: tuple[str, ...]
    least: float | None = None
    most: float | None = None
    unit: str = ""
    reference: str = ""

    @property
    def words(self) -> str:
        if self.least is not None:
            return f"at least {self.least:,g}{self.unit}"
        return f"at most {self.most:,g}{self.unit}"

    def reached(self, measured: float) -> bool:
        if self.least is not None:
            return measured >= self.least
        return self.most is not None and measured <= self.most


GOALS: Final = (
    Goal(
        what="mails a second, 2 processes, to the limit pipeline", path=("race", "ratios", "ours_to_limit"), least=0.45
    ),
    Goal(what="… to django-post_office, best set-up", path=("race", "ratios", "ours_to_post_office_best"), least=3.5),
    Goal(what="… to the plain Celery app", path=("race", "ratios", "ours_to_plain_celery"), least=7),
    Goal(what="second process", path=("race", "ratios", "second_process"), least=1.8),
    Goal(
        what="10,000 checkpoints due at one moment, all accepted",
        path=("race", "burst", "10000", "seconds_until_all_accepted"),
        most=8,
        unit=" s",
    ),
    Goal(
        what="sending to a server that takes 5 ms a mail, to a bare client on as many connections",
        path=("delivery", "ratio"),
        least=0.8,
    ),
    Goal(what="one due checkpoint on an idle system, slowest of 40", path=("single", "p99_seconds"), most=2, unit=" s"),
    Goal(what="idle tick, largest to smallest backlog", path=("scale", "tick_ratio"), most=1.2),
    Goal(
        what="idle tick beside an old snapshot, after 100,000 claims",
        path=("scale", "old_snapshot", "ratio"),
        most=2,
        reference="16-36 ms from 0.3 ms without a low-water mark",
    ),
    Goal(what="stock for an item with 20,000 lines", path=(*OF_20_000_LINES, "seconds"), most=2, unit=" s"),
    Goal(what="… its longest transaction", path=(*OF_20_000_LINES, "longest_transaction_seconds"), most=1, unit=" s"),
    Goal(
        what="stock for an item with 100,000 lines",
        path=(*OF_100_000_LINES, "seconds"),
        most=2,
        unit=" s",
        reference="2.8 s row by row for 20,000",
    ),
    Goal(what="… its longest transaction", path=(*OF_100_000_LINES, "longest_transaction_seconds"), most=1, unit=" s"),
    Goal(what="a new date for an item with 100,000 lines", path=(*NEW_DATE, "seconds"), most=2, unit=" s"),
    Goal(what="… its longest transaction", path=(*NEW_DATE, "longest_transaction_seconds"), most=1, unit=" s"),
    Goal(
        what="openings in batches of 500 over HTTP",
        path=("web", "events", "openings_per_second"),
        least=5_000,
        unit="/s",
    ),
    Goal(
        what="allocations in batches of 500 over HTTP",
        path=("web", "events", "allocations_per_second"),
        least=5_000,
        unit="/s",
    ),
    Goal(
        what="planning a correspondence of 50 orders",
        path=("planning", "plan_of_50_orders", "median_ms"),
        most=5,
        unit=" ms",
    ),
    Goal(what="replay, 10,000 events of 1,000 orders", path=("replay", "sizes", "1000", "seconds"), most=45, unit=" s"),
    Goal(
        what="worker at 1,000,000 open backorders",
        path=("scale", "sizes", "1000000", "worker", "megabytes"),
        most=200,
        unit=" MB",
    ),
)


def figure(found: dict[str, Any], *path: str) -> Any:
    """Give one figure, or None if its section has never run."""
    at: Any = found.get(path[0], {}).get("figures", {})
    for name in path[1:]:
        if not isinstance(at, dict) or name not in at:
            return None
        at = at[name]
    return at


def goals(found: dict[str, Any]) -> list[str]:
    """Give what was set as a goal, and what came of it."""
    return ["| what | goal | measured | reached |", "|---|---|---|---|", *_rows(found)]


def _rows(found: dict[str, Any]) -> Iterator[str]:
    for goal in GOALS:
        measured = figure(found, *goal.path)
        what = f"{goal.what} ({goal.reference})" if goal.reference else goal.what
        if measured is None:
            yield f"| {what} | {goal.words} | {NOT_MEASURED} | |"
        else:
            reached = "yes" if goal.reached(measured) else "**no**"
            yield f"| {what} | {goal.words} | {measured:,}{goal.unit} | {reached} |"
