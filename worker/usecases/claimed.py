"""A mail in a process's hands."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from worker.usecases.following import Planned


@dataclass(slots=True)
class Claimed:
    """A mail in this process's hands, with the threads it speaks to."""

    row: Any
    threads: list[Any]
    at: datetime
    """The moment of what is done with it: of its claim first, of its settlement when its try has ended."""
    true_now: bool = True
    planned: Planned | None = None
    """What it was planned from, if this process has just done that."""

    def fence(self, instance: int) -> dict[str, Any]:
        """Give what a settlement must match."""
        return {"mail_id": self.row.id, "instance": instance, "claim_no": self.row.claim_no}
