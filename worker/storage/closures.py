"""What people said of closed cases (R41)."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, text

FIND: Final = text("select cause, proposals, by from closure where seller_id = :seller_id and order_no = :order")


def find(connection: Connection, seller_id: int, order: str) -> Any:
    """Read what was said of a case; None if nothing was."""
    return connection.execute(FIND, {"seller_id": seller_id, "order": order}).first()


FORGET: Final = text(
    "delete from obligation o using thread t where o.thread_id = t.id"
    " and t.correspondence_id = any(:ids) and t.order_no = any(:orders) and o.code = 'closure-review'"
    " and o.mail_id is null"
)


def forget_questions(connection: Connection, correspondence_ids: Sequence[int], orders: Sequence[str]) -> None:
    """Take back what was to be asked of cases and was not yet: they were open again, and have closed anew."""
    connection.execute(FORGET, {"ids": list(correspondence_ids), "orders": list(orders)})
