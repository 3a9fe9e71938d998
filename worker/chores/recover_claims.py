"""Give back the claims of processes that have been silent for 30 seconds (R44).

Nobody knows how far their last mails came, so those go out again: same bytes, same Message-ID. A mail that was in the
hands of five processes that died is parked: it may be what kills them.
"""

from typing import Final

from worker.storage import mails
from worker.usecases.claimed import Claimed
from worker.usecases.lease import HEARTBEAT, SILENT
from worker.usecases.parking import park_mails
from worker.usecases.parts import Parts

MOST_LOSSES: Final = 5


def recover_claims(parts: Parts) -> int:
    """Release the claims of silent processes; give how many."""
    with parts.engine.begin() as connection:
        now = parts.clock(connection)
        rows = mails.orphans(connection, now - SILENT, now + HEARTBEAT)
        mails.release(connection, [row.id for row in rows], now)
        deadly = [Claimed(row=row, threads=[]) for row in rows if row.losses + 1 >= MOST_LOSSES]
        reason = f"{MOST_LOSSES} processes died while they held it"
        park_mails(connection, parts, [(one, reason) for one in deadly], now)
        return len(rows)
