"""The tables of mails: their bytes, threads, tries, and the processes that hold them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSON

from worker.storage.columns import copied, count, flag, identity, metadata, moment, one_of, reference, words

DUE = "send_at is not null and not stopped and parked is null"
OPEN = "state in ('pending', 'unknown') and not stopped and parked is null"
"""Says the same as DUE, in other words: so no query takes the one index for the other."""

ALONE_UNLESS_LIVE = "case when live then 0 else mail_id end"
"""What was never said may be said again: so a mail that says it no longer is unlike every other."""

mail = Table(
    "mail",
    metadata,
    identity(),
    copied("correspondence_id"),
    copied("seller_id"),
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
    Column("checklist", JSON, nullable=False),
    words("policy"),
    flag("promised"),
    flag("stopped"),
    flag("shadow"),
    words("parked", null=True),
    count("losses"),
    flag("server_away"),
    Column("pack_id", BigInteger, nullable=True),
    Column("place", Integer, nullable=True),
    one_of("state", "pending", "sending", "unknown", "sent", "failed", "replaced", "unconfirmed", "bounced"),
    CheckConstraint("(state = 'sent' or state = 'bounced') = (accepted_at is not null)", name="accepted_when_sent"),
    CheckConstraint("(state in ('pending', 'unknown')) = (send_at is not null)", name="send_at_while_open"),
    CheckConstraint("(state = 'sending') = (instance_id is not null)", name="claimed_while_sending"),
    CheckConstraint("parked is null or send_at is not null", name="parked_while_open"),
    Index("mail_due", "send_at", "id", postgresql_where=text(DUE)),
    Index("mail_due_of_seller", "seller_id", "send_at", "id", postgresql_where=text(OPEN)),
    Index("mail_of_owner", "correspondence_id", postgresql_where=text("audience = 'owner'")),
    Index("mail_parked", "id", postgresql_where=text("parked is not null")),
    Index("mail_server_away", "id", postgresql_where=text("server_away")),
    Index("mail_stopped", "seller_id", postgresql_where=text("stopped")),
    Index("mail_sending", "instance_id", postgresql_where=text("state = 'sending'")),
)

mail_bytes = Table(
    "mail_bytes",
    metadata,
    Column("mail_id", BigInteger, primary_key=True, autoincrement=False),
    Column("zipped", LargeBinary, nullable=False),
    Column("statement", LargeBinary, nullable=False),
)
"""What is kept of mails that were written before there were packs."""

mail_pack = Table("mail_pack", metadata, identity(), Column("packed", LargeBinary, nullable=False))
"""What is kept of mails that were written together: each has its `place` among them, from 1 on."""

packing_dictionary = Table(
    "packing_dictionary",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),
)
"""What mails were packed by; a trigger of the migration keeps its rows from being changed or deleted."""

mail_thread = Table(
    "mail_thread",
    metadata,
    Column("mail_id", BigInteger, primary_key=True),
    Column("thread_id", BigInteger, primary_key=True),
    count("facts_rev"),
    count("told_rev"),
    Column("section", JSON, nullable=False),
    Column("live", Boolean, nullable=False, server_default=text("true")),
    Index("mail_thread_live_once", "thread_id", "told_rev", text(f"({ALONE_UNLESS_LIVE})"), unique=True),
)

attempt = Table(
    "attempt",
    metadata,
    Column("mail_id", BigInteger, primary_key=True),
    Column("number", Integer, primary_key=True),
    moment("started_at", null=False),
    Column("instance_id", BigInteger, nullable=False),
    moment("ended_at"),
    words("outcome", null=True),
    Column("passed_dot", Boolean, nullable=True),
    words("phase", null=True),
    words("reply", null=True),
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

pace = Table("pace", metadata, Column("name", Text, primary_key=True), moment("free_at", null=False))

bounce = Table(
    "bounce",
    metadata,
    identity(),
    Column("digest", Text, nullable=False, unique=True),
    moment("seen_at", null=False),
    words("way"),
    words("verdict"),
    words("status"),
    words("why"),
    reference("mail_id", "mail", null=True, index=True),
    words("effect"),
    one_of("verdict", "hard", "soft", "complaint", "auto-reply", "delivered", "not-a-bounce"),
    Index("bounce_soft", "seen_at", postgresql_where=text("verdict = 'soft'")),
)
