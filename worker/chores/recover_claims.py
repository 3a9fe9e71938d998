"""Give back the claims of processes that have been silent for 30 seconds (R44).

Nobody knows how far their last mails came, so those go out again: same bytes, same Message-ID. A mail that was in the
hands of five processes that died is parked: it may be what kills them.
"""

from worker.storage import mails
from worker.usecases.lease import HEARTBEAT, SILENT
from worker.usecases.losing import lose
from worker.usecases.parts import Parts


def recover_claims(parts: Parts) -> int:
    """Release the claims of silent processes; give how many."""
    with parts.engine.begin() as connection:
        now = parts.clock(connection)
        rows = mails.orphans(connection, now - SILENT, now + HEARTBEAT)
        lose(connection, parts, rows, "a process died while it held it", now)
        return len(rows)
