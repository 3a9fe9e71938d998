"""The tables of what people do on pages: files to import, policies they chose, proposals they decided on."""

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Integer, LargeBinary, Table, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB

from worker.storage.columns import identity, metadata, moment, one_of, reference, words

upload = Table(
    "upload",
    metadata,
    identity(),
    reference("user_id", "console_user", index=True),
    words("name"),
    words("seller", ""),
    words("mapping", null=True),
    Column("zipped", LargeBinary, nullable=True),
    Column("summary", JSONB, nullable=False),
    words("plan"),
    moment("made_at", null=False),
    moment("held_until"),
    moment("applied_at"),
    Index("upload_made", "made_at"),
)

policy = Table(
    "policy",
    metadata,
    Column("seller_id", BigInteger, ForeignKey("seller.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    words("preset"),
    Column("figures", JSONB, nullable=False),
    words("by"),
    moment("at", null=False),
    Column("key", JSONB, nullable=False),
)

proposal = Table(
    "proposal",
    metadata,
    identity(),
    reference("seller_id", "seller"),
    words("kind"),
    words("subject"),
    words("because"),
    words("standing"),
    words("by"),
    Column("day", Date, nullable=False),
    moment("at", null=False),
    Column("numbers", JSONB, nullable=False),
    UniqueConstraint("seller_id", "kind", "subject", "day"),
    one_of("kind", "listing", "reorder", "planning", "ads", "approval"),
    one_of("standing", "accepted", "dismissed"),
)
