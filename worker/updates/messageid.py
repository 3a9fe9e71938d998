"""Message-IDs and MIME boundaries from what a mail is, not from row ids: the same input gives the same bytes (R44)."""

import hashlib
from collections.abc import Iterable
from datetime import datetime

from worker.isotext import iso


def fingerprint(*parts: str) -> str:
    """Give 32 hexadecimal digits that stand for these parts."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def message_id(host: str, seller: str, recipient: str, kind: str, orders: Iterable[str], made_at: datetime) -> str:
    """Give the Message-ID of a mail, the same for every attempt."""
    return f"<{fingerprint(seller, recipient, kind, *orders, iso(made_at))}@{host}>"


def thread_root(host: str, seller: str, order: str, contact: str) -> str:
    """Give the id that all mails of one order to one contact refer to, so that mail clients thread them (R45)."""
    return f"<thread.{fingerprint(seller, order, contact)}@{host}>"


def boundary(message: str) -> str:
    """Give the MIME boundary of a message."""
    return f"=_{fingerprint('boundary', message)}"
