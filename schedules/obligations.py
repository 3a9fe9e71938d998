"""What the seller's people must be told, and when: reminders, warnings, lacks (R9, R10, R13, R14)."""

from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from schedules.businessdays import Hours
from schedules.calendars import Calendars
from schedules.kinds import OwnerKind
from schedules.moments import at_clock, clock_of, local_day
from schedules.rhythm import Rhythm
from schedules.values import dataclass


class Code(StrEnum):
    """What is up; each has one sentence in the owner templates."""

    LACKS_FACTS = "lacks-facts"
    FREE_TEXT_REFUSED = "free-text-refused"
    PAST_CHECKPOINT = "past-checkpoint"
    FIRST_NOTICE_HALF = "first-notice-half"
    FIRST_NOTICE_LATE = "first-notice-late"
    UNCONFIRMED_REMINDER = "unconfirmed-reminder"
    UNCONFIRMED_WARNING = "unconfirmed-warning"
    HOLDING_NOTE_SENT = "holding-note-sent"
    CASE_HANDED_OVER = "case-handed-over"
    PROMISE_MISSED = "promise-missed"
    WAITING_EVENT = "waiting-event"
    UNDELIVERED = "undelivered"
    TELL_BY_PHONE = "tell-by-phone"
    DECISION_MADE = "decision-made"
    LISTING_CONTRADICTION = "listing-contradiction"
    CLOSURE_REVIEW = "closure-review"
    PLANNING_REVIEW = "planning-review"
    SOURCE_STALE = "source-stale"
    OPERATOR = "operator"


KIND_OF = {
    Code.LACKS_FACTS: OwnerKind.FACTS_MISSING,
    Code.FREE_TEXT_REFUSED: OwnerKind.FACTS_MISSING,
    Code.PAST_CHECKPOINT: OwnerKind.FACTS_MISSING,
    Code.FIRST_NOTICE_HALF: OwnerKind.FACTS_MISSING,
    Code.WAITING_EVENT: OwnerKind.FACTS_MISSING,
    Code.UNCONFIRMED_REMINDER: OwnerKind.REVIEW_REMINDER,
    Code.UNCONFIRMED_WARNING: OwnerKind.REVIEW_REMINDER,
    Code.FIRST_NOTICE_LATE: OwnerKind.ESCALATION,
    Code.HOLDING_NOTE_SENT: OwnerKind.ESCALATION,
    Code.CASE_HANDED_OVER: OwnerKind.ESCALATION,
    Code.PROMISE_MISSED: OwnerKind.ESCALATION,
    Code.UNDELIVERED: OwnerKind.UNDELIVERED,
    Code.TELL_BY_PHONE: OwnerKind.TELL_BUYER,
    Code.DECISION_MADE: OwnerKind.DECISION_MADE,
    Code.LISTING_CONTRADICTION: OwnerKind.LISTING_CONTRADICTION,
    Code.CLOSURE_REVIEW: OwnerKind.CLOSURE_REVIEW,
    Code.PLANNING_REVIEW: OwnerKind.PLANNING_REVIEW,
    Code.SOURCE_STALE: OwnerKind.REVIEW_REMINDER,
    Code.OPERATOR: OwnerKind.OPERATOR_NOTICE,
}


class Recipient(StrEnum):
    """Whom an obligation addresses; the address is looked up when it is written."""

    OWNER = "owner"
    ESCALATION = "escalation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """One thing to tell one of the seller's people; `key` comes from state and makes it happen once."""

    code: Code
    recipient: Recipient
    order: str
    key: str
    at: datetime
    line: str = ""
    lacking: tuple[str, ...] = ()
    note: str = ""
    say: str = ""
    due_at: datetime | None = None

    @property
    def kind(self) -> OwnerKind:
        return KIND_OF[self.code]


def warning_time(at: datetime, cause_at: datetime, working: Hours) -> datetime:
    """Move a warning into working hours: the hour before, or the next if that lies before its cause (R10)."""
    if working.contains(at):
        return at
    earlier = working.last_hour_before(at)
    return earlier if earlier >= cause_at else working.on_or_after(at)


@lru_cache(maxsize=16_384)
def reminder_at(due_at: datetime, promised_at: datetime, where: Calendars, rhythm: Rhythm) -> datetime:
    """Give R13's reminder: one of the seller's business days before, or half the time if that is nearer."""
    zone = where.seller_zone
    day = where.seller.plus(local_day(due_at, zone), -rhythm.reminded_business_days_before)
    a_day_before = at_clock(day, clock_of(due_at, zone), zone)
    if a_day_before <= promised_at:
        a_day_before = promised_at + (due_at - promised_at) / 2
    return warning_time(a_day_before, promised_at, where.working)


@lru_cache(maxsize=16_384)
def warning_at(due_at: datetime, promised_at: datetime, where: Calendars, rhythm: Rhythm) -> datetime:
    """Give R14's warning: two business hours (sending hours) before the checkpoint, moved into working hours."""
    return warning_time(where.sending.minus(due_at, rhythm.warned_before), promised_at, where.working)
