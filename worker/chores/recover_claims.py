"""Give back the claims of processes that have been silent for 30 seconds (R44).

Nobody knows how far their last mails came, so those go out again: same bytes, same Message-ID.
"""

from worker.storage import mails
from worker.updates.states import State
from worker.usecases.parts import Parts
from worker.usecases.send_due import SILENT


def recover_claims(parts: Parts) -> int:
    """Release the claims of silent processes; give how many."""
    with parts.engine.begin() as connection:
        now = parts.clock(connection)
        rows = mails.orphans(connection, now - SILENT)
        mails.release(
            connection,
            [{"mail_id": row.id, "state": State.PENDING, "send_at": now, "unknowns": row.unknowns} for row in rows],
        )
        return len(rows)
