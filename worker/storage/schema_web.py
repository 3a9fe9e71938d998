"""The tables of people and programs that come over HTTP: users, sessions, keys, webhooks, and who did what."""

from sqlalchemy import BigInteger, Boolean, Column, Index, LargeBinary, Table, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB

from worker.storage.columns import count, identity, metadata, moment, one_of, reference, words

console_user = Table(
    "console_user",
    metadata,
    identity(),
    Column("name", Text, nullable=False, unique=True),
    words("password"),
    words("role"),
    Column("sellers", JSONB(none_as_null=True), nullable=True),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    moment("made_at", null=False),
    one_of("role", "viewer", "operator"),
)

console_session = Table(
    "console_session",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    reference("user_id", "console_user", index=True),
    moment("made_at", null=False),
    moment("seen_at", null=False),
    moment("ends_at", null=False),
)

login_failure = Table(
    "login_failure",
    metadata,
    identity(),
    words("key"),
    moment("at", null=False),
    Index("login_failure_of_key", "key", "at"),
)

source_key = Table(
    "source_key",
    metadata,
    identity(),
    words("source"),
    words("seller", null=True),
    words("kind"),
    Column("digest", LargeBinary, nullable=True, unique=True),
    moment("made_at", null=False),
    moment("ends_at"),
    one_of("kind", "bearer", "webhook"),
)

audit = Table(
    "audit",
    metadata,
    identity(),
    moment("at", null=False),
    words("who"),
    words("what"),
    words("seller", ""),
    words("order_no", ""),
    Column("detail", JSONB, nullable=False, server_default=text("'{}'")),
    Index("audit_of_order", "seller", "order_no", "id"),
)

webhook_target = Table(
    "webhook_target",
    metadata,
    identity(),
    reference("seller_id", "seller", index=True),
    words("url"),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    moment("made_at", null=False),
)

webhook_call = Table(
    "webhook_call",
    metadata,
    identity(),
    reference("target_id", "webhook_target"),
    words("key"),
    words("body"),
    words("state", "pending"),
    moment("made_at", null=False),
    moment("send_at"),
    count("attempts"),
    words("reply", ""),
    Column("event_id", BigInteger, nullable=True),
    UniqueConstraint("target_id", "key"),
    one_of("state", "pending", "sent", "failed"),
    Index("webhook_call_due", "send_at", postgresql_where=text("state = 'pending'")),
)
