"""Keys of sources: made once, shown once, checked at every push, ended when their time is over."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from worker.storage import people
from worker.storage import source_keys as stored

TOKEN_PREFIX: Final = "bo_"  # noqa: S105 - the beginning of a token, not one
SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - the beginning of a secret, not one
TOLERATED_SECONDS: Final = 300
MOST_SIGNATURES: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who pushes: a source, and the one seller it may speak for (None: any)."""

    key_id: int
    source: str
    seller: str | None = None


def add_bearer(connection: Connection, source: str, seller: str | None, now: datetime) -> tuple[int, str]:
    """Make a bearer token; give its number and the token, which is kept only as a digest."""
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    row = {"source": source, "seller": seller, "kind": "bearer", "digest": digest(token), "made_at": now}
    return _added(connection, row, now), token


def add_webhook(connection: Connection, source: str, seller: str | None, key: str, now: datetime) -> tuple[int, str]:
    """Make a webhook secret; it follows from the house's key and the number, so that it is kept nowhere."""
    row = {"source": source, "seller": seller, "kind": "webhook", "digest": None, "made_at": now}
    number = _added(connection, row, now)
    return number, webhook_secret(key, number)


def _added(connection: Connection, row: dict[str, Any], now: datetime) -> int:
    number = stored.add(connection, row)
    detail = {"source": row["source"], "kind": row["kind"], "key": number}
    people.note_act(connection, {"at": now, "who": "command line", "what": "key.added", "detail": detail})
    return number


def end_key(connection: Connection, number: int, at: datetime, now: datetime) -> bool:
    """Let a key end, now or later; until then its successor is valid beside it (rotation)."""
    ended = stored.end(connection, number, at)
    if ended:
        act = {"at": now, "who": "command line", "what": "key.ended", "detail": {"key": number}}
        people.note_act(connection, act)
    return ended


def webhook_secret(key: str, number: int, direction: str = "in") -> str:
    """Give the secret of a webhook key or target."""
    made = hmac.new(key.encode(), f"webhook/{direction}/{number}".encode(), hashlib.sha256).digest()
    return SECRET_PREFIX + base64.b64encode(made).decode()


def caller_by_token(connection: Connection, token: str, now: datetime) -> Caller | None:
    """Find who a bearer token belongs to; it is looked up by digest, which says nothing about the token."""
    row = stored.of_digest(connection, digest(token), now)
    return Caller(key_id=row.id, source=row.source, seller=row.seller) if row else None


def caller_by_signature(
    connection: Connection, headers: Mapping[str, str], body: bytes, key: str, now: datetime
) -> Caller | None:
    """Find whose signature a body carries (Standard Webhooks); every living key is tried, whichever fits."""
    if not _is_recent(headers.get("webhook-timestamp", ""), now):
        return None
    found = None
    for row in stored.webhook_keys(connection, now):
        if _signed(webhook_secret(key, row.id), headers, body) and found is None:
            found = Caller(key_id=row.id, source=row.source, seller=row.seller)
    return found


def _signed(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    expected = signature(secret, headers.get("webhook-id", ""), headers.get("webhook-timestamp", ""), body)
    given = headers.get("webhook-signature", "").split(" ")[:MOST_SIGNATURES]
    fits = [hmac.compare_digest(expected.encode(), one.encode("utf-8", "replace")) for one in given]
    return bool(headers.get("webhook-id")) and any(fits)


def signature(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    """Give the signature of a body as Standard Webhooks has it."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = hmac.new(key, f"{message_id}.{timestamp}.".encode("utf-8", "replace") + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def _is_recent(timestamp: str, now: datetime) -> bool:
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:  # noqa: PLR2004 - seconds
        return False
    return abs(now.timestamp() - int(timestamp)) <= TOLERATED_SECONDS


def digest(token: str) -> bytes:
    """Give what is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
