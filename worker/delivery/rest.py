"""When to leave a mail server alone: after failures it rests for a while, then one mail looks whether it is back."""

from dataclasses import dataclass
from typing import Final

FIRST_REST: Final = 1.0
LONGEST_REST: Final = 60.0


@dataclass(slots=True)
class Rest:
    """Failures in a row, and until when (in seconds of a steady clock) nothing is tried."""

    failures: int = 0
    until: float = 0.0

    def failed(self, now: float) -> None:
        """Rest twice as long after each failure; failures that come while it rests are the same one."""
        if now >= self.until:
            self.failures += 1
            self.until = now + min(LONGEST_REST, FIRST_REST * 2 ** (self.failures - 1))

    def succeeded(self) -> None:
        """Go on as usual."""
        self.failures, self.until = 0, 0.0

    def room(self, now: float, usual: int, busy: int) -> int:
        """Give how many mails may start: none at rest, one as a scout after it, else the usual number."""
        if not self.failures:
            return usual
        return 0 if now < self.until or busy else 1
