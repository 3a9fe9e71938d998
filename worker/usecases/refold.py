"""Apply events to lines: find the lines, lock their correspondences, fold, and write what changed (R1, R4, R6, R22)."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from schedules.events import EventType
from schedules.facts import OrderFacts
from schedules.fold import Folded, fold
from worker.intake.stored import to_event
from worker.storage import events as stored_events
from worker.storage import orders as stored_orders
from worker.storage.orders import Order
from worker.storage.registers import written
from worker.storage.rows import LineRow, SellerRow, StoredEvent, ThreadRow
from worker.usecases.owing import owe_waiting
from worker.usecases.save_threads import save_threads
from worker.usecases.start_told import start_told, told_of

UNKNOWN_SELLER: Final = "its seller is not configured yet"
UNKNOWN_LINE: Final = "its line is not opened yet"
UNKNOWN_ORDER: Final = "its order is not known yet"

LineKey = tuple[int, str, str]


class Refold:
    """One run over a batch of events inside one transaction."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self.connection = connection
        self.now = now
        self.waiting: dict[int, str] = {}
        self.sellers: dict[str, SellerRow] = {}
        self.threads: dict[Order, ThreadRow] = {}
        self.before: dict[Order, OrderFacts] = {}
        self.events: dict[int, StoredEvent] = {}
        self.opened: set[Order] = set()
        self.touched: dict[LineKey, list[StoredEvent]] = defaultdict(list)

    @staticmethod
    def from_row(row: Any) -> StoredEvent:
        """Read a stored event back."""
        return StoredEvent(
            row.id, to_event(row.body), row.seller, row.order_no, row.line_no, row.sku, row.standing, row.reason
        )

    def run(self, events: list[StoredEvent]) -> None:
        """Apply the events and whatever waited for them."""
        self.sellers = stored_orders.sellers(self.connection, [event.seller for event in events])
        known = [event for event in events if event.seller in self.sellers]
        self._wait([event for event in events if event.seller not in self.sellers], UNKNOWN_SELLER)
        known += self._that_waited_for(known)
        self.events = {event.id: event for event in known}
        self._lock_and_read(known)
        self._open_threads(known)
        self._assign(known)
        self._fold_touched()
        self._start_told()
        profiles = {row.id: row.profile for row in self.sellers.values()}
        save_threads(self.connection, self.threads, self.before, profiles, self.now)
        self._save_standings()

    def _wait(self, events: Iterable[StoredEvent], reason: str) -> None:
        for event in events:
            self.waiting[event.id] = reason
            self.events[event.id] = event

    def _that_waited_for(self, known: list[StoredEvent]) -> list[StoredEvent]:
        orders = {(event.seller, event.order) for event in known if event.order}
        rows = stored_events.of_orders(self.connection, stored_events.WAITING_OF_ORDERS, orders)
        have = {event.id for event in known}
        return [self.from_row(row) for row in rows if row.id not in have]

    def _seller_id(self, event: StoredEvent) -> int:
        return self.sellers[event.seller].id

    def _lock_and_read(self, known: list[StoredEvent]) -> None:
        orders: set[Order] = {(self._seller_id(event), event.order) for event in known if event.order}
        skus = {(self._seller_id(event), event.sku) for event in known if event.sku and not event.order}
        self.by_sku = stored_orders.lines_of_skus(self.connection, skus)
        orders |= {(row.seller_id, row.order_no) for row in self.by_sku}
        contacts = self._contacts_of_openings(known)
        made = stored_orders.correspondences(self.connection, contacts)
        stored_orders.lock(
            self.connection, {*stored_orders.correspondence_ids(self.connection, orders), *made.values()}
        )
        self.made = made
        self.threads = stored_orders.threads(self.connection, orders)
        self.before = {order: thread.facts() for order, thread in self.threads.items()}

    def _contacts_of_openings(self, known: list[StoredEvent]) -> dict[stored_orders.Address, dict[str, Any]]:
        found = {}
        for event in sorted(known, key=lambda one: one.event.key):
            if event.event.type is EventType.BACKORDER_OPENED and event.order:
                contact = dict(event.event.data["buyer"].get("contact") or {})
                key = stored_orders.address_key(contact, event.order)
                found[(self._seller_id(event), "buyer", key)] = contact
        return found

    def _open_threads(self, known: list[StoredEvent]) -> None:
        """Make a thread for each order opened for the first time."""
        new: dict[Order, dict[str, Any]] = {}
        for event in sorted(known, key=lambda one: one.event.key):
            order = (self._seller_id(event), event.order or "")
            if event.event.type is EventType.BACKORDER_OPENED and order not in self.threads and order not in new:
                contact = dict(event.event.data["buyer"].get("contact") or {})
                key = stored_orders.address_key(contact, order[1])
                new[order] = self._thread_values(order, self.made[(order[0], "buyer", key)])
        ids = stored_orders.add_threads(self.connection, list(new.values()))
        for (order, values), thread_id in zip(new.items(), ids, strict=True):
            self.threads[order] = ThreadRow(
                id=thread_id,
                correspondence_id=values["correspondence_id"],
                seller_id=order[0],
                order=order[1],
                company="",
                registers={},
                facts_rev=0,
                told_rev=0,
                told=None,
                opened_at=self.now,
                window=None,
                contact={},
            )
            self.before[order] = self.threads[order].facts()
            self.opened.add(order)

    def _thread_values(self, order: Order, correspondence_id: int) -> dict[str, Any]:
        return {
            "correspondence_id": correspondence_id,
            "seller_id": order[0],
            "order_no": order[1],
            "order_facts": {},
            "opened_at": self.now,
        }

    def _assign(self, known: list[StoredEvent]) -> None:
        """Find the lines each event is about, and write the registers of its order."""
        opening = {(self._seller_id(e), e.order, e.line) for e in known if e.event.type is EventType.BACKORDER_OPENED}
        for event in known:
            for key in self._lines_of(event, opening):
                self.touched[key].append(event)
            order = (self._seller_id(event), event.order or "")
            if order in self.threads:
                thread = self.threads[order]
                thread.registers = written(thread.registers, event.event)
        self._attach_order_events(opening)

    def _lines_of(self, event: StoredEvent, opening: set[Any]) -> list[LineKey]:
        seller_id = self._seller_id(event)
        if event.order is None:
            return [
                (row.seller_id, row.order_no, row.line_no)
                for row in self.by_sku
                if row.sku == event.sku and row.seller_id == seller_id
            ]
        thread = self.threads.get((seller_id, event.order))
        lines = set(thread.lines) if thread else set()
        lines |= {line for owner, order, line in opening if (owner, order) == (seller_id, event.order)}
        if event.line is None:
            if not lines:
                self._wait([event], UNKNOWN_ORDER)
            return [(seller_id, event.order, line) for line in sorted(lines)]
        if event.line not in lines:
            self._wait([event], UNKNOWN_LINE)
            return []
        return [(seller_id, event.order, event.line)]

    def _attach_order_events(self, opening: set[Any]) -> None:
        """A line that opens late gets the events about its whole order that came before it."""
        slugs = {row.id: row.slug for row in self.sellers.values()}
        new = {key for key in opening if key[2] not in self.threads[(key[0], key[1])].lines}
        rows = stored_events.of_orders(
            self.connection, stored_events.OF_ORDERS_WITHOUT_LINE, {(slugs[key[0]], key[1]) for key in new}
        )
        for row in rows:
            event = self.events.get(row.id) or self.from_row(row)
            for key in new:
                if (slugs[key[0]], key[1]) == (row.seller, row.order_no) and event not in self.touched[key]:
                    self.touched[key].append(event)

    def _fold_touched(self) -> None:
        existing = {
            key: self.threads[key[:2]].lines[key[2]].id for key in self.touched if key[2] in self.threads[key[:2]].lines
        }
        past = defaultdict(list)
        for row in stored_orders.events_of_lines(self.connection, list(existing.values())):
            past[row.line_id].append(row)
        fresh: list[tuple[LineKey, Folded]] = []
        changed: list[dict[str, Any]] = []
        for key, new in self.touched.items():
            known = [self._known(row) for row in past[existing[key]]] if key in existing else []
            folded = fold({event.id: event.event for event in [*known, *new]}.values())
            self._note_standings([*known, *new], folded)
            if folded.facts is None:
                continue
            if key not in existing:
                fresh.append((key, folded))
            elif folded.facts != self.threads[key[:2]].lines[key[2]].facts:
                self.threads[key[:2]].lines[key[2]].facts = folded.facts
                changed.append({"line_id": existing[key], **stored_orders.line_values(folded.facts)})
        stored_orders.save_lines(self.connection, changed)
        self._insert_lines(fresh, existing)

    def _known(self, row: Any) -> StoredEvent:
        event = self.events.get(row.id)
        if event is None:
            event = StoredEvent(row.id, to_event(row.body), "", None, None, None, row.standing, row.reason)
            self.events[row.id] = event
        return event

    def _note_standings(self, events: list[StoredEvent], folded: Folded) -> None:
        reasons = {waiting.key: waiting.reason for waiting in folded.waiting}
        for event in events:
            if event.event.key in reasons:
                self.waiting[event.id] = reasons[event.event.key]
            elif folded.facts is None:
                self.waiting[event.id] = UNKNOWN_LINE

    def _insert_lines(self, fresh: list[tuple[LineKey, Folded]], existing: dict[LineKey, int]) -> None:
        rows = []
        for key, folded in fresh:
            thread = self.threads[key[:2]]
            place = {"thread_id": thread.id, "seller_id": key[0], "order_no": key[1], "line_no": key[2]}
            if folded.facts is not None:
                rows.append(place | stored_orders.line_values(folded.facts))
        ids = stored_orders.add_lines(self.connection, rows)
        for (key, folded), line_id in zip(fresh, ids, strict=True):
            existing[key] = line_id
            if folded.facts is not None:
                self.threads[key[:2]].lines[key[2]] = LineRow(line_id, folded.facts)
        pairs = [
            (existing[key], event.id) for key, events in self.touched.items() if key in existing for event in events
        ]
        stored_orders.link_events(self.connection, pairs)

    def _start_told(self) -> None:
        slugs = {row.id: row for row in self.sellers.values()}
        for order in sorted(self.opened):
            thread = self.threads[order]
            of_order = [event for event in self.events.values() if event.order == order[1]]
            said = {line: told for line, told in told_of(of_order).items() if line in thread.lines}
            if said:
                start_told(self.connection, thread, slugs[order[0]], said, self.now)

    def _save_standings(self) -> None:
        rows, owed = [], []
        for event in self.events.values():
            standing = "waiting" if event.id in self.waiting else "applied"
            reason = self.waiting.get(event.id)
            if (event.standing, event.reason) != (standing, reason):
                rows.append({"event_id": event.id, "standing": standing, "reason": reason})
            if reason and event.seller in self.sellers:
                owed.append((event, self.sellers[event.seller], reason))
        stored_events.set_standing(self.connection, rows)
        owe_waiting(self.connection, owed, self.now)
