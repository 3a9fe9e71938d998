"""Give back claims that a living process holds in the database but not in its hands (R44).

That happens when a commit came through and its confirmation did not. Nothing of these mails was ever handed over, so
they go back as if nobody had claimed them.
"""

from worker.storage import mails
from worker.usecases.flight import Sender
from worker.usecases.parts import Parts


def return_strays(parts: Parts, sender: Sender) -> int:
    """Give back this process's stray claims; give how many. Nothing happens while its task claims or settles."""
    if not sender.turn.acquire(blocking=False):
        return 0
    try:
        with parts.engine.begin() as connection:
            now = parts.clock(connection)
            return mails.return_strays(connection, sender.instance, sender.flight.known, now)
    finally:
        sender.turn.release()
