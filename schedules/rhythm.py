"""The figures of the rhythm, each the default of a setting (R29's presets are instances of this)."""

from dataclasses import dataclass
from datetime import time, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """When updates go out, wait, merge, or are not needed; times of day are in the reader's zone."""

    name: str = "default"
    settle: timedelta = timedelta(minutes=15)
    settle_at_most: timedelta = timedelta(minutes=60)
    ends_before_closing: timedelta = timedelta(minutes=2)
    decisive_gap: timedelta = timedelta(hours=2)
    notable_gap: timedelta = timedelta(hours=24)
    goes_along_within: timedelta = timedelta(minutes=15)
    updates_per_week: int = 3
    quiet_business_days_before_checkpoint: int = 1
    sending_opens: time = time(8)
    sending_closes: time = time(18)
    owner_opens: time = time(9)
    owner_closes: time = time(17)
    day_means: time = time(10)
    cadence_business_days: int = 5
    far_from_business_days: int = 15
    cadence_at_most_business_days: int = 20
    doubled_after_quiet_updates: int = 3
    holding_business_days: int = 2
    shipping_step_business_days: int = 2
    moment_grace: timedelta = timedelta(minutes=15)
    first_notice_within: timedelta = timedelta(hours=2)
    warned_before: timedelta = timedelta(hours=2)
    reminded_business_days_before: int = 1
    handed_over_after_holding_notes: int = 2
    owner_mail_gap: timedelta = timedelta(hours=1)
    waiting_events_told_after: timedelta = timedelta(hours=1)
    times_the_busiest_hour: int = 5
    mails_per_hour_at_first: int = 10_000
    mails_per_hour_at_least: int = 100
    silence_cancels_after_days: int = 0
    """R39: days after the promised one up to which silence consents to a first delay; 0: it always means waiting."""

    def __hash__(self) -> int:
        """Tell rhythms apart by name first: caches ask for this at every planning."""
        return hash(self.name)


DEFAULT = Rhythm()
PRESETS = {DEFAULT.name: DEFAULT}
