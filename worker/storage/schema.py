"""The tables. Every "once" is a UNIQUE constraint, every final state a CHECK."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from worker.storage.columns import count, flag, identity, metadata, moment, one_of, reference, words

__all__ = ["metadata"]

seller = Table(
    "seller",
    metadata,
    identity(),
    Column("slug", Text, nullable=False, unique=True),
    Column("profile", JSONB, nullable=False),
    Column("profile_key", JSONB, nullable=False),
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
    words("body"),
    words("standing", "applied"),
    words("reason", null=True),
    one_of("standing", "applied", "waiting"),
    Index("event_of_order", "seller", "order_no"),
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
    moment("wake_at"),
    moment("last_update_at"),
    Column("rev", BigInteger, nullable=False, server_default="0"),
    words("parked", null=True),
    UniqueConstraint("seller_id", "audience", "address_key"),
    one_of("audience", "buyer", "owner"),
    Index("correspondence_due", "wake_at", postgresql_where=text("wake_at is not null")),
)

thread = Table(
    "thread",
    metadata,
    identity(),
    reference("correspondence_id", "correspondence", index=True),
    reference("seller_id", "seller"),
    words("order_no"),
    words("company", ""),
    Column("order_facts", JSONB, nullable=False),
    count("facts_rev"),
    count("told_rev"),
    count("told_facts_rev"),
    Column("told", JSONB, nullable=True),
    moment("opened_at", null=False),
    moment("window_first_at"),
    moment("window_ends_at"),
    words("root_message_id", null=True),
    words("last_message_id", null=True),
    count("quiet_updates"),
    count("holding_notes"),
    flag("handed_over"),
    count("replacements"),
    Column("last_verdict", JSONB, nullable=True),
    UniqueConstraint("seller_id", "order_no", "correspondence_id"),
)

line = Table(
    "line",
    metadata,
    identity(),
    reference("thread_id", "thread", index=True),
    reference("seller_id", "seller"),
    words("order_no"),
    words("line_no"),
    words("sku"),
    Column("ordered", Numeric(18, 3), nullable=False),
    Column("available", Numeric(18, 3), nullable=False),
    Column("shipped", Numeric(18, 3), nullable=False),
    Column("cancelled", Numeric(18, 3), nullable=False),
    Column("delayed", Numeric(18, 3), nullable=False),
    Column("facts", JSONB, nullable=False),
    UniqueConstraint("seller_id", "order_no", "line_no"),
    CheckConstraint("available >= 0 and shipped >= 0 and cancelled >= 0 and delayed >= 0", name="not_negative"),
    CheckConstraint("available + shipped + cancelled <= ordered", name="adds_up"),
    Index("line_of_sku", "seller_id", "sku", postgresql_where=text("delayed > 0")),
)

line_event = Table(
    "line_event",
    metadata,
    Column("line_id", BigInteger, ForeignKey("line.id"), primary_key=True),
    Column("event_id", BigInteger, ForeignKey("event.id"), primary_key=True),
)

mail = Table(
    "mail",
    metadata,
    identity(),
    reference("correspondence_id", "correspondence", index=True),
    reference("seller_id", "seller"),
    words("audience"),
    words("state", "pending"),
    words("kind"),
    Column("message_id", Text, nullable=False, unique=True),
    words("sender"),
    words("recipient"),
    moment("created_at", null=False),
    moment("send_at"),
    moment("first_try_at"),
    moment("stale_at"),
    moment("accepted_at"),
    count("attempts"),
    count("unknowns"),
    Column("instance_id", BigInteger, nullable=True),
    count("claim_no"),
    Column("statement", JSONB, nullable=False),
    Column("checklist", JSONB, nullable=False),
    words("policy"),
    one_of("state", "pending", "sending", "unknown", "sent", "failed", "replaced", "unconfirmed", "bounced"),
    CheckConstraint("(state = 'sent' or state = 'bounced') = (accepted_at is not null)", name="accepted_when_sent"),
    CheckConstraint("(state in ('pending', 'unknown')) = (send_at is not null)", name="send_at_while_open"),
    CheckConstraint("(state = 'sending') = (instance_id is not null)", name="claimed_while_sending"),
    Index("mail_due", "send_at", postgresql_where=text("send_at is not null")),
    Index("mail_sending", "instance_id", postgresql_where=text("state = 'sending'")),
)

mail_bytes = Table(
    "mail_bytes",
    metadata,
    Column("mail_id", BigInteger, ForeignKey("mail.id"), primary_key=True),
    Column("zipped", LargeBinary, nullable=False),
)

mail_thread = Table(
    "mail_thread",
    metadata,
    Column("mail_id", BigInteger, ForeignKey("mail.id"), primary_key=True),
    Column("thread_id", BigInteger, ForeignKey("thread.id"), primary_key=True),
    count("facts_rev"),
    count("told_rev"),
    Column("section", JSONB, nullable=False),
    Column("live", Boolean, nullable=False, server_default=text("true")),
    Index("mail_thread_live_once", "thread_id", "told_rev", unique=True, postgresql_where=text("live")),
    Index("mail_thread_of_thread", "thread_id"),
)

attempt = Table(
    "attempt",
    metadata,
    Column("mail_id", BigInteger, ForeignKey("mail.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    moment("started_at", null=False),
    Column("instance_id", BigInteger, nullable=False),
    moment("ended_at"),
    words("outcome", null=True),
    Column("passed_dot", Boolean, nullable=True),
    words("reply", null=True),
)

promise = Table(
    "promise",
    metadata,
    identity(),
    reference("thread_id", "thread", index=True),
    reference("seller_id", "seller"),
    words("order_no"),
    words("line_no"),
    words("contact"),
    moment("made_at", null=False),
    words("made_in"),
    moment("due_at", null=False),
    words("promised_as"),
    words("set_by"),
    flag("shipping_step"),
    moment("kept_until", null=False),
    words("outcome", "open"),
    moment("settled_at"),
    words("settled_in", null=True),
    words("kept_by", null=True),
    words("owner"),
    words("sku"),
    words("cause"),
    one_of("outcome", "open", "kept", "early", "moved", "closed", "missed"),
    CheckConstraint("(outcome = 'open') = (settled_at is null)", name="settled_when_ended"),
    Index("promise_open_once", "thread_id", unique=True, postgresql_where=text("outcome = 'open'")),
)

decision = Table(
    "decision",
    metadata,
    identity(),
    moment("at", null=False),
    words("seller"),
    words("order_no"),
    words("contact"),
    Column("thread_id", BigInteger, nullable=True),
    words("action"),
    words("kind", null=True),
    words("rule"),
    words("why"),
    moment("until"),
    words("message_id", null=True),
    words("weight", null=True),
    Column("changes", JSONB, nullable=False),
    Column("checklist", JSONB, nullable=True),
    words("policy"),
    Column("facts_rev", Integer, nullable=False),
    Column("told_rev", Integer, nullable=False),
    Index("decision_of_order", "seller", "order_no", "id"),
)

obligation = Table(
    "obligation",
    metadata,
    identity(),
    reference("correspondence_id", "correspondence"),
    Column("thread_id", BigInteger, nullable=True),
    words("code"),
    words("kind"),
    words("key"),
    moment("at", null=False),
    words("order_no", ""),
    words("line_no", ""),
    Column("lacking", JSONB, nullable=False),
    moment("due_at"),
    Column("event_id", BigInteger, nullable=True),
    Column("mail_id", BigInteger, nullable=True),
    UniqueConstraint("correspondence_id", "key"),
    Index("obligation_open", "correspondence_id", "at", postgresql_where=text("mail_id is null")),
)

instance = Table(
    "instance",
    metadata,
    identity(),
    words("name"),
    moment("started_at", null=False),
    moment("heartbeat_at", null=False),
)

beat_tick = Table("beat_tick", metadata, Column("name", Text, primary_key=True), moment("ticked_at", null=False))
