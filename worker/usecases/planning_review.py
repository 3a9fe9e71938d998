"""The planning review of some weeks: what was short, how often, for how long, and what speaks for a change (R42)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Connection, text

from schedules.lessons import AGAIN_WITHIN, CASES_PER_OWNER, ONE_BURST, ItemSeen, OwnerSeen, Proposal, Propose, propose
from schedules.quantities import plain
from worker.storage import console, proposals, reviews

LATELY: Final = timedelta(days=14)
MOST_WEEKS: Final = 52
ITEMS: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Backorders of one cause, week or item."""

    name: str
    seller: str = ""
    backorders: int
    open: int
    units_delayed: str
    days_delayed: int
    surprises: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A proposal of one seller, as it is offered or was decided on."""

    seller: str
    kind: str
    subject: str
    because: str
    numbers: Mapping[str, int | str]

    @property
    def about(self) -> str:
        """Name the item or person it is about."""
        return self.subject.partition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Everything the review says; `decided` are rows of `proposals.decided`."""

    weeks: int
    since: datetime
    made_at: datetime
    in_all: Count
    causes: tuple[Count, ...]
    by_week: tuple[Count, ...]
    items: tuple[Count, ...]
    items_in_all: int
    promises: Mapping[str, int]
    causes_reviewed: Mapping[str, int]
    """Causes of closed cases as their owners said they turned out (R41)."""
    proposals: tuple[Offered, ...]
    decided: tuple[Any, ...]


def review(connection: Connection, slugs: Sequence[str] | None, weeks: int, now: datetime) -> Review:
    """Put a review of some sellers (None: all) together; a handful of reads, whatever the number of orders."""
    ids = console.ids_of(connection, slugs)
    since = _start(now, weeks)
    names = {row.id: row.slug for row in connection.execute(text("select id, slug from seller"))}
    rows = reviews.openings(connection, ids, since, now, AGAIN_WITHIN, ONE_BURST, LATELY)
    surprises = {(row.seller_id, row.sku): row.backorders for row in rows if row.level == reviews.AGAIN}
    taught, causes_reviewed = reviews.lessons(connection, ids, since)
    seen = _items(connection, ids, rows, surprises, taught)
    owners = reviews.busy_owners(connection, ids, CASES_PER_OWNER)
    decided = proposals.decided(connection, ids, now - AGAIN_WITHIN)
    items = [row for row in rows if row.level == reviews.BY_ITEM]
    again = [_count(row.sku, row, names[row.seller_id], surprises.get((row.seller_id, row.sku), 0)) for row in items]
    again.sort(key=lambda one: (-one.surprises, -one.backorders, one.name))
    whole = [_count("all", row) for row in rows if row.level == reviews.IN_ALL]
    return Review(
        weeks=weeks,
        since=since,
        made_at=now,
        in_all=whole[0] if whole else Count(name="all", backorders=0, open=0, units_delayed="0", days_delayed=0),
        causes=tuple(sorted(_counts(rows, reviews.BY_CAUSE, "cause"), key=lambda one: (-one.backorders, one.name))),
        by_week=tuple(sorted(_counts(rows, reviews.BY_WEEK, "week"), key=lambda one: one.name)),
        items=tuple(again[:ITEMS]),
        items_in_all=len(again),
        promises=reviews.promises_ended(connection, ids, since),
        causes_reviewed=causes_reviewed,
        proposals=tuple(_offered(seen, owners, names, decided)),
        decided=tuple(decided),
    )


def with_decisions(connection: Connection, made: Review, slugs: Sequence[str] | None, now: datetime) -> Review:
    """Give a review that was counted before with what was decided since: that is read anew each time."""
    decided = proposals.decided(connection, console.ids_of(connection, slugs), now - AGAIN_WITHIN)
    known = {(row.seller, row.kind, row.subject) for row in decided}
    left = tuple(one for one in made.proposals if (one.seller, one.kind, one.subject) not in known)
    return replace(made, proposals=left, decided=tuple(decided))


def _start(now: datetime, weeks: int) -> datetime:
    """Give the Monday on which a review of so many weeks begins, this week included."""
    monday = (now - timedelta(days=now.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    return monday - timedelta(weeks=weeks - 1)


def _counts(rows: Iterable[Any], level: int, column: str) -> list[Count]:
    return [_count(_name(getattr(row, column)), row) for row in rows if row.level == level]


def _name(value: Any) -> str:
    return value.date().isoformat() if isinstance(value, datetime) else str(value)


def _count(name: str, row: Any, seller: str = "", surprises: int = 0) -> Count:
    return Count(
        name=name,
        seller=seller,
        backorders=row.backorders or 0,
        open=row.open or 0,
        units_delayed=plain(row.delayed or Decimal(0)),
        days_delayed=int(row.days or 0),
        surprises=surprises,
    )


def _items(
    connection: Connection,
    ids: Sequence[int] | None,
    rows: Iterable[Any],
    surprises: Mapping[tuple[int, str], int],
    taught: Iterable[Any],
) -> dict[tuple[int, str], ItemSeen]:
    """Put together what speaks for a change of each item; of most items nothing does."""
    offered = {(row.seller_id, row.sku): row for row in reviews.offered(connection, ids)}
    on_top = {(row.seller_id, row.sku): int(row.backorders) for row in rows if row.level == reviews.ON_TOP}
    lessons: dict[tuple[int, str], dict[Propose, int]] = defaultdict(dict)
    for row in taught:
        lessons[row.seller_id, row.sku][Propose(row.proposal)] = row.cases
    counted = {(row.seller_id, row.sku): row for row in rows if row.level == reviews.BY_ITEM}
    found = {}
    for key in offered.keys() | surprises.keys() | on_top.keys() | lessons.keys():
        counts, listing = counted.get(key), offered.get(key)
        seen = ItemSeen(sku=key[1], surprises=surprises.get(key, 0), on_top=on_top.get(key, 0), lessons=lessons[key])
        if counts is not None:
            delayed, days = plain(counts.delayed), int(counts.days or 0)
            seen = replace(seen, open_lines=counts.open, units_delayed=delayed, backorders=counts.backorders)
            seen = replace(seen, days_delayed=days)
        if listing is not None:
            open_ = replace(seen, open_lines=listing.lines, units_delayed=plain(listing.delayed))
            seen = replace(open_, listing=listing.listing, paid_clicks=listing.paid_clicks)
        found[key] = seen
    return found


def _offered(
    seen: Mapping[tuple[int, str], ItemSeen], owners: Iterable[Any], names: Mapping[int, str], decided: Iterable[Any]
) -> Iterable[Offered]:
    """Give the proposals of each seller that nobody has decided on lately, the weightiest first."""
    known = {(row.seller_id, row.kind, row.subject) for row in decided}
    of_seller: dict[int, list[ItemSeen]] = defaultdict(list)
    for (seller_id, _), item in seen.items():
        of_seller[seller_id].append(item)
    people: dict[int, list[OwnerSeen]] = defaultdict(list)
    for row in owners:
        people[row.seller_id].append(OwnerSeen(name=row.name, cases=row.cases))
    found: list[tuple[int, Proposal]] = [
        (seller_id, one)
        for seller_id in sorted(of_seller.keys() | people.keys())
        for one in propose(of_seller[seller_id], people[seller_id])
        if (seller_id, one.kind, one.subject) not in known
    ]
    found.sort(key=lambda pair: -pair[1].weight)
    for seller_id, one in found:
        yield Offered(
            seller=names[seller_id], kind=one.kind, subject=one.subject, because=one.because, numbers=one.numbers
        )
