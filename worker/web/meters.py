"""What this process counts, and what the database knows at a scrape (Prometheus)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from worker.storage import instances, metering
from worker.usecases.parts import Parts

REGISTRY: Final = CollectorRegistry()
ANSWERED: Final = Counter(
    "backorder_http_answers", "Answers by route.", ("route", "method", "status"), registry=REGISTRY
)
SECONDS: Final = Histogram(
    "backorder_http_seconds",
    "Time to an answer by route.",
    ("route",),
    registry=REGISTRY,
    buckets=(0.005, 0.02, 0.05, 0.15, 0.5, 2, 10),
)
EVENTS: Final = Counter(
    "backorder_http_events", "Events that came over HTTP, by verdict.", ("verdict",), registry=REGISTRY
)


class FromDatabase(Collector):
    """Asks the database at each scrape; one that does not answer is told as `backorder_database_up 0`."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def collect(self) -> Iterator[Metric]:
        try:
            with self._parts.engine.connect() as connection:
                now = self._parts.clock(connection)
                found = metering.figures(connection)
                ticked = instances.ticks(connection).get("plan")
        except SQLAlchemyError:
            yield _gauge("backorder_database_up", "Whether the database answers.", 0)
            return
        yield _gauge("backorder_database_up", "Whether the database answers.", 1)
        late = {
            "wake_up": found.oldest_alarm,
            "mail": found.oldest_mail,
            "webhook": found.oldest_call,
            "item": found.oldest_item,
        }
        yield _labelled(
            "backorder_overdue_seconds",
            "How long the oldest due thing of a kind has waited.",
            "kind",
            {kind: _since(now, at) for kind, at in late.items()},
        )
        yield _gauge("backorder_tick_age_seconds", "Time since beat's last tick; -1 if never.", _age(now, ticked))
        counts = {name: getattr(found, name) for name in ("parked", "stopped_sellers", "waiting_events", "unreachable")}
        yield _labelled("backorder_needs_a_person", "What waits for a person, by kind.", "kind", counts)
        yield _labelled("backorder_mails", "Mails under way, by state.", "state", found.mails)
        yield _labelled(
            "backorder_promises", "Promises of 28 days, and the open ones, by outcome.", "outcome", found.promises
        )


def _since(now: datetime, at: datetime | None) -> float:
    return max(0.0, (now - at).total_seconds()) if at else 0.0


def _age(now: datetime, at: datetime | None) -> float:
    return (now - at).total_seconds() if at else -1.0


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=value)


def _labelled(name: str, words: str, label: str, values: dict[str, float]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=(label,))
    for key, value in values.items():
        family.add_metric((key,), value)
    return family
