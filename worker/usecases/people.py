"""Contacts that change, preferences of contacts, owners that are away (R27, R50)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from schedules.events import EventType
from worker.storage import orders, sellers
from worker.storage.codec import encode
from worker.storage.registers import key_text, written
from worker.storage.rows import SellerRow, StoredEvent, ThreadRow
from worker.usecases.save_threads import hand_over

UNKNOWN_CONTACT: Final = "no order of this contact is known yet"
ANOTHER_CONTACT: Final = "the order's contact has another address than `from`"


def note_people(
    connection: Connection, known: dict[str, SellerRow], events: Iterable[StoredEvent], now: datetime
) -> dict[int, str]:
    """Apply these events in their order; give why one waits, by event."""
    waiting: dict[int, str] = {}
    for event in sorted(events, key=lambda one: one.event.key):
        seller = known[event.seller]
        match event.event.type:
            case EventType.OWNER_AWAY:
                sellers.note_absence(connection, seller.id, _absence(event))
            case EventType.BUYER_PREFERRED:
                reason = _prefer(connection, seller, event, now)
            case _:
                reason = _change(connection, seller, event, now)
        if event.event.type is not EventType.OWNER_AWAY and reason:
            waiting[event.id] = reason
    return waiting


def _absence(event: StoredEvent) -> dict[str, Any]:
    data = event.event.data
    said = {"owner": data["owner"].email.casefold(), "deputy": data["deputy"], "from": data["from"]}
    return dict(encode(said | {"until": data["until"]}))


def _prefer(connection: Connection, seller: SellerRow, event: StoredEvent, now: datetime) -> str:
    address = str(event.event.data["contact"]).casefold()
    found = sellers.contacts(connection, [(seller.id, address)])
    if not found:
        return UNKNOWN_CONTACT
    orders.lock(connection, found.values())
    for one in found.values():
        sellers.prefer(connection, one, event.event.data["updates"], key_text(event.event.key))
    orders.wake(connection, found.values(), now)
    return ""


def _change(connection: Connection, seller: SellerRow, event: StoredEvent, now: datetime) -> str:
    data = event.event.data
    old, contact = str(data["from"]).casefold(), dict(encode(data["contact"]))
    found = sellers.contacts(connection, [(seller.id, old)])
    about = (
        [event.order] if event.order else [no for one in found.values() for no in sellers.orders_of(connection, one)]
    )
    if not about:
        return UNKNOWN_CONTACT
    keys = {(seller.id, "buyer", orders.address_key(contact, number)): contact for number in about}
    made = orders.correspondences(connection, keys)
    wanted = {(seller.id, number) for number in about}
    orders.lock_of_orders(connection, wanted, made.values())
    threads = orders.threads(connection, wanted)
    if not threads:
        return UNKNOWN_CONTACT
    if event.order and not _is_his(threads[seller.id, event.order], old, contact):
        return ANOTHER_CONTACT
    for thread in threads.values():
        _pass_on(connection, seller, thread, event, made, now)
    return ""


def _is_his(thread: ThreadRow, old: str, contact: dict[str, Any]) -> bool:
    present = orders.address_key(thread.contact, thread.order)
    return present in {old, orders.address_key(contact, thread.order)}


def _pass_on(
    connection: Connection,
    seller: SellerRow,
    thread: ThreadRow,
    event: StoredEvent,
    made: dict[orders.Address, int],
    now: datetime,
) -> None:
    contact = dict(encode(event.event.data["contact"]))
    new = made[seller.id, "buyer", orders.address_key(contact, thread.order)]
    before, thread.registers = thread.registers, written(thread.registers, event.event)
    if before == thread.registers:
        return
    orders.save_contacts(connection, {new: contact})
    orders.reach_again(connection, new)
    if new == thread.correspondence_id:
        orders.save_registers(connection, thread.id, thread.registers)
    else:
        old = thread.correspondence_id
        hand_over(connection, thread, new, contact, seller.profile, now)
        orders.wake(connection, [old], now)
    orders.wake(connection, [new], now)
