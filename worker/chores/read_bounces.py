"""Read the mailbox to which mails come back (R47): each mail in a transaction of its own, marked after its commit."""

import time
from typing import Final

import structlog
from sqlalchemy.exc import DBAPIError

from worker.delivery.mailbox import MailboxError, MailboxServer, opened_mailbox
from worker.usecases.parts import Parts
from worker.usecases.take_bounce import take_bounce

log = structlog.get_logger()
READS_FOR_SECONDS: Final = 60.0


def read_bounces(parts: Parts, server: MailboxServer) -> int:
    """Take what has come back; give how many mails. A mailbox that does not answer is tried again at the next tick."""
    taken, began = 0, time.monotonic()
    try:
        with opened_mailbox(server) as mailbox:
            for number, raw in mailbox.unseen():
                mailbox.mark(number, flagged=not _took(parts, raw))
                taken += 1
                if time.monotonic() - began > READS_FOR_SECONDS:
                    break
    except MailboxError as fault:
        log.warning("bounce_mailbox_unread", fault=str(fault), then="the next tick tries again")
    return taken


def _took(parts: Parts, raw: bytes) -> bool:
    """Take one mail; False for one that cannot be taken: it is flagged for a person and stops none of the others."""
    try:
        with parts.engine.begin() as connection:
            take_bounce(connection, parts, raw, "mailbox", parts.clock(connection))
    except DBAPIError:
        raise
    except Exception:
        log.exception("bounce_not_taken")
        return False
    return True
