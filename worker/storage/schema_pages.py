"""The tables of what people do on pages over several steps: files to import, proposals that they decided on."""

from sqlalchemy import Column, Date, Index, LargeBinary, Table, UniqueConstraint
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
