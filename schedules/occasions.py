"""An occasion for an update."""

from datetime import datetime

from schedules.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """The moment of the next update and the rule that put it there."""

    at: datetime
    rule: str
    promised: bool
    only_contact_gap: bool = False
    """Nothing but R21's 24 hours holds it: it goes along with an earlier update (R25)."""
