"""What a stepping clock sees ahead of it, and takes: correspondences and mails, each at its own moment."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, text

from worker.storage.direct import run
from worker.storage.mails import CLAIMED
from worker.storage.skus import GOES_ON

AHEAD: Final = text(
    "select 'plan' as what, id, id as correspondence_id, wake_at as at from correspondence"
    " where wake_at < :end and parked is null and audience = 'buyer'"
    " union all select 'send', id, correspondence_id, send_at from mail"
    " where send_at < :end and not stopped and parked is null and audience = 'buyer'"
    " union all select 'stop', 0, 0, min(at) from ("
    "  select min(wake_at) as at from correspondence"
    "   where wake_at < :end and parked is null and audience = 'owner'"
    "  union all select min(send_at) from mail"
    "   where send_at < :end and not stopped and parked is null and audience = 'owner'"
    f"  union all select min(made_at) from sku_job j where {GOES_ON}) as stops"
    " having min(at) is not null"
)


def ahead(connection: Connection, end: datetime) -> list[Any]:
    """Read what rings before a moment: plans and mails of buyers, and the first moment that is for more than one."""
    return run(connection, AHEAD, {"end": end})


CONTACTS: Final = text(
    "select c.id, s.slug, c.address_key from correspondence c join seller s on s.id = c.seller_id"
    " where c.id = any(:ids)"
)


def contacts(connection: Connection, ids: Sequence[int]) -> list[Any]:
    """Read whom correspondences are with."""
    return run(connection, CONTACTS, {"ids": list(ids)})


MEET: Final = text(
    "select exists (select from seller where stopped_at is not null)"
    " or exists (select from listing where listing = 'ready' or coalesce(paid_clicks, 0) > 0)"
    " or exists (select from mail where server_away) as meet"
)


def meet(connection: Connection) -> bool:
    """Tell whether buyers' correspondences have to do with each other now: by a stop, a listing, a server's return."""
    return bool(run(connection, MEET, {})[0].meet)


CLAIM: Final = text(
    "with due as (select id, send_at from mail where id = any(:ids))" + CLAIMED.format(now="due.send_at")
)


def claim(connection: Connection, instance: int, ids: Sequence[int]) -> list[Any]:
    """Take these mails, each at the moment for which it waits."""
    rows = run(connection, CLAIM, {"ids": list(ids), "instance": instance})
    return sorted(rows, key=lambda row: (row.due_at, row.id))
