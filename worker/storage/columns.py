"""Columns and constraints in our own manner: one name per idea."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    MetaData,
    Text,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s",
        "uq": "%(table_name)s_%(column_0_N_name)s_once",
        "ck": "%(table_name)s_%(constraint_name)s",
        "fk": "%(table_name)s_%(column_0_name)s_fk",
        "pk": "%(table_name)s_pk",
    }
)


def identity(*, key: bool = True) -> Column[int]:
    """A row's number; its key, or the end of one that begins with what rows are looked for by."""
    return Column("id", BigInteger, Identity(always=True), primary_key=key, nullable=False)


def moment(name: str, *, null: bool = True) -> Column[object]:
    """An aware moment."""
    return Column(name, DateTime(timezone=True), nullable=null)


def words(name: str, default: str | None = None, *, null: bool = False) -> Column[str]:
    """Text, with a default if one is given."""
    return Column(name, Text, nullable=null, server_default=default)


def count(name: str) -> Column[int]:
    """A whole number that starts at 0."""
    return Column(name, Integer, nullable=False, server_default="0")


def flag(name: str) -> Column[bool]:
    """Yes or no; no unless somebody says so."""
    return Column(name, Boolean, nullable=False, server_default=text("false"))


def worked_out(name: str, says: str) -> Column[bool]:
    """Yes or no, as other columns say: for an index, which is touched only if the answer changes."""
    return Column(name, Boolean, Computed(f"coalesce({says}, false)", persisted=True), nullable=False)


def reference(name: str, target: str, *, null: bool = False, index: bool = False) -> Column[int]:
    """Another row."""
    return Column(name, BigInteger, ForeignKey(f"{target}.id"), nullable=null, index=index)


def copied(name: str, *, index: bool = False) -> Column[int]:
    """A number that a row holds which the same statement writes or has locked: it is not looked up once more."""
    return Column(name, BigInteger, nullable=False, index=index)


def one_of(column: str, *allowed: str) -> CheckConstraint:
    """Only these values."""
    listed = ", ".join(f"'{value}'" for value in allowed)
    return CheckConstraint(f"{column} in ({listed})", name=f"{column}_known")
