"""The tables. Every "once" is a UNIQUE constraint, every final state a CHECK."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s",
        "uq": "%(table_name)s_%(column_0_N_name)s_once",
        "ck": "%(table_name)s_%(constraint_name)s",
        "fk": "%(table_name)s_%(column_0_name)s_fk",
        "pk": "%(table_name)s_pk",
    }
)


def _id() -> Column[int]:
    return Column("id", BigInteger, Identity(always=True), primary_key=True)


def _moment(name: str, *, null: bool = True) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=null)


def _text(name: str, default: str | None = None, *, null: bool = False) -> Column[str]:
    return Column(name, Text, nullable=null, server_default=default)


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default="0")


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=text("false"))


def _ref(name: str, target: str, *, null: bool = False, index: bool = False) -> Column[int]:
    return Column(name, BigInteger, ForeignKey(f"{target}.id"), nullable=null, index=index)


def _one_of(column: str, *allowed: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in allowed)
    return CheckConstraint(f"{column} in ({listed})", name=f"{column}_known")


seller = Table(
    "seller",
    metadata,
    _id(),
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
    _id(),
    _text("source"),
    _text("ext_id"),
    _text("type"),
    _moment("time", null=False),
    _moment("seen_at", null=False),
    _text("seller"),
    _text("order_no", null=True),
    _text("line_no", null=True),
    _text("sku", null=True),
    _text("body"),
    _text("standing", "applied"),
    _text("reason", null=True),
    _one_of("standing", "applied", "waiting"),
    Index("event_of_order", "seller", "order_no"),
    Index("event_waiting", "seller", "order_no", "line_no", postgresql_where=text("standing = 'waiting'")),
)

verdict = Table(
    "verdict",
    metadata,
    _id(),
    _moment("at", null=False),
    _text("source"),
    _text("ext_id"),
    _text("verdict"),
    Column("reasons", JSONB, nullable=False),
    Column("event_id", BigInteger, nullable=True),
    _one_of("verdict", "accepted", "repeated", "waiting", "rejected"),
    Index("verdict_of_source", "source", "id"),
)

correspondence = Table(
    "correspondence",
    metadata,
    _id(),
    _ref("seller_id", "seller"),
    _text("audience"),
    _text("address_key"),
    Column("contact", JSONB, nullable=False),
    _text("preference", "standard"),
    _moment("wake_at"),
    _moment("last_update_at"),
    Column("rev", BigInteger, nullable=False, server_default="0"),
    _text("parked", null=True),
    UniqueConstraint("seller_id", "audience", "address_key"),
    _one_of("audience", "buyer", "owner"),
    Index("correspondence_due", "wake_at", postgresql_where=text("wake_at is not null")),
)

thread = Table(
    "thread",
    metadata,
    _id(),
    _ref("correspondence_id", "correspondence", index=True),
    _ref("seller_id", "seller"),
    _text("order_no"),
    _text("company", ""),
    Column("order_facts", JSONB, nullable=False),
    _count("facts_rev"),
    _count("told_rev"),
    _count("told_facts_rev"),
    Column("told", JSONB, nullable=True),
    _moment("opened_at", null=False),
    _moment("window_first_at"),
    _moment("window_ends_at"),
    _text("root_message_id", null=True),
    _text("last_message_id", null=True),
    _count("quiet_updates"),
    _count("holding_notes"),
    _flag("handed_over"),
    _count("replacements"),
    Column("last_verdict", JSONB, nullable=True),
    UniqueConstraint("seller_id", "order_no", "correspondence_id"),
)

line = Table(
    "line",
    metadata,
    _id(),
    _ref("thread_id", "thread", index=True),
    _ref("seller_id", "seller"),
    _text("order_no"),
    _text("line_no"),
    _text("sku"),
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
    _id(),
    _ref("correspondence_id", "correspondence", index=True),
    _ref("seller_id", "seller"),
    _text("audience"),
    _text("state", "pending"),
    _text("kind"),
    Column("message_id", Text, nullable=False, unique=True),
    _text("sender"),
    _text("recipient"),
    _moment("created_at", null=False),
    _moment("send_at"),
    _moment("first_try_at"),
    _moment("stale_at"),
    _moment("accepted_at"),
    _count("attempts"),
    _count("unknowns"),
    Column("instance_id", BigInteger, nullable=True),
    _count("claim_no"),
    Column("statement", JSONB, nullable=False),
    Column("checklist", JSONB, nullable=False),
    _text("policy"),
    _one_of("state", "pending", "sending", "unknown", "sent", "failed", "replaced", "unconfirmed", "bounced"),
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
    _count("facts_rev"),
    _count("told_rev"),
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
    _moment("started_at", null=False),
    Column("instance_id", BigInteger, nullable=False),
    _moment("ended_at"),
    _text("outcome", null=True),
    Column("passed_dot", Boolean, nullable=True),
    _text("reply", null=True),
)

promise = Table(
    "promise",
    metadata,
    _id(),
    _ref("thread_id", "thread", index=True),
    _ref("seller_id", "seller"),
    _text("order_no"),
    _text("line_no"),
    _text("contact"),
    _moment("made_at", null=False),
    _text("made_in"),
    _moment("due_at", null=False),
    _text("promised_as"),
    _text("set_by"),
    _flag("shipping_step"),
    _moment("kept_until", null=False),
    _text("outcome", "open"),
    _moment("settled_at"),
    _text("settled_in", null=True),
    _text("kept_by", null=True),
    _text("owner"),
    _text("sku"),
    _text("cause"),
    _one_of("outcome", "open", "kept", "early", "moved", "closed", "missed"),
    CheckConstraint("(outcome = 'open') = (settled_at is null)", name="settled_when_ended"),
    Index("promise_open_once", "thread_id", unique=True, postgresql_where=text("outcome = 'open'")),
)

decision = Table(
    "decision",
    metadata,
    _id(),
    _moment("at", null=False),
    _text("seller"),
    _text("order_no"),
    _text("contact"),
    Column("thread_id", BigInteger, nullable=True),
    _text("action"),
    _text("kind", null=True),
    _text("rule"),
    _text("why"),
    _moment("until"),
    _text("message_id", null=True),
    _text("weight", null=True),
    Column("changes", JSONB, nullable=False),
    Column("checklist", JSONB, nullable=True),
    _text("policy"),
    Column("facts_rev", Integer, nullable=False),
    Column("told_rev", Integer, nullable=False),
    Index("decision_of_order", "seller", "order_no", "id"),
)

obligation = Table(
    "obligation",
    metadata,
    _id(),
    _ref("correspondence_id", "correspondence"),
    Column("thread_id", BigInteger, nullable=True),
    _text("code"),
    _text("kind"),
    _text("key"),
    _moment("at", null=False),
    _text("order_no", ""),
    _text("line_no", ""),
    Column("lacking", JSONB, nullable=False),
    _moment("due_at"),
    Column("event_id", BigInteger, nullable=True),
    Column("mail_id", BigInteger, nullable=True),
    UniqueConstraint("correspondence_id", "key"),
    Index("obligation_open", "correspondence_id", "at", postgresql_where=text("mail_id is null")),
)

instance = Table(
    "instance",
    metadata,
    _id(),
    _text("name"),
    _moment("started_at", null=False),
    _moment("heartbeat_at", null=False),
)

beat_tick = Table("beat_tick", metadata, Column("name", Text, primary_key=True), _moment("ticked_at", null=False))
