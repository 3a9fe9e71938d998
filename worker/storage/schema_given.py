"""The composite types in which the hot path gives PostgreSQL its rows, many at a time (ADR 0090)."""

from typing import Any, Final

from sqlalchemy import Connection, event

from worker.storage.columns import metadata
from worker.storage.rowtypes import RowType, row_type

MAIL: Final = row_type(
    "given_mail",
    "correspondence_id bigint, seller_id bigint, audience text, kind text, message_id text, sender text,"
    " recipient text, created_at timestamptz, send_at timestamptz, stale_at timestamptz, checklist json, policy text,"
    " promised boolean, stopped boolean, shadow boolean, state text, instance_id bigint, claim_no int, attempts int,"
    " first_try_at timestamptz",
)
SECTION: Final = row_type("given_section", "mail bigint, thread_id bigint, facts_rev int, told_rev int, section json")
"""What a mail says to a thread; `mail` is its place among those that are written with it."""
END: Final = row_type(
    "given_end",
    "id bigint, claim_no int, state text, send_at timestamptz, accepted_at timestamptz, unknowns int,"
    " server_away boolean, attempts int, said boolean",
)
"""How a claim ended."""
ATTEMPT: Final = row_type(
    "given_attempt",
    "mail_id bigint, number int, at timestamptz, outcome text, passed_dot boolean, phase text, reply text",
)
TELLING: Final = row_type(
    "given_telling",
    "thread_id bigint, told text, facts_rev int, message_id text, quiet_updates int, holding_notes int,"
    " handed_over boolean, reminded_for text, last_verdict jsonb",
)
"""What a thread was told."""
SETTLING: Final = row_type(
    "given_settling", "thread_id bigint, outcome text, at timestamptz, message text, kept_by text"
)
"""How a thread's open promise ended."""
PROMISE: Final = row_type(
    "given_promise",
    "thread_id bigint, seller_id bigint, order_no text, line_no text, contact text, made_at timestamptz, made_in text,"
    " due_at timestamptz, promised_as text, set_by text, shipping_step boolean, kept_until timestamptz, owner text,"
    " sku text, cause text",
)
DECISION: Final = row_type(
    "given_decision",
    "at timestamptz, seller text, order_no text, contact text, thread_id bigint, action text, kind text, rule text,"
    " why text, until timestamptz, message_id text, weight text, changes json, checklist json, policy text,"
    " facts_rev int, told_rev int",
)
TYPES: Final[tuple[RowType, ...]] = (MAIL, SECTION, END, ATTEMPT, TELLING, SETTLING, PROMISE, DECISION)


@event.listens_for(metadata, "after_create")
def _make(_metadata: Any, connection: Connection, **_: Any) -> None:
    for kind in TYPES:
        columns = ", ".join(f"{column} {of}" for column, of in kind.columns.items())
        connection.exec_driver_sql(f"create type {kind.name} as ({columns})")
