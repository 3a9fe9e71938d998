"""Users of the console: added by the operator, logged in by password, held by sessions that rotate."""

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection

from worker.storage import people

HASHER: Final = PasswordHasher()
SHORTEST_PASSWORD: Final = 12
LONGEST_PASSWORD: Final = 1_000
FAILURES_FOR: Final = timedelta(minutes=15)
FAILURES_OF_A_NAME: Final = 5
FAILURES_OF_A_PLACE: Final = 50
SESSION_LASTS: Final = timedelta(hours=12)
SESSION_IDLES: Final = timedelta(hours=2)
SEEN_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Who is logged in; `sellers` None means all of them."""

    id: int
    name: str
    role: str
    sellers: tuple[str, ...] | None

    @property
    def may_act(self) -> bool:
        return self.role == "operator"

    def sees(self, seller: str) -> bool:
        """Tell whether a seller is this user's."""
        return self.sellers is None or seller in self.sellers


class AccountError(ValueError):
    """A user that cannot be added; the text says what was found and what is allowed."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A login that was not let in; later is when it may be tried again, None if the words were wrong."""

    later: datetime | None = None


def add_user(
    connection: Connection, name: str, password: str, role: str, sellers: tuple[str, ...] | None, now: datetime
) -> int:
    """Add a user, or give a known one a new password, role and sellers; all sessions end."""
    if not name.strip() or not name.isprintable() or len(name) > 100:  # noqa: PLR2004 - a name, not a text
        raise AccountError(f"name: found {name[:40]!r}; allowed: 1 to 100 printable characters")
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise AccountError(f"password: found {len(password)} characters; allowed: {SHORTEST_PASSWORD} or more")
    row = {
        "name": _known_as(name),
        "password": HASHER.hash(password),
        "role": role,
        "sellers": json.dumps(list(sellers)) if sellers is not None else None,
        "at": now,
    }
    user_id = people.put_user(connection, row)
    people.end_sessions(connection, user_id)
    people.note_act(connection, {"at": now, "who": "command line", "what": "user.added", "detail": {"user": name}})
    return user_id


def remove_user(connection: Connection, name: str, now: datetime) -> bool:
    """Take a user's access away at once."""
    user_id = people.remove_user(connection, _known_as(name))
    if user_id is None:
        return False
    people.end_sessions(connection, user_id)
    people.note_act(connection, {"at": now, "who": "command line", "what": "user.removed", "detail": {"user": name}})
    return True


def log_in(
    connection: Connection, name: str, password: str, place: str, before: str | None, now: datetime
) -> str | Refused:
    """Check name and password; give the secret of a new session, the one before ended (rotation).

    A name is refused after 5 failures in 15 minutes, a place after 50, whatever the password; checks take the same
    time for names that nobody has.
    """
    keys = [f"name/{_known_as(name)[:100]}", f"place/{place}"]
    counted = people.failures(connection, keys, now - FAILURES_FOR)
    if counted[keys[0]] >= FAILURES_OF_A_NAME or counted[keys[1]] >= FAILURES_OF_A_PLACE:
        return Refused(later=now + FAILURES_FOR)
    user = people.user_named(connection, _known_as(name))
    right = _matches(user.password if user else _nobodys(), password)
    if user is None or not right:
        people.note_failure(connection, keys, now)
        return Refused()
    people.tidy(connection, now, now - FAILURES_FOR)
    if before:
        people.end_session(connection, _digest(before))
    secret = secrets.token_urlsafe(32)
    ends_at = now + SESSION_LASTS
    row = {"digest": _digest(secret), "user_id": user.id, "made_at": now, "seen_at": now, "ends_at": ends_at}
    people.start_session(connection, row)
    people.note_act(connection, {"at": now, "who": user.name, "what": "logged-in", "detail": {}})
    return secret


def user_of(connection: Connection, secret: str, now: datetime) -> User | None:
    """Give the user of a session's secret; None if it has ended."""
    row = people.session(connection, _digest(secret), now, now - SESSION_IDLES)
    if row is None:
        return None
    if row.seen_at < now - SEEN_EVERY:
        people.note_seen(connection, _digest(secret), now)
    return User(id=row.id, name=row.name, role=row.role, sellers=_sellers(row.sellers))


def log_out(connection: Connection, secret: str) -> None:
    """End a session."""
    people.end_session(connection, _digest(secret))


def _known_as(name: str) -> str:
    return name.strip().casefold()


def _sellers(value: Any) -> tuple[str, ...] | None:
    return None if value is None else tuple(value)


def _matches(known: str, password: str) -> bool:
    if len(password) > LONGEST_PASSWORD:
        return False
    try:
        return HASHER.verify(known, password)
    except (VerificationError, InvalidHashError):
        return False


@lru_cache(maxsize=1)
def _nobodys() -> str:
    """Give what is checked for names that nobody has, so that they take as long as others."""
    return HASHER.hash("nobody has this password")


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()
