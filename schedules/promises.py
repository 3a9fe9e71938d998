"""Promises and how they end (R11, R14, R17)."""

from datetime import datetime
from enum import StrEnum

from schedules.cadence import NextCheckpoint
from schedules.calendars import Calendars
from schedules.kinds import Kind, PromisedAs
from schedules.moments import local_day
from schedules.rhythm import Rhythm
from schedules.values import dataclass


class PromiseOutcome(StrEnum):
    """How a promise stands."""

    OPEN = "open"
    """The moment has not come, or its time has not run out."""
    KEPT = "kept"
    """The buyer heard in time, by news, a review, a holding note, or by phone."""
    EARLY = "early"
    """An update with news or newly confirmed facts replaced it before it was due."""
    MOVED = "moved"
    """An update whose only news was the checkpoint replaced it."""
    CLOSED = "closed"
    """A change of contact, or the seller, ended it before it was due."""
    MISSED = "missed"
    """Its time ran out; that stays true even if the mail follows."""


class KeptBy(StrEnum):
    """What kept a promise."""

    NEWS = "news"
    REVIEW = "review"
    HOLDING_NOTE = "holding-note"
    PHONE = "phone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A checkpoint that stood in an accepted mail: a fixed moment, whatever calendars do later (R16)."""

    made_at: datetime
    checkpoint: NextCheckpoint
    kept_until: datetime

    @property
    def due_at(self) -> datetime:
        return self.checkpoint.due_at


@dataclass(frozen=True, slots=True)
class Settled:
    """An ended promise."""

    outcome: PromiseOutcome
    kept_by: KeptBy | None = None


def kept_until(checkpoint: NextCheckpoint, where: Calendars, rhythm: Rhythm) -> datetime:
    """Give the last moment at which an acceptance still keeps the promise."""
    if checkpoint.promised_as is PromisedAs.MOMENT:
        return checkpoint.due_at + rhythm.moment_grace
    return max(where.sending.closing(local_day(checkpoint.due_at, where.zone)), checkpoint.due_at + rhythm.moment_grace)


def settled_by_update(
    promise: Promise,
    accepted_at: datetime,
    stated: NextCheckpoint | None,
    kind: Kind,
    *,
    news: bool,
    confirmed: bool,
) -> Settled | None:
    """Tell how an accepted update ends an open promise; None when it only restates it."""
    if accepted_at > promise.kept_until:
        return Settled(PromiseOutcome.MISSED)
    if accepted_at >= promise.due_at:
        return Settled(PromiseOutcome.KEPT, _kept_by(kind, news=news))
    if stated is not None and stated.due_at == promise.due_at:
        return None
    return Settled(PromiseOutcome.EARLY if news or confirmed else PromiseOutcome.MOVED)


def _kept_by(kind: Kind, *, news: bool) -> KeptBy:
    if kind is Kind.HOLDING_NOTE:
        return KeptBy.HOLDING_NOTE
    return KeptBy.NEWS if news else KeptBy.REVIEW
