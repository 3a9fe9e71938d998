"""Settle what has ended in a process's hands; one mail that cannot be settled stops none of the others."""

from datetime import datetime
from typing import Final

import structlog
from sqlalchemy.exc import OperationalError

from schedules.moments import aware
from worker.storage.engine import by_keys
from worker.updates.outcomes import Outcome
from worker.usecases.claimed import Claimed
from worker.usecases.flight import GROUP, Sender
from worker.usecases.parking import park_mails
from worker.usecases.parts import Parts
from worker.usecases.settle import settle_and_count

log = structlog.get_logger()
MOST_FAILURES: Final = 3


def settled_at(now: datetime, ended: list[tuple[Claimed, Outcome]]) -> list[tuple[Claimed, Outcome]]:
    """Give mails that have ended with the moment of their settlement."""
    for one, _ in ended:
        one.at = now
    return ended


def settle_ended(parts: Parts, sender: Sender) -> int:
    """Write the ends of mails in one transaction; give how many. What cannot be written now stays in hand."""
    ended = sender.flight.to_settle()[:GROUP]
    if not ended:
        return 0
    try:
        with by_keys(parts.engine) as connection:
            settle_and_count(connection, parts, sender.instance, settled_at(aware(parts.clock(connection)), ended))
    except OperationalError:
        raise
    except Exception:  # one of them, nobody knows which
        log.exception("group_not_settled", mails=len(ended))
        ended = [one for one in ended if _settled_alone(parts, sender, one)]
    sender.flight.settled(ended)
    return len(ended)


def _settled_alone(parts: Parts, sender: Sender, ended: tuple[Claimed, Outcome]) -> bool:
    """Settle one mail; one that fails three times is set aside and shown."""
    try:
        with parts.engine.begin() as connection:
            settle_and_count(connection, parts, sender.instance, settled_at(aware(parts.clock(connection)), [ended]))
    except OperationalError:
        raise
    except Exception as fault:  # it is this mail's alone
        log.exception("mail_not_settled", mail=ended[0].row.id)
        if sender.flight.failed(ended[0].row.id) < MOST_FAILURES:
            return False
        reason = f"its end ({type(ended[1]).__name__.lower()}) could not be written: {type(fault).__name__}"
        with parts.engine.begin() as connection:
            park_mails(connection, parts, [(ended[0], reason)], parts.clock(connection))
    return True


def collect(parts: Parts, sender: Sender) -> int:
    """Settle what ended while no task looked; nothing if one is at it."""
    if not sender.turn.acquire(blocking=False):
        return 0
    try:
        return settle_ended(parts, sender)
    finally:
        sender.turn.release()


def finish(parts: Parts, sender: Sender, seconds: float) -> None:
    """Before this process ends: take nothing more, wait a while for what is under way, and settle it."""
    with sender.turn:
        sender.transport.close()
        sender.flight.wait_for_all(seconds)
        while settle_ended(parts, sender):
            pass
