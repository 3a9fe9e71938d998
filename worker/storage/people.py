"""Users of the console, their sessions, and logins that failed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, text

from worker.storage.schema_web import audit, console_session, login_failure

PUT_USER = text(
    "insert into console_user(name, password, role, sellers, made_at)"
    " values (:name, :password, :role, cast(:sellers as jsonb), :at)"
    " on conflict (name) do update set password = excluded.password, role = excluded.role,"
    " sellers = excluded.sellers, active = true returning id"
)


def put_user(connection: Connection, row: dict[str, Any]) -> int:
    """Write a user, new or known by name; give the id."""
    found: int = connection.execute(PUT_USER, row).scalar_one()
    return found


USER = text("select id, name, password, role, sellers from console_user where name = :name and active")


def user_named(connection: Connection, name: str) -> Any:
    """Read an active user; None if nobody has the name."""
    return connection.execute(USER, {"name": name}).first()


USERS = text("select name, role, sellers, active, made_at from console_user order by name")


def users(connection: Connection) -> list[dict[str, Any]]:
    """Read all users, without their passwords."""
    return [dict(row) for row in connection.execute(USERS).mappings()]


REMOVE = text("update console_user set active = false where name = :name and active returning id")


def remove_user(connection: Connection, name: str) -> int | None:
    """Take a user's access away; None if nobody has the name."""
    return connection.execute(REMOVE, {"name": name}).scalar_one_or_none()


def end_sessions(connection: Connection, user_id: int) -> None:
    """End all sessions of a user."""
    connection.execute(console_session.delete().where(console_session.c.user_id == user_id))


def start_session(connection: Connection, row: dict[str, Any]) -> None:
    """Write a session by the digest of its secret."""
    connection.execute(insert(console_session), row)


SESSION = text(
    "select s.seen_at, u.id, u.name, u.role, u.sellers from console_session s join console_user u on u.id = s.user_id"
    " where s.digest = :digest and u.active and s.ends_at > :now and s.seen_at > :idle_since"
)
SEEN = text("update console_session set seen_at = :now where digest = :digest")


def session(connection: Connection, digest: bytes, now: datetime, idle_since: datetime) -> Any:
    """Read who a living session belongs to; None if it has ended."""
    return connection.execute(SESSION, {"digest": digest, "now": now, "idle_since": idle_since}).first()


def note_seen(connection: Connection, digest: bytes, now: datetime) -> None:
    """Note that a session is in use."""
    connection.execute(SEEN, {"digest": digest, "now": now})


END = text("delete from console_session where digest = :digest")


def end_session(connection: Connection, digest: bytes) -> None:
    """End one session."""
    connection.execute(END, {"digest": digest})


TIDY = (
    text("delete from console_session where ends_at < :now"),
    text("delete from login_failure where at < :since"),
)


def tidy(connection: Connection, now: datetime, since: datetime) -> None:
    """Forget sessions that have ended and failures that no longer count."""
    connection.execute(TIDY[0], {"now": now})
    connection.execute(TIDY[1], {"since": since})


FAILURES = text(
    "select given.key, (select count(*) from login_failure f where f.key = given.key and f.at > :since) as failures"
    " from unnest(cast(:keys as text[])) as given(key)"
)


def failures(connection: Connection, keys: Sequence[str], since: datetime) -> dict[str, int]:
    """Count the failed logins under these keys since a moment."""
    return {row.key: row.failures for row in connection.execute(FAILURES, {"keys": list(keys), "since": since})}


def note_failure(connection: Connection, keys: Sequence[str], at: datetime) -> None:
    """Count a failed login under each of these keys."""
    connection.execute(insert(login_failure), [{"key": key, "at": at} for key in keys])


def note_act(connection: Connection, row: dict[str, Any]) -> None:
    """Append to the trail of who did what."""
    connection.execute(insert(audit), row)


ACTS = text(
    "select at, who, what, detail from audit where seller = :seller and order_no = :order order by id desc limit 100"
)


def acts_on(connection: Connection, seller: str, order: str) -> list[dict[str, Any]]:
    """Read who did what to an order, the latest first."""
    return [dict(row) for row in connection.execute(ACTS, {"seller": seller, "order": order}).mappings()]
