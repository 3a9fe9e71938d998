"""What people said of closed cases (R41)."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, text

FIND: Final = text("select cause, proposals, by from closure where seller_id = :seller_id and order_no = :order")


def find(connection: Connection, seller_id: int, order: str) -> Any:
    """Read what was said of a case; None if nothing was."""
    return connection.execute(FIND, {"seller_id": seller_id, "order": order}).first()


FORGET: Final = text(
    "delete from obligation o using thread t"
    " join unnest(cast(:ids as bigint[]), cast(:orders as text[])) as given(correspondence_id, order_no)"
    "  using (correspondence_id, order_no)"
    " where o.thread_id = t.id and o.code = 'closure-review' and o.mail_id is null"
)


def forget_questions(connection: Connection, cases: Sequence[tuple[int, str]]) -> None:
    """Take back what was to be asked of cases (correspondence, order) and was not yet: they have closed anew."""
    connection.execute(FORGET, {"ids": [one for one, _ in cases], "orders": [other for _, other in cases]})
