"""Figures for the operator's dashboard, each cheap at any size of the tables."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from worker.storage.skus import GOES_ON

ONES = text(
    "select (select min(wake_at) from correspondence where wake_at is not null and parked is null) as oldest_alarm,"
    " (select min(send_at) from mail where send_at is not null and not stopped) as oldest_mail,"
    " (select min(send_at) from webhook_call where state = 'pending') as oldest_call,"
    f" (select min(made_at) from sku_job j where {GOES_ON}) as oldest_item,"
    " (select count(*) from correspondence where parked is not null)"
    "  + (select count(*) from mail where parked is not null)"
    "  + (select count(*) from sku_job where parked is not null) as parked,"
    " (select count(*) from correspondence where unreachable is not null) as unreachable,"
    " (select count(*) from seller where stopped_at is not null) as stopped_sellers,"
    " (select count(*) from event where standing = 'waiting') as waiting_events"
)
MAILS = text(
    "select 'pending' as state, count(*) as mails from mail where send_at is not null"
    " union all select 'sending', count(*) from mail where state = 'sending'"
)
PROMISES = text(
    "select 'missed' as outcome, count(*) as promises from promise where outcome = 'missed'"
    " and settled_at > backorder_now() - interval '28 days'"
    " union all select 'open', count(*) from promise where outcome = 'open'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one look at the database says."""

    oldest_alarm: datetime | None
    oldest_mail: datetime | None
    oldest_call: datetime | None
    oldest_item: datetime | None
    parked: float
    unreachable: float
    stopped_sellers: float
    waiting_events: float
    mails: dict[str, float]
    promises: dict[str, float]


def figures(connection: Connection) -> Figures:
    """Read all of them."""
    ones = connection.execute(ONES).mappings().one()
    mails = {row.state: float(row.mails) for row in connection.execute(MAILS)}
    promises = {row.outcome: float(row.promises) for row in connection.execute(PROMISES)}
    return Figures(**ones, mails=mails, promises=promises)
