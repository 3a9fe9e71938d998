"""The kinds of mail and the reasons for them; the names are part of the contract."""

from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What an update to a buyer is, by its weightiest change; each is a folder under `templates/email/`."""

    FINAL_NOTE = "final-note"
    FIRST_NOTICE = "first-notice"
    DECISION_NEEDED = "decision-needed"
    DECISION_CONFIRMED = "decision-confirmed"
    UNITS_TAKEN_BACK = "units-taken-back"
    LINE_CANCELLED = "line-cancelled"
    STOCK_CLEARED = "stock-cleared"
    PRODUCTION_CHANGED = "production-changed"
    PARTIAL_RELEASE = "partial-release"
    CHECKPOINT_REVIEW = "checkpoint-review"
    HOLDING_NOTE = "holding-note"
    CONTACT_CHANGED = "contact-changed"


KIND_RANK: Final = {kind: rank for rank, kind in enumerate(Kind)}
"""R20's order for ties: the first wins."""


class OwnerKind(StrEnum):
    """Mails to the seller's people, and one to the operator."""

    FACTS_MISSING = "facts-missing"
    REVIEW_REMINDER = "review-reminder"
    ESCALATION = "escalation"
    DECISION_MADE = "decision-made"
    UNDELIVERED = "undelivered"
    TELL_BUYER = "tell-buyer"
    LISTING_CONTRADICTION = "listing-contradiction"
    CLOSURE_REVIEW = "closure-review"
    PLANNING_REVIEW = "planning-review"
    OPERATOR_NOTICE = "operator-notice"


class Cause(StrEnum):
    """Why units are delayed; each has approved public phrases (R31)."""

    INSPECTION_HOLD = "inspection_hold"
    PRODUCTION_DELAY = "production_delay"
    SUPPLIER_TIMING = "supplier_timing"
    FAST_MOVING = "fast_moving"
    PROMOTION = "promotion"
    STOCK_ERROR = "stock_error"
    TRANSPORT = "transport"
    OTHER = "other"


class Outlook(StrEnum):
    """How sure the seller is that the units will come."""

    TEMPORARY = "temporary"
    UNCERTAIN = "uncertain"
    CANNOT_FULFIL = "cannot_fulfil"


class Choice(StrEnum):
    """What the buyer may choose (R8)."""

    WAIT = "wait"
    SPLIT = "split"
    SUBSTITUTE = "substitute"
    ADJUST = "adjust"
    CANCEL = "cancel"


class Outcome(StrEnum):
    """How a line ended."""

    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    SUBSTITUTED = "substituted"
    ADJUSTED = "adjusted"


class Weight(StrEnum):
    """How much a change matters to the buyer (R20)."""

    DECISIVE = "decisive"
    NOTABLE = "notable"
    MINOR = "minor"


WEIGHT_RANK: Final = {weight: rank for rank, weight in enumerate(Weight)}


class PromisedAs(StrEnum):
    """Whether the buyer was promised a day or an exact moment (R17)."""

    DAY = "day"
    MOMENT = "moment"


class SetBy(StrEnum):
    """Who chose a checkpoint: somebody, or the cadence (R15, R23)."""

    PERSON = "person"
    CADENCE = "cadence"


class Confirmed(StrEnum):
    """How a line was last confirmed (R13)."""

    REVIEWED = "reviewed"
    SEEN = "seen"
