"""The courses an order of the demo may take: each a short true-to-life stream of stock and production events."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from worker.replay.scenery import Clock

Events = Iterator[tuple[str, datetime, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it is opened, and the clock its seller works by."""

    seller: str
    order: str
    ordered: int
    available: int
    day: int
    clock: Clock

    @property
    def line(self) -> dict[str, Any]:
        return {"seller": self.seller, "order": self.order, "line": "1"}

    def at(self, days: int, hour: int, minute: int = 0) -> datetime:
        """Give a clock time some business days after the opening."""
        return self.clock.at(self.day + days, hour, minute)

    def on(self, days: int) -> str:
        """Give a business day after the opening as an ISO day."""
        return self.clock.day(self.day + days).isoformat()

    def reviewed(self, days: int, hour: int, **more: Any) -> tuple[str, datetime, dict[str, Any]]:
        """Give a review by the order desk."""
        about = {"seller": self.seller, "order": self.order, "by": "Order desk"}
        return "review.recorded", self.at(days, hour), about | more


def burst(o: Order) -> Events:
    """Pallets scanned one after the other; then the rest, then the shipment."""
    for scan in range(4):
        yield "stock.allocated", o.at(1, 10, 3 * scan), {**o.line, "available": o.available + 3 * (scan + 1)}
    yield "stock.cleared", o.at(5, 9), o.line
    yield "shipment.sent", o.at(6, 15), {**o.line, "shipped": o.ordered}


def flapping_date(o: Order) -> Events:
    """A confirmed date that moves and moves back within minutes, twice."""
    yield "production.changed", o.at(1, 9), {**o.line, "expected_on": o.on(8), "confirmed": True}
    for minute, days in ((0, 12), (6, 8), (30, 11), (41, 8)):
        yield "production.changed", o.at(3, 11, minute), {**o.line, "expected_on": o.on(days), "confirmed": True}
    yield "stock.cleared", o.at(8, 10), o.line
    yield "shipment.sent", o.at(8, 16), {**o.line, "shipped": o.ordered}


def scrap_release(o: Order) -> Events:
    """A unit or two found good, day after day."""
    for days in range(1, 6):
        yield "stock.allocated", o.at(days, 11), {**o.line, "available": min(o.ordered - 1, o.available + days)}
    yield o.reviewed(4, 10, confirmed="Remaining units are in rework")
    yield "backorder.closed", o.at(10, 10), {**o.line, "outcome": "fulfilled"}


def unreviewed(o: Order) -> Events:
    """Nobody looks at it until after the checkpoint."""
    yield o.reviewed(7, 11, confirmed="Tooling is back in use", next_checkpoint=o.on(12))
    yield "stock.cleared", o.at(11, 10), o.line


def slip(o: Order) -> Events:
    """A confirmed date that slips by two weeks."""
    yield "production.changed", o.at(1, 9), {**o.line, "expected_on": o.on(6), "confirmed": True}
    yield "production.changed", o.at(4, 14), {**o.line, "expected_on": o.on(16), "confirmed": True}
    yield o.reviewed(9, 10, confirmed="Production date checked with the plant")


def split(o: Order) -> Events:
    """The buyer is asked, and takes what is ready."""
    asked = {"choices": ["wait", "split", "cancel"], "decide_by": o.on(4)}
    yield "decision.requested", o.at(1, 9), {**o.line, **asked}
    by = {"name": "Purchasing", "role": "buyer"}
    yield "decision.recorded", o.at(2, 10), {**o.line, "choice": "split", "by": by}
    yield "shipment.sent", o.at(3, 15), {**o.line, "shipped": o.available}
    yield "stock.cleared", o.at(9, 10), o.line
    yield "shipment.sent", o.at(10, 15), {**o.line, "shipped": o.ordered}


def held(o: Order) -> Events:
    """A cause without a reason that may be said; somebody completes it half a day later."""
    yield "line.changed", o.at(1, 9), {**o.line, "cause": "other"}
    reason = "A worn tool is being replaced before the next lot"
    yield "line.changed", o.at(1, 14), {**o.line, "cause": "other", "reason_text": reason}
    yield o.reviewed(4, 10)
    yield "stock.cleared", o.at(8, 10), o.line


def taken_back(o: Order) -> Events:
    """Units that were ready fail their inspection, and come back two days later."""
    yield "stock.allocated", o.at(2, 9), {**o.line, "available": min(o.ordered - 2, o.available + 10)}
    yield "stock.allocated", o.at(3, 13), {**o.line, "available": o.available}
    yield "stock.cleared", o.at(6, 10), o.line
    yield "shipment.sent", o.at(7, 15), {**o.line, "shipped": o.ordered}


def cancelled(o: Order) -> Events:
    """A part is cancelled, the rest ships."""
    rest = (o.ordered - o.available) // 2
    yield "line.cancelled", o.at(2, 11), {**o.line, "units": rest, "by": "Order desk"}
    yield "stock.cleared", o.at(6, 10), o.line
    yield "shipment.sent", o.at(7, 15), {**o.line, "shipped": o.ordered - rest}


def reviewed(o: Order) -> Events:
    """Nothing moves, and somebody says so before each checkpoint."""
    yield o.reviewed(3, 10, confirmed="Figures checked")
    yield o.reviewed(8, 10)
    yield "stock.cleared", o.at(11, 10), o.line
    yield "shipment.sent", o.at(12, 15), {**o.line, "shipped": o.ordered}


COURSES: tuple[Callable[[Order], Events], ...] = (
    burst,
    flapping_date,
    scrap_release,
    unreviewed,
    slip,
    split,
    held,
    taken_back,
    cancelled,
    reviewed,
)
