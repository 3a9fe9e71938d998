"""What the pages behind links look up: the threads of an order, people of a seller, how often a contact hears."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, text

THREADS = text(
    "select t.id, t.correspondence_id, t.leaving, c.address_key, c.contact from thread t"
    " join seller s on s.id = t.seller_id join correspondence c on c.id = t.correspondence_id"
    " where s.slug = :seller and t.order_no = :order order by t.leaving, t.id"
)


def threads_of(connection: Connection, seller: str, order: str) -> list[Any]:
    """Read the threads of an order, the living one first."""
    return list(connection.execute(THREADS, {"seller": seller, "order": order}))


ADDRESSED = text(
    "select c.id, c.address_key, c.contact, c.preference from correspondence c join seller s on s.id = c.seller_id"
    " where s.slug = :seller and c.audience = :audience"
    " and left(encode(sha256(convert_to(s.slug || '/' || c.address_key, 'UTF8')), 'hex'), 24) = :reader"
)


def addressed(connection: Connection, seller: str, audience: str, reader: str) -> Any:
    """Find the correspondence of a reader by the digest that his links carry; None if it is gone."""
    values = {"seller": seller, "audience": audience, "reader": reader}
    return connection.execute(ADDRESSED, values).first()


ORDERS_OF_ITEMS = text(
    "select l.sku, count(distinct l.thread_id) as orders from line l join seller s on s.id = l.seller_id"
    " where s.slug = :seller and l.sku = any(:skus) and l.waits and l.delayed > 0 group by l.sku"
)


def orders_of_items(connection: Connection, seller: str, skus: Iterable[str]) -> dict[str, int]:
    """Count the open orders of items."""
    rows = connection.execute(ORDERS_OF_ITEMS, {"seller": seller, "skus": sorted(set(skus))})
    return {row.sku: row.orders for row in rows}
