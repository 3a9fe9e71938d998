"""Give back the claims of processes that are dead on this machine, or have been silent for 30 seconds (R44).

Nobody knows how far their last mails came, so those go out again: same bytes, same Message-ID. A mail that was in the
hands of five processes that died is parked: it may be what kills them.
"""

from worker.neighbours import is_dead
from worker.storage import instances, mails
from worker.usecases.lease import HEARTBEAT, SILENT
from worker.usecases.losing import lose
from worker.usecases.parts import Parts


def recover_claims(parts: Parts, *, steady: bool = True) -> int:
    """Release the claims of dead and of silent processes; give how many.

    Only who saw the clock run steadily for a while may call others silent; the kernel's word holds at once.
    """
    with parts.engine.begin() as connection:
        now = parts.clock(connection)
        dead = [row.id for row in instances.with_claims(connection) if is_dead(row.name)]
        silent_since = now - SILENT if steady else None
        rows = mails.orphans(connection, dead, silent_since, now + HEARTBEAT)
        lose(connection, parts, rows, "a process died while it held it", now)
        return len(rows)
