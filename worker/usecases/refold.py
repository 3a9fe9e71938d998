"""Apply events to lines: find the lines, lock their correspondences, fold, and write what changed (R1, R4, R6, R22)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Connection

from schedules.events import Event, EventType, replacement_event
from schedules.facts import LineFacts, OrderFacts
from schedules.fold import Folded, continued, fold
from worker.storage import events as stored_events
from worker.storage import orders as stored_orders
from worker.storage.journal import make_promises
from worker.storage.orders import Order
from worker.storage.registers import value_of, written
from worker.storage.rows import NOT_YET_STORED, LineRow, SellerRow, StoredEvent, ThreadRow, new_thread
from worker.usecases.folding import LineKey, Past, give_back, read_past
from worker.usecases.moments import Moments
from worker.usecases.save_threads import save_threads
from worker.usecases.start_told import start_told, told_of
from worker.usecases.stored import from_row

UNKNOWN_LINE: Final = "its line is not opened yet"
UNKNOWN_ORDER: Final = "its order is not known yet"


class Refold:
    """One run over a batch of events of known sellers, inside one transaction."""

    def __init__(
        self, connection: Connection, moments: Moments[int], sellers: dict[str, SellerRow], *, any_waits: bool = True
    ) -> None:
        self.connection = connection
        self.any_waits = any_waits
        self.moments = moments
        """By seller's number and order."""
        self.sellers = sellers
        self.waiting: dict[int, str] = {}
        self.threads: dict[Order, ThreadRow] = {}
        self.before: dict[Order, OrderFacts] = {}
        self.events: dict[int, StoredEvent] = {}
        self.opened: set[Order] = set()
        self.touched: dict[LineKey, list[StoredEvent]] = defaultdict(list)

    def run(self, events: list[StoredEvent], again: Iterable[LineKey] = ()) -> None:
        """Apply the events and whatever waited for them; fold the lines of `again` anew."""
        known = [*events, *self._that_waited_for(events)]
        self.events = {event.id: event for event in known}
        again = list(again)
        self._lock_and_read(known, {key[:2] for key in again})
        self._open_threads(known)
        self._assign(known)
        for key in again:
            self.touched[key].extend(())
        fresh, changed, past = self._fold_touched()
        promised = self._start_told()
        profiles = {row.id: row.profile for row in self.sellers.values()}
        save_threads(self.connection, self.threads, self.before, profiles, self.made, self.moments)
        stored_orders.save_lines(self.connection, changed)
        self._insert_lines(fresh)
        make_promises(self.connection, [{"thread_id": thread.id, **row} for thread, row in promised])
        give_back(self.connection, past, self._facts_of_touched(), self.moments)

    def _that_waited_for(self, known: list[StoredEvent]) -> list[StoredEvent]:
        if not self.any_waits:
            return []
        orders = {(event.seller, event.order) for event in known if event.order}
        rows = stored_events.of_orders(self.connection, stored_events.WAITING_OF_ORDERS, orders)
        have = {event.id for event in known}
        return [from_row(row) for row in rows if row.id not in have]

    def _seller_id(self, event: StoredEvent) -> int:
        return self.sellers[event.seller].id

    def _lock_and_read(self, known: list[StoredEvent], more: set[Order]) -> None:
        orders: set[Order] = {(self._seller_id(event), event.order) for event in known if event.order} | more
        orders |= {
            (self._seller_id(event), event.event.data["replaces"]["order"]) for event in known if _replaces(event)
        }
        self.made = stored_orders.correspondences(self.connection, self._contacts_of_openings(known))
        self.contacts = stored_orders.lock_of_orders(self.connection, orders, self.made.values())
        self.threads = stored_orders.threads(self.connection, orders)
        self.before = {order: thread.facts() for order, thread in self.threads.items()}

    def _contacts_of_openings(self, known: list[StoredEvent]) -> dict[stored_orders.Address, dict[str, Any]]:
        found = {}
        for event in _openings(known):
            contact = dict(event.event.data["buyer"].get("contact") or {})
            key = stored_orders.address_key(contact, event.order or "")
            found[(self._seller_id(event), "buyer", key)] = contact
        return found

    def _open_threads(self, known: list[StoredEvent]) -> None:
        """Begin a thread for each order opened for the first time, with the contact that its latest opening names."""
        for event in _openings(known):
            order = (self._seller_id(event), event.order or "")
            if order not in self.threads or order in self.opened:
                contact = dict(event.event.data["buyer"].get("contact") or {})
                key = stored_orders.address_key(contact, order[1])
                made = new_thread(order, self.made[(order[0], "buyer", key)], self.moments.of(*order))
                made.contact = self.contacts[made.correspondence_id]
                self.threads[order] = made
                self.before[order] = OrderFacts(order=order[1])
                self.opened.add(order)

    def _assign(self, known: list[StoredEvent]) -> None:
        """Find the lines each event is about, and write the registers of its order."""
        opening = {(self._seller_id(e), e.order, e.line) for e in known if e.event.type is EventType.BACKORDER_OPENED}
        opened: dict[tuple[int, str | None], set[Any]] = defaultdict(set)
        for seller_id, number, line in opening:
            opened[seller_id, number].add(line)
        for event in known:
            for key in self._lines_of(event, opened):
                self.touched[key].append(event)
            order = (self._seller_id(event), event.order or "")
            if order in self.threads:
                self._write_registers(self.threads[order], event)
        self._attach_order_events(opening)

    def _write_registers(self, thread: ThreadRow, event: StoredEvent) -> None:
        registers = written(thread.registers, event.event)
        thread.reworded = thread.reworded or registers != thread.registers
        thread.registers = registers

    def _lines_of(self, event: StoredEvent, opened: Mapping[Any, set[Any]]) -> list[LineKey]:
        order = (self._seller_id(event), event.order or "")
        thread = self.threads.get(order)
        lines = set(thread.lines) if thread else set()
        lines |= opened.get(order, set())
        if event.only:
            return [(*order, line) for line in event.only]
        if event.line is None:
            if not lines:
                self._wait(event, UNKNOWN_ORDER)
            return [(*order, line) for line in sorted(lines)]
        if event.line not in lines:
            self._wait(event, UNKNOWN_LINE)
            return []
        return [(*order, event.line), *self._replaced_by(event)]

    def _replaced_by(self, event: StoredEvent) -> list[LineKey]:
        """Give the known line that an opening stands for from now on."""
        if not _replaces(event):
            return []
        named = event.event.data["replaces"]
        order = (self._seller_id(event), named["order"])
        known = order in self.threads and named["line"] in self.threads[order].lines
        return [(*order, named["line"])] if known else []

    def _wait(self, event: StoredEvent, reason: str) -> None:
        self.waiting[event.id] = reason

    def _attach_order_events(self, opening: set[Any]) -> None:
        """A line that opens late gets the events about its whole order that came before it."""
        slugs = {row.id: row.slug for row in self.sellers.values()}
        late = {key for key in opening if key[:2] not in self.opened}
        new = {key for key in late if key[2] not in self.threads[(key[0], key[1])].lines}
        rows = stored_events.of_orders(
            self.connection, stored_events.OF_ORDERS_WITHOUT_LINE, {(slugs[key[0]], key[1]) for key in new}
        )
        lines_of_orders = defaultdict(list)
        for key in new:
            lines_of_orders[slugs[key[0]], key[1]].append(key)
        for row in rows:
            event = self.events.get(row.id) or from_row(row)
            for key in lines_of_orders[row.seller, row.order_no]:
                if event not in self.touched[key]:
                    self.touched[key].append(event)

    def _fold_touched(self) -> tuple[list[LineKey], list[dict[str, Any]], Past]:
        """Fold lines anew; give those that are new, the rows of those that changed, and what was read for it."""
        existing = {
            key: self.threads[key[:2]].lines[key[2]].id for key in self.touched if key[2] in self.threads[key[:2]].lines
        }
        fresh: list[LineKey] = []
        changed: list[dict[str, Any]] = []
        followed = self._continued(existing)
        for key, facts in followed.items():
            self._change(key, facts, changed)
        whole = {key: new for key, new in self.touched.items() if key not in followed}
        lines = {key: line_id for key, line_id in existing.items() if key in whole}
        past = read_past(self.connection, self.sellers, lines, whole, self.events)
        for key, new in whole.items():
            known = [*past.events[key], *new]
            folded = fold(_seen(known, key, past))
            self._note_standings(known, folded)
            if folded.facts is None:
                continue
            if key not in existing:
                self.threads[key[:2]].lines[key[2]] = LineRow(NOT_YET_STORED, folded.facts)
                fresh.append(key)
            else:
                self._change(key, folded.facts, changed)
            past.trimmed.update({grant: (key, units) for grant, units in folded.trimmed.items()})
        return fresh, changed, past

    def _continued(self, existing: dict[LineKey, int]) -> dict[LineKey, LineFacts]:
        """Fold the lines whose new events simply follow; asked again under the locks whether anything waits."""
        if self.any_waits or not existing or stored_events.any_waits(self.connection, self.sellers):
            return {}
        found = {}
        for key in existing:
            facts = continued(self.threads[key[:2]].lines[key[2]].facts, [one.event for one in self.touched[key]])
            if facts is not None and self.touched[key]:
                found[key] = facts
        return found

    def _change(self, key: LineKey, facts: LineFacts, changed: list[dict[str, Any]]) -> None:
        line = self.threads[key[:2]].lines[key[2]]
        if facts != line.facts:
            line.facts = facts
            changed.append({"line_id": line.id, **stored_orders.line_values(facts)})

    def _facts_of_touched(self) -> dict[LineKey, Any]:
        return {
            key: self.threads[key[:2]].lines[key[2]].facts
            for key in self.touched
            if key[2] in self.threads[key[:2]].lines
        }

    def _note_standings(self, events: list[StoredEvent], folded: Folded) -> None:
        reasons = {waiting.key: waiting.reason for waiting in folded.waiting}
        for event in events:
            self.events.setdefault(event.id, event)
            if event.event.key in reasons:
                self.waiting[event.id] = reasons[event.event.key]
            elif folded.facts is None:
                self.waiting[event.id] = UNKNOWN_LINE

    def _insert_lines(self, fresh: list[LineKey]) -> None:
        rows = []
        for key in fresh:
            thread = self.threads[key[:2]]
            place = {"thread_id": thread.id, "seller_id": key[0], "order_no": key[1], "line_no": key[2]}
            rows.append(place | stored_orders.line_values(thread.lines[key[2]].facts))
        for key, line_id in zip(fresh, stored_orders.add_lines(self.connection, rows), strict=True):
            self.threads[key[:2]].lines[key[2]].id = line_id
        pairs = [
            (self.threads[key[:2]].lines[key[2]].id, event.id)
            for key, events in self.touched.items()
            if key[2] in self.threads[key[:2]].lines
            for event in events
        ]
        stored_orders.link_events(self.connection, pairs)

    def _start_told(self) -> list[tuple[ThreadRow, dict[str, Any]]]:
        """Set what buyers of new orders were told; give the promises that were made to them, with their threads."""
        if not self.opened:
            return []
        by_id = {row.id: row for row in self.sellers.values()}
        of_orders: dict[Order, list[StoredEvent]] = defaultdict(list)
        for event in self.events.values():
            if event.seller in self.sellers:
                of_orders[self._seller_id(event), event.order or ""].append(event)
        started = []
        for order in sorted(self.opened):
            thread = self.threads[order]
            said = {line: told for line, told in told_of(of_orders[order]).items() if line in thread.lines}
            if said:
                started.append((thread, by_id[order[0]], said))
        return start_told(started, self.moments)


def _replaces(event: StoredEvent) -> bool:
    return event.event.type is EventType.BACKORDER_OPENED and bool(event.event.data.get("replaces"))


def _openings(events: list[StoredEvent]) -> list[StoredEvent]:
    found = [event for event in events if event.event.type is EventType.BACKORDER_OPENED and event.order]
    return sorted(found, key=lambda one: one.event.key)


def _seen(events: list[StoredEvent], key: LineKey, past: Past) -> list[Event]:
    """Give the events of a line's fold: its own, its grants, its item's, and those that replace it."""
    own: dict[int, Event] = {}
    for event in events:
        opens_another = event.event.type is EventType.BACKORDER_OPENED and (event.order, event.line) != key[1:]
        own[event.id] = replacement_event(event.event) if opens_another else event.event
    return [*own.values(), *past.grants[key], *past.of_items[key]]


__all__ = ["UNKNOWN_LINE", "UNKNOWN_ORDER", "LineKey", "Refold", "value_of"]
