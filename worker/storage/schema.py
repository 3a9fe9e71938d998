"""The tables. Every "once" is a UNIQUE constraint, every final state a CHECK."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSON, JSONB

from worker.storage import schema_journal, schema_mail, schema_pages, schema_skus, schema_sources, schema_web
from worker.storage.columns import (
    copied,
    count,
    flag,
    identity,
    metadata,
    moment,
    one_of,
    reference,
    words,
    worked_out,
)

__all__ = ["metadata", "schema_journal", "schema_mail", "schema_pages", "schema_skus", "schema_sources", "schema_web"]

BY_PREFIX = "text_pattern_ops"
"""Lets an index find what begins with a word."""

seller = Table(
    "seller",
    metadata,
    identity(),
    Column("slug", Text, nullable=False, unique=True),
    Column("profile", JSONB, nullable=False),
    Column("profile_key", JSONB, nullable=False),
    Column("away", JSONB, nullable=False, server_default=text("'[]'")),
    moment("stopped_at"),
    moment("released_at"),
    words("reviewed_week", null=True),
)

event_key = Table(
    "event_key",
    metadata,
    Column("source", Text, primary_key=True),
    Column("ext_id", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
)

event = Table(
    "event",
    metadata,
    identity(),
    words("source"),
    words("ext_id"),
    words("type"),
    moment("time", null=False),
    moment("seen_at", null=False),
    words("seller"),
    words("order_no", null=True),
    words("line_no", null=True),
    words("sku", null=True),
    words("contact", null=True),
    Column("ruling", JSONB, nullable=True),
    words("body"),
    words("standing", "applied"),
    words("reason", null=True),
    one_of("standing", "applied", "waiting", "dropped"),
    Index("event_of_order", "seller", "order_no"),
    Index("event_of_sku", "seller", "sku", postgresql_where=text("order_no is null and sku is not null")),
    Index("event_standing", "id", postgresql_where=text("standing = 'waiting'")),
    Index("event_waiting", "seller", "order_no", "line_no", postgresql_where=text("standing = 'waiting'")),
)

verdict = Table(
    "verdict",
    metadata,
    identity(),
    moment("at", null=False),
    words("source"),
    words("ext_id"),
    words("verdict"),
    Column("reasons", JSONB, nullable=False),
    Column("event_id", BigInteger, nullable=True),
    one_of("verdict", "accepted", "repeated", "waiting", "rejected"),
    Index("verdict_of_source", "source", "id"),
)

correspondence = Table(
    "correspondence",
    metadata,
    identity(),
    reference("seller_id", "seller"),
    words("audience"),
    words("address_key"),
    Column("contact", JSONB, nullable=False),
    words("preference", "standard"),
    Column("preference_key", JSONB, nullable=True),
    words("unreachable", null=True),
    moment("wake_at"),
    moment("last_update_at"),
    Column("rev", BigInteger, nullable=False, server_default="0"),
    words("parked", null=True),
    one_of("audience", "buyer", "owner"),
    Index("correspondence_due", "wake_at", postgresql_where=text("wake_at is not null")),
    Index(
        "correspondence_of_address",
        "seller_id",
        "address_key",
        "audience",
        unique=True,
        postgresql_ops={"address_key": BY_PREFIX},
    ),
    Index("correspondence_parked", "id", postgresql_where=text("parked is not null")),
    Index("correspondence_unreachable", "id", postgresql_where=text("unreachable is not null")),
)

thread = Table(
    "thread",
    metadata,
    identity(),
    reference("correspondence_id", "correspondence", index=True),
    copied("seller_id"),
    words("order_no"),
    words("company", ""),
    Column("order_facts", JSONB, nullable=False),
    count("facts_rev"),
    count("told_rev"),
    count("told_facts_rev"),
    Column("told", JSON, nullable=True),
    moment("opened_at", null=False),
    moment("window_first_at"),
    moment("window_ends_at"),
    words("root_message_id", null=True),
    words("last_message_id", null=True),
    count("quiet_updates"),
    count("holding_notes"),
    flag("handed_over"),
    count("replacements"),
    flag("leaving"),
    words("reminded_for", null=True),
    count("priority"),
    moment("placed_at"),
    Column("last_verdict", JSONB, nullable=True),
    worked_out("held", "last_verdict ->> 1 = 'held'"),
    UniqueConstraint("seller_id", "order_no", "correspondence_id"),
    Index("thread_held", "id", postgresql_where=text("held")),
    Index("thread_of_number", "order_no", postgresql_ops={"order_no": BY_PREFIX}),
    Index("thread_of_po", text(f"(order_facts -> 'po' ->> 0) {BY_PREFIX}")),
    Index("thread_of_company", text(f"lower(company) {BY_PREFIX}")),
    Index("thread_opened", "opened_at", "seller_id", "id", postgresql_where=text("not leaving")),
)

line = Table(
    "line",
    metadata,
    identity(),
    reference("thread_id", "thread", index=True),
    copied("seller_id"),
    words("order_no"),
    words("line_no"),
    words("sku"),
    Column("ordered", Numeric(18, 3), nullable=False),
    Column("available", Numeric(18, 3), nullable=False),
    Column("shipped", Numeric(18, 3), nullable=False),
    Column("cancelled", Numeric(18, 3), nullable=False),
    Column("delayed", Numeric(18, 3), nullable=False),
    flag("stated"),
    Column("waits", Boolean, nullable=False, server_default=text("true")),
    Column("facts", JSONB, nullable=False),
    worked_out("to_approve", "facts -> 'decision' ->> 'approved' = 'false'"),
    UniqueConstraint("seller_id", "order_no", "line_no"),
    CheckConstraint("available >= 0 and shipped >= 0 and cancelled >= 0 and delayed >= 0", name="not_negative"),
    CheckConstraint("available + shipped + cancelled <= ordered", name="adds_up"),
    CheckConstraint("waits or delayed = 0", name="waits_if_delayed"),
    Index("line_of_sku", "seller_id", "sku", postgresql_where=text("waits")),
    Index("line_to_approve", "id", postgresql_where=text("to_approve")),
)

line_event = Table(
    "line_event",
    metadata,
    Column("line_id", BigInteger, ForeignKey("line.id"), primary_key=True),
    Column("event_id", BigInteger, ForeignKey("event.id"), primary_key=True),
)
