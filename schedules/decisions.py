"""Decisions, their actions, and the sentences that explain them (R28)."""

from datetime import datetime
from enum import StrEnum

from schedules.kinds import Kind, Weight
from schedules.values import dataclass


class Action(StrEnum):
    """What became of a thread at one moment."""

    SENT = "sent"
    WAITING = "waiting"
    MERGED = "merged"
    NOT_NEEDED = "not_needed"
    HELD = "held"
    REPLACED = "replaced"
    DEFERRED = "deferred"
    UNKNOWN = "unknown"
    UNDELIVERED = "undelivered"
    MISSED = "missed"
    DROPPED = "dropped"
    REMINDED = "reminded"
    ESCALATED = "escalated"
    PARKED = "parked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One decision about one thread, before ids and revisions are put to it."""

    action: Action
    rule: str
    why: str
    until: datetime | None = None
    kind: Kind | None = None
    weight: Weight | None = None
    changes: tuple[str, ...] = ()


WAITING_BECAUSE = {
    "R10": "the first notice waits for facts that are missing",
    "R12": "nothing new to tell; the buyer hears again at the promised checkpoint",
    "R20": "a passed date waits for the checkpoint of the same day",
    "R21": "the gap after the last update is not over",
    "R22": "the settle window is open, further changes may follow",
    "R23": "a notable change close to a checkpoint waits for it",
    "R24": "outside the buyer's sending hours",
    "R27": "the buyer asked to hear at checkpoints and when it is decisive",
    "R33": "a business day before its last day the buyer is reminded of the open decision",
    "R50": "the last note to the former contact keeps two hours and sending hours",
    "R26": "the buyer had this week's updates about the order",
}
