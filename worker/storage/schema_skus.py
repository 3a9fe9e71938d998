"""The tables of items as a whole: stock that is dealt, changes for an item, listings, pauses; and a seller's hours."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from worker.storage.columns import copied, count, flag, identity, metadata, moment, one_of, reference, words

sku_job = Table(
    "sku_job",
    metadata,
    identity(),
    reference("seller_id", "seller"),
    words("sku"),
    words("kind"),
    Column("event_id", BigInteger, nullable=True),
    Column("units", Numeric(18, 3), nullable=True),
    Column("cursor", BigInteger, nullable=False, server_default="0"),
    count("lines"),
    Column("turn_of", JSONB, nullable=True),
    count("slices"),
    flag("anew"),
    moment("made_at", null=False),
    moment("done_at"),
    flag("to_sweep"),
    words("parked", null=True),
    one_of("kind", "deal", "apply", "wake"),
    Index("sku_job_open", "id", postgresql_where=text("done_at is null")),
    Index("sku_job_parked", "id", postgresql_where=text("parked is not null")),
    Index("sku_job_to_sweep", "id", postgresql_where=text("to_sweep")),
)

sku_slice = Table(
    "sku_slice",
    metadata,
    identity(),
    copied("job_id", index=True),
    Column("lines", ARRAY(BigInteger), nullable=False),
    Column("units", Numeric(18, 3), nullable=True),
    flag("in_turn"),
)

sku_pool = Table(
    "sku_pool",
    metadata,
    Column("seller_id", BigInteger, ForeignKey("seller.id"), primary_key=True),
    Column("sku", Text, primary_key=True),
    Column("units", Numeric(18, 3), nullable=False),
    CheckConstraint("units >= 0", name="not_negative"),
)

stock_grant = Table(
    "stock_grant",
    metadata,
    identity(key=False),
    copied("job_id"),
    copied("line_id"),
    Column("units", Numeric(18, 3), nullable=False),
    moment("granted_at", null=False),
    PrimaryKeyConstraint("line_id", "id"),
    CheckConstraint("units >= 0", name="not_negative"),
)

pause = Table(
    "pause",
    metadata,
    Column("seller_id", BigInteger, ForeignKey("seller.id"), primary_key=True),
    Column("order_no", Text, primary_key=True),
    Column("sku", Text, primary_key=True),
    Column("active", Boolean, nullable=False),
    words("by"),
    Column("key", JSONB, nullable=False),
)

listing = Table(
    "listing",
    metadata,
    Column("seller_id", BigInteger, ForeignKey("seller.id"), primary_key=True),
    Column("sku", Text, primary_key=True),
    words("listing"),
    Column("paid_clicks", BigInteger, nullable=True),
    Column("key", JSONB, nullable=False),
)

closure = Table(
    "closure",
    metadata,
    Column("seller_id", BigInteger, ForeignKey("seller.id"), primary_key=True),
    Column("order_no", Text, primary_key=True),
    words("cause"),
    Column("proposals", JSONB, nullable=False),
    words("by"),
    Column("key", JSONB, nullable=False),
)

mail_hour = Table(
    "mail_hour",
    metadata,
    Column("seller_id", BigInteger, ForeignKey("seller.id"), primary_key=True),
    Column("hour", DateTime(timezone=True), primary_key=True),
    Column("mails", Integer, nullable=False),
)
