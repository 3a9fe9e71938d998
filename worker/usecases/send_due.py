"""Send due mails: claim, look again, hand over, settle in groups (R44, R46, R48).

The claim commits before the first byte leaves. While half a group is settled the other half is still on its way; but a
process never has more than one group in its hands, so that its death doubles no more. Outcomes are written under a
fence, so that a process that was taken for dead cannot settle what another one has taken over.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from schedules.moments import aware, hour_of
from worker.delivery.transport import MayGo, Outgoing
from worker.storage import mails, sellers, stepping
from worker.storage.engine import by_keys
from worker.storage.packs import kept_of
from worker.updates.outcomes import Accepted, Outcome
from worker.usecases.breaker import over_the_limit
from worker.usecases.claimed import Claimed
from worker.usecases.flight import GROUP, WAITS_SECONDS, Sender
from worker.usecases.following import Planned
from worker.usecases.hours import postpone_to_hours
from worker.usecases.looking_again import look_again, may_be_stale
from worker.usecases.losing import lose
from worker.usecases.parts import Parts
from worker.usecases.settle import settle_and_count, settle_group
from worker.usecases.settling import settle_ended, settled_at

log = structlog.get_logger()
IN_SHADOW: Final = Accepted("shadow: nothing was sent")


def send_due(parts: Parts, sender: Sender, most: int = GROUP) -> int:
    """Take due mails and settle what has ended; give how many of both (0: nothing to do now)."""
    with sender.turn:
        taken = _take(parts, sender, most, [])
        sender.flight.wait(WAITS_SECONDS)
        if sender.flight.to_settle():
            sender.after_transport()
        return taken + settle_ended(parts, sender)


def send_on(parts: Parts, sender: Sender) -> int:
    """One round of a process that goes on sending: settle what has ended and take as many, in one transaction.

    What this round took is settled by the next, so whoever stops must settle once more.
    """
    with sender.turn:
        sender.flight.wait(WAITS_SECONDS)
        ended = sender.flight.to_settle()[:GROUP]
        if ended:
            sender.after_transport()
        return len(ended) + _take(parts, sender, GROUP, ended)


def send_each(
    parts: Parts, sender: Sender, ids: Sequence[int], planned: Mapping[int, Planned]
) -> list[tuple[int, datetime, bool]]:
    """Send these mails, each at the moment for which it waits, and settle them at it: for a clock that steps.

    `planned` has what some of them were planned from. The transport must end them before it returns, and no seller may
    be stopped or come to be. Give the seller and the hour of each mail to a buyer, and whether it was accepted: what
    decides whether a seller would have been stopped.
    """
    outcomes: dict[int, Outcome] = {}
    with by_keys(parts.engine) as connection:
        rows = [(row, aware(row.due_at)) for row in stepping.claim(connection, sender.instance, ids)]
        ready, suspects = _ready_and_suspect(connection, sender, rows)
        ready += _begun(connection, sender, look_again(connection, parts, sender.instance, suspects))
        live = [_outgoing(parts, one, content) for one, content in ready if not one.row.shadow]
        sender.transport.submit(live, lambda: True, outcomes.__setitem__)
        ended = [(one, outcomes.get(one.row.id, IN_SHADOW)) for one, _ in ready]
        for one, _ in ended:
            one.planned = planned.get(one.row.id)
        settle_and_count(connection, parts, sender.instance, ended)
    accepted = {mail_id for mail_id, outcome in outcomes.items() if isinstance(outcome, Accepted)}
    return [(row.seller_id, hour_of(at), row.id in accepted) for row, at in rows if row.audience == "buyer"]


Ended = list[tuple[Claimed, Outcome]]


def _take(parts: Parts, sender: Sender, most: int, ended: Ended) -> int:
    """Claim mails and hand them over, and settle those that have ended; give how many were claimed."""
    sender.leave()
    free = min(most - len(sender.flight) + len(ended), sender.transport.room())
    if free <= 0:
        if ended:
            settle_ended(parts, sender)
        return 0
    may_go = sender.lease.hold()
    rows, ready = _claimed(parts, sender, free, ended)
    if not rows:
        return 0
    hand_over(parts, sender, ready, may_go)
    return len(rows)


Ready = list[tuple[Claimed, bytes]]


def hand_over(parts: Parts, sender: Sender, ready: Ready, may_go: MayGo) -> None:
    """Let claimed mails leave, whose claim is committed."""
    going = [one for one, _ in ready]
    if going:
        sender.flight.add(going)
        sender.after_claim()
    for one in going:
        if one.row.shadow:
            sender.flight.ended(one.row.id, IN_SHADOW)
    live = [_outgoing(parts, one, content) for one, content in ready if not one.row.shadow]
    sender.transport.submit(live, may_go, sender.flight.ended)


def _claimed(parts: Parts, sender: Sender, most: int, ended: Ended) -> tuple[list[Any], Ready]:
    """Settle, claim and look in one transaction; if that fails, settle and claim, then look at each mail alone."""
    try:
        with by_keys(parts.engine) as connection:
            now = aware(parts.clock(connection))
            accepted = settle_group(connection, parts, sender.instance, settled_at(now, ended)) if ended else {}
            rows, last = mails.claim(connection, sender.instance, now, most, sender.last_seller)
            ready, suspects = _looked_at(connection, parts, sender, rows, now) if rows else ([], [])
            sellers.count_mails(connection, accepted)
    except OperationalError:
        raise
    except Exception:  # one of them, nobody knows which
        log.exception("group_not_ready", mails=most)
        return _one_by_one(parts, sender, most, ended)
    sender.flight.settled(ended)
    sender.last_seller = last
    return rows, ready + _suspects_ready(parts, sender, suspects)


def _suspects_ready(parts: Parts, sender: Sender, suspects: list[Claimed]) -> Ready:
    """Look again in a transaction of its own: it locks what it replaces, and a settlement has its locks already."""
    if not suspects:
        return []
    try:
        with by_keys(parts.engine) as connection:
            return _begun(connection, sender, look_again(connection, parts, sender.instance, suspects))
    except OperationalError:
        raise
    except Exception:  # one of them, nobody knows which
        log.exception("group_not_looked_at", mails=len(suspects))
        return [one for suspect in suspects for one in _ready_alone(parts, sender, suspect.row, suspect.at)]


def _one_by_one(parts: Parts, sender: Sender, most: int, ended: Ended) -> tuple[list[Any], Ready]:
    """Claim a group and look at each mail in a transaction of its own: the faulty one goes back, counted."""
    if ended:
        settle_ended(parts, sender)
    with parts.engine.begin() as connection:
        now = aware(parts.clock(connection))
        free = min(most, GROUP - len(sender.flight))
        rows, sender.last_seller = mails.claim(connection, sender.instance, now, free, sender.last_seller)
    return rows, [one for row in rows for one in _ready_alone(parts, sender, row, now)]


def _ready_alone(parts: Parts, sender: Sender, row: Any, now: datetime) -> Ready:
    try:
        with parts.engine.begin() as connection:
            ready, suspects = _looked_at(connection, parts, sender, [row], now)
            return ready + _begun(connection, sender, look_again(connection, parts, sender.instance, suspects))
    except OperationalError:
        raise
    except Exception as fault:  # it is this mail's alone
        log.exception("mail_not_ready", mail=row.id)
        with parts.engine.begin() as connection:
            lose(connection, parts, [row], f"looking again before sending failed: {type(fault).__name__}", now)
        return []


def _outgoing(parts: Parts, one: Claimed, content: bytes) -> Outgoing:
    return Outgoing(
        mail_id=one.row.id,
        sender=parts.return_path(one.row.id) or one.row.sender,
        recipient=one.row.recipient,
        content=content,
        seller=one.row.seller_id,
    )


def _looked_at(
    connection: Connection, parts: Parts, sender: Sender, rows: list[Any], now: datetime
) -> tuple[Ready, list[Claimed]]:
    """Hold back or postpone what is not to leave now; give the rest: ready with its try begun, or to be looked at."""
    stopped = over_the_limit(connection, parts, rows, now)
    mails.hold_back(connection, sorted(stopped), now)
    return _ready_and_suspect(connection, sender, [(row, now) for row in rows if row.id not in stopped])


def _ready_and_suspect(
    connection: Connection, sender: Sender, rows: list[tuple[Any, datetime]]
) -> tuple[Ready, list[Claimed]]:
    """Postpone claimed mails that are not to leave at their moment; give the rest as above."""
    by_mail = defaultdict(list)
    for thread in mails.threads_of(connection, [row.id for row, _ in rows]):
        by_mail[thread.mail_id].append(thread)
    claimed = [Claimed(row=row, threads=by_mail[row.id], at=at) for row, at in rows]
    claimed = postpone_to_hours(connection, claimed)
    fresh = [one for one in claimed if not may_be_stale(one)]
    return _begun(connection, sender, fresh), [one for one in claimed if may_be_stale(one)]


def _begun(connection: Connection, sender: Sender, going: list[Claimed]) -> Ready:
    """Count the tries of mails before they leave; give them with their bytes."""
    instance = sender.instance
    mails.start_attempts(
        connection,
        [
            {"mail_id": one.row.id, "number": one.row.attempts, "started_at": one.at, "instance_id": instance}
            for one in going
        ],
    )
    kept = kept_of(connection, [one.row.id for one in going])
    return [(one, kept[one.row.id].content) for one in going]
