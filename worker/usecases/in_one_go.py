"""Plan what is due and send it in one go: what is planned is claimed as it is written, and leaves at once (R44, R46).

A transaction settles what has ended, writes the mails of the round before as claimed by this process, and takes what is
planned next; its commit comes before the first byte leaves. While mails are on their way the next ones are planned, and
a process still never has more than one group in its hands. A mail goes this way only if nothing speaks against sending
it now; every other one waits in its table for whoever sends what is due.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from schedules.beat import TICKS
from schedules.moments import aware
from worker.storage import new_mails, sellers, threads
from worker.storage.engine import SessionByKeys
from worker.storage.planning import Loaded, claim_due, load, next_ring
from worker.usecases.at_once import Taken, may_leave_now
from worker.usecases.breaker import standing_of
from worker.usecases.catching_up import OVERDUE_AFTER
from worker.usecases.flight import GROUP, WAITS_SECONDS, Sender
from worker.usecases.parking import park_unreadable
from worker.usecases.parts import Parts
from worker.usecases.plan_due import all_work, plan_loaded, write_plans, write_work
from worker.usecases.send_due import Ended, hand_over
from worker.usecases.settle import settle_group
from worker.usecases.settling import settle_ended, settled_at
from worker.usecases.work import BATCH, LEASE, Work

log = structlog.get_logger()
LOOKS_AHEAD: Final = TICKS["plan"].every
"""So far that the next tick sees to the rest."""


@dataclass(frozen=True, slots=True)
class Ring:
    """An alarm that rings before the next tick would find it: when, and in how many seconds."""

    at: datetime
    seconds: float


@dataclass(slots=True)
class Round:
    """What one transaction took and wrote."""

    leaving: list[Taken] = field(default_factory=list)
    made: list[int] = field(default_factory=list)
    """The correspondences of the mails that were written, in their order."""
    numbers: new_mails.Numbers = field(default_factory=new_mails.Numbers)
    held: list[Work] = field(default_factory=list)
    """Plans that were not written because somebody held their correspondences for the moment."""
    rang: dict[int, datetime] = field(default_factory=dict)
    loaded: list[Loaded] = field(default_factory=list)
    next_ring: Ring | None = None
    others_plan: bool = False
    """What rings is taken: should whoever took it die, it is to be found again."""


class InOneGo:
    """One process's loop over what is due: each step writes what the step before has planned."""

    def __init__(self, parts: Parts, sender: Sender) -> None:
        self._parts = replace(parts, between=self._look_after)
        self._sender = sender
        self._session = SessionByKeys(parts.engine)
        self._loaded: list[Loaded] = []
        """Taken and read, to be planned a group at a time."""
        self._ahead: list[Work] = []
        """Planned, to be written by the next round."""
        self._rang: dict[int, datetime] = {}
        self.mails_wait = False
        """Mails are due that somebody else must send: whoever does should have his turn soon."""
        self.crowded = False
        """More is due than a process takes at a time."""
        self.next_ring: Ring | None = None
        """Known once nothing is due."""

    def step(self) -> int:
        """One round; give how many correspondences and mails it dealt with or left to do (0: nothing is due)."""
        with self._sender.turn:
            done = self._round(go_on=True)
        self._plan()
        return done + len(self._loaded) + len(self._ahead)

    def end(self) -> None:
        """Write what was taken, and settle what has ended; what is still on its way, somebody settles later."""
        while self._ahead or self._loaded:
            with self._sender.turn:
                self._round(go_on=False)
            self._plan()
        self._session.let_go()
        with self._sender.turn:
            self._sender.flight.wait(WAITS_SECONDS)
            settle_ended(self._parts, self._sender)

    def _round(self, *, go_on: bool) -> int:
        flight = self._sender.flight
        flight.wait_for_group()
        ended = flight.to_settle()[:GROUP]
        if ended:
            self._sender.after_transport()
        self._sender.leave()
        may_go = self._sender.lease.hold()
        room = min(GROUP - len(flight) + len(ended), self._sender.transport.room())
        work = self._now(room)
        try:
            found = self._written(work, ended, room, BATCH if go_on and len(self._loaded) < GROUP else 0)
        except OperationalError:
            raise
        except Exception:  # one of them, nobody knows which
            log.exception("round_failed", correspondences=len(work), mails=len(ended))
            settle_ended(self._parts, self._sender)
            plan_loaded(self._parts, [one.loaded for one in work], self._rang)
            return len(ended) + len(work) + park_unreadable(self._parts, "buyer")
        flight.settled(ended)
        hand_over(self._parts, self._sender, [(one.claimed, one.content) for one in found.leaving], may_go)
        self._loaded += found.loaded
        self._rang |= found.rang
        self.crowded = len(found.rang) == BATCH
        self.next_ring = found.next_ring
        if found.held:
            log.info("plans_held", correspondences=len(found.held))
            write_work(self._parts, found.held, self._rang)
            self.mails_wait = True
        return len(ended) + len(work) + len(found.rang)

    def _now(self, room: int) -> list[Work]:
        """Take as much of what is planned as can leave now; all of it where nothing can, to wait in the table."""
        most = room if room > 0 and not self.mails_wait else len(self._ahead)
        work, self._ahead = self._ahead[:most], self._ahead[most:]
        return work

    def _written(self, work: list[Work], ended: Ended, room: int, most: int) -> Round:
        """Settle, write and take in one transaction."""
        parts, found = self._parts, Round()
        with self._session.begin() as connection:
            now = aware(parts.clock(connection))
            since = parts.low_water.since(now)
            accepted = settle_group(connection, parts, self._sender.instance, settled_at(now, ended)) if ended else {}
            if work:
                self._write(connection, work, room, now, found)
            if most:
                found.rang = claim_due(connection, "buyer", now, most, LEASE, since)
            if found.rang:
                found.loaded = load(connection, dict.fromkeys(found.rang, now))
            elif most:
                found.next_ring, found.others_plan = _next_ring(connection, since, now)
            sellers.count_mails(connection, accepted)
        numbers = dict(zip(found.made, found.numbers.ids(), strict=True))
        for one in found.leaving:
            one.claimed.row.id = numbers[one.work.loaded.id]
        if most:
            parts.low_water.looked(since, now, found=bool(found.rang) or found.others_plan)
        return found

    def _write(self, connection: Connection, work: list[Work], room: int, now: datetime, found: Round) -> None:
        """Write plans whose correspondences nobody touched; mails that leave now are written as claimed."""
        locked = threads.lock_unchanged_and_look(connection, [one.loaded for one in work], now)
        of_sellers = standing_of(connection, [one.loaded.seller_id for one in work], now)
        (look,) = locked.rows()
        self.mails_wait = look.mails_wait
        free = set(look.free)
        held = threads.held_of(connection, [one.loaded for one in work if one.loaded.id not in free])
        found.held = [one for one in work if one.loaded.id in held]
        written = [one for one in work if one.loaded.id in free]
        found.leaving = [] if self.mails_wait else may_leave_now(written, of_sellers, now, room)
        for one in found.leaving:
            one.work.drafts[0].mail.row.update(new_mails.in_hands(self._sender.instance, now))
        found.numbers = write_plans(connection, written, {one.work.loaded.id for one in found.leaving})
        found.made = [one.loaded.id for one in written for _ in one.drafts]
        self.mails_wait = self.mails_wait or len(found.made) > len(found.leaving)

    def _look_after(self) -> None:
        """Take the mails on their way forward, if any are."""
        if self._sender.flight.under_way:
            self._sender.transport.attend(0.0)

    def _plan(self) -> None:
        """Plan the next group; what is more than mails and alarms is written at once, in a transaction of its own."""
        most = GROUP - len(self._ahead)
        group, self._loaded = self._loaded[:most], self._loaded[most:]
        more: list[Work] = []
        for one in all_work(self._parts, group):
            (self._ahead if _is_plain(one, self._rang[one.loaded.id]) else more).append(one)
        write_work(self._parts, more, self._rang)
        left = (*self._loaded, *(one.loaded for one in self._ahead))
        self._rang = {one.id: self._rang[one.id] for one in left}


def _next_ring(connection: Connection, since: datetime, now: datetime) -> tuple[Ring | None, bool]:
    at, others_plan = next_ring(connection, "buyer", since, now, now + LOOKS_AHEAD)
    return (Ring(at, (at - now).total_seconds()) if at else None), others_plan


def _is_plain(one: Work, rang_at: datetime) -> bool:
    """Tell whether a plan is nothing but complete mails, verdicts and an alarm, and none of it late."""
    plan = one.plan
    more = any((plan.obligations, plan.missed, plan.lapsed, plan.by_phone, one.tasks))
    late = one.loaded.at - rang_at > OVERDUE_AFTER
    return not more and not late and all(draft.complete for draft in one.drafts)
