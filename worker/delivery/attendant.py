"""Who takes the lanes forward: the thread that hands mails over, while it attends to them, else one of their own.

Threads of one process take turns in running Python, and each turn costs more than a step of a lane does. So a process
that plans the next mails while these are on their way looks after them itself, between two stages of making those.
"""

import threading
import time
from collections.abc import Sequence
from typing import Final

import structlog

from worker.delivery.lanes import Lanes
from worker.delivery.transport import Ended, MayGo, Outgoing
from worker.delivery.wire import ready_of

log = structlog.get_logger()
LOOKS_AGAIN_SECONDS: Final = 0.5
ATTENDED_SECONDS: Final = 0.05
"""For so long after somebody attended he is taken to come back."""
A_TURN_SECONDS: Final = 0.02
"""Longer nobody waits: another thread may have read meanwhile what this one waits for, or begun with another lane."""


class Attendant:
    """Takes lanes forward, one thread at a time."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._attended_until = 0.0
        self._closing = False
        self._own_thread: threading.Thread | None = None

    def room(self, usual: int) -> int:
        """Give how many mails may come now."""
        with self._lock:
            return self._lanes.room(usual)

    def submit(self, mails: Sequence[Outgoing], may_go: MayGo, ended: Ended) -> None:
        """Take mails in this order, and begin."""
        with self._lock:
            if self._own_thread is None:
                self._own_thread = threading.Thread(target=self._run, name="mail-lanes", daemon=True)
                self._own_thread.start()
            self._lanes.take(mails, may_go, ended)
            if time.monotonic() > self._attended_until:
                self._changed.notify_all()

    def attend(self, seconds: float) -> bool:
        """Take the lanes forward in this thread with what has come, or comes within so many seconds or less.

        False if nothing was under way.
        """
        self._attended_until = time.monotonic() + seconds + ATTENDED_SECONDS
        return self._turn(min(seconds, A_TURN_SECONDS))

    def leave(self) -> None:
        """Leave the lanes to their own thread from now on."""
        with self._lock:
            self._attended_until = 0.0
            self._changed.notify_all()

    def close(self) -> None:
        """Start nothing more, and close each connection once it is free."""
        with self._lock:
            self._closing = True
            self._lanes.close()
            self.leave()

    def _turn(self, seconds: float) -> bool:
        with self._lock:
            if not self._lanes.under_way:
                return False
            waits = self._lanes.waits()
        now = time.monotonic()
        soonest = min((wait.until - now for wait in waits), default=seconds)
        ready = ready_of(waits, min(seconds, soonest))
        with self._lock:
            self._lanes.go_on(ready)
        return True

    def _run(self) -> None:
        going = True
        while going:
            try:
                going = self._awaited_turn()
                self._turn(A_TURN_SECONDS)
            except Exception:  # a thread's door: mails of later groups need it too
                log.exception("lanes_not_taken_forward")
                time.sleep(LOOKS_AGAIN_SECONDS)

    def _awaited_turn(self) -> bool:
        """Wait until nobody else attends to what is under way; False if nothing will be any more."""
        with self._lock:
            while True:
                attended = self._attended_until - time.monotonic()
                if attended > 0:
                    self._changed.wait(attended)
                    continue
                self._lanes.go_on(())
                if self._lanes.under_way:
                    return True
                if self._closing:
                    return False
                self._changed.wait(LOOKS_AGAIN_SECONDS if self._lanes.connected else None)
