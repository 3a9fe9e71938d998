"""The tables of polled sources: how each stands, its last accepted rows, differences to record, doubtful reads."""

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from worker.storage.columns import count, flag, metadata, moment, one_of, words

source = Table(
    "source",
    metadata,
    Column("name", Text, primary_key=True),
    words("seller", ""),
    words("says", ""),
    words("state", "new"),
    words("problem", ""),
    moment("added_at", null=False),
    moment("due_at", null=False),
    moment("lease_until"),
    count("claim_no"),
    moment("read_at"),
    moment("good_at"),
    moment("fresh_at"),
    moment("as_of"),
    count("rows"),
    Column("faults", JSONB, nullable=False, server_default="[]"),
    count("fault_count"),
    words("etag", null=True),
    moment("failing_since"),
    moment("told_stale_of"),
    one_of("state", "new", "good", "waiting", "failed", "quarantined", "rejected", "invalid", "removed"),
)

source_row = Table(
    "source_row",
    metadata,
    Column("source", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    moment("as_of"),
    Column("said", JSONB, nullable=False),
    moment("said_at"),
    Column("rev", Integer, nullable=False),
    flag("gone"),
)

source_change = Table(
    "source_change",
    metadata,
    Column("source", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("row_no", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=True),
    moment("as_of"),
    Column("said", JSONB, nullable=True),
    flag("doubtful"),
    Index("source_change_believed", "source", postgresql_where=text("not doubtful")),
)

source_quarantine = Table(
    "source_quarantine",
    metadata,
    Column("source", Text, primary_key=True),
    moment("at", null=False),
    Column("reasons", JSONB, nullable=False),
    Column("comparison", JSONB, nullable=False),
    Column("samples", JSONB, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    moment("rejected_at"),
    words("by", ""),
)
