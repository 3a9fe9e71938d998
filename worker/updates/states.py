"""The life of an update: its states and the ways between them (R44-R47). Docs draw their picture from `TRANSITIONS`."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60))
THEN_EVERY: Final = timedelta(hours=1)
TRIED_FOR: Final = timedelta(hours=48)
UNKNOWN_AGAIN_AFTER: Final = timedelta(minutes=5)
MOST_REPLACEMENTS: Final = 3


class State(StrEnum):
    """Where an update stands."""

    PENDING = "pending"
    """Its bytes are kept; it is sent at `send_at`."""
    SENDING = "sending"
    """A process holds it."""
    UNKNOWN = "unknown"
    """The server may have it; the same bytes go out once more."""
    SENT = "sent"
    """The server took it; what it states is told."""
    FAILED = "failed"
    """Refused for good, or given up after 48 hours."""
    REPLACED = "replaced"
    """No longer true when its try came; another one takes its place."""
    UNCONFIRMED = "unconfirmed"
    """Twice sent without a reply; nobody knows whether it arrived."""
    BOUNCED = "bounced"
    """Taken, and proven undeliverable afterwards."""


TRANSITIONS: Final = {
    State.PENDING: (State.SENDING, State.REPLACED),
    State.SENDING: (State.SENT, State.PENDING, State.UNKNOWN, State.FAILED, State.UNCONFIRMED, State.REPLACED),
    State.UNKNOWN: (State.SENDING, State.REPLACED),
    State.SENT: (State.BOUNCED,),
    State.FAILED: (),
    State.REPLACED: (),
    State.UNCONFIRMED: (),
    State.BOUNCED: (),
}


def next_try(now: datetime, first_try_at: datetime, tries: int) -> datetime | None:
    """Give the moment of the next try after `tries` deferred ones; None when the 48 hours are over (R46)."""
    pause = PAUSES[tries - 1] if tries <= len(PAUSES) else THEN_EVERY
    return now + pause if now + pause <= first_try_at + TRIED_FOR else None
