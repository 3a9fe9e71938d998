"""Signed links into mails: what a link opens, for whom, until when; no address stands in a link (R27, R37)."""

import hashlib
import hmac
import json
import re
from binascii import b2a_base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import orjson
from itsdangerous import BadData, URLSafeSerializer

READER_DIGITS: Final = 24
LONGEST_TOKEN: Final = 2_000
SHORTEST_KEY: Final = 16
URLSAFE: Final = bytes.maketrans(b"+/", b"-_")
DELETE: Final = "\x7f"
"""What `json` escapes of ASCII beyond what orjson does."""


class Purpose(StrEnum):
    """What a link is for: its page's first letter."""

    DECIDE = "d"
    REVIEW = "r"
    PREFER = "p"


LASTS: Final = {
    Purpose.DECIDE: timedelta(days=60),
    Purpose.REVIEW: timedelta(days=30),
    Purpose.PREFER: timedelta(days=400),
}


class Unusable(StrEnum):
    """Why a token opens nothing; each has its own kind page."""

    BROKEN = "broken"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a valid token allows: one purpose, one order (or none) of one seller, one reader."""

    purpose: Purpose
    seller: str
    order: str
    reader: str
    """A digest of seller and address, from `reader_of`; an address that changed no longer fits."""
    expires_at: datetime

    @property
    def made_at(self) -> datetime:
        return self.expires_at - LASTS[self.purpose]


def reader_of(seller: str, address: str) -> str:
    """Name a reader of a seller's mails without his address."""
    said = f"{seller}/{address.casefold()}".encode()
    return hashlib.sha256(said).hexdigest()[:READER_DIGITS]


class Links:
    """Makes and reads links; every process of a house has the same key."""

    def __init__(self, key: str, public_url: str) -> None:
        if len(key) < SHORTEST_KEY:
            raise ValueError(f"a key of links: found {len(key)} characters; allowed: at least {SHORTEST_KEY}")
        self.public_url = public_url.rstrip("/")
        options = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
        self._serializers = {
            purpose: URLSafeSerializer(key, salt=f"link/{purpose}", signer_kwargs=options) for purpose in Purpose
        }
        self._signers = {purpose: one.make_signer() for purpose, one in self._serializers.items()}
        self._keys = {purpose: one.derive_key() for purpose, one in self._signers.items()}

    def url(self, purpose: Purpose, seller: str, order: str, address: str, now: datetime) -> str:
        """Give the address of a page for one reader; the same input gives the same address."""
        return f"{self.public_url}/{purpose}/{self.token(purpose, seller, order, address, now)}"

    def token(self, purpose: Purpose, seller: str, order: str, address: str, now: datetime) -> str:
        """Sign what a link allows."""
        expires = int((now + LASTS[purpose]).timestamp())
        return self._token(purpose, [seller, order, reader_of(seller, address), expires])

    def read(self, purpose: Purpose, token: str, now: datetime) -> Grant | Unusable:
        """Read a token; whatever is wrong with it is a value, found in the same time."""
        if len(token) > LONGEST_TOKEN:
            return Unusable.BROKEN
        try:
            said = self._serializers[purpose].loads(token)
        except (BadData, ValueError, RecursionError):
            return Unusable.BROKEN
        if not _is_grant(said) or not self._made_here(purpose, said, token):
            return Unusable.BROKEN
        seller, order, reader, expires = said
        expires_at = datetime.fromtimestamp(expires, UTC)
        if now >= expires_at:
            return Unusable.EXPIRED
        return Grant(purpose=purpose, seller=seller, order=order, reader=reader, expires_at=expires_at)

    def _token(self, purpose: Purpose, said: list[Any]) -> str:
        """Sign as the purpose's signer does, in one call of OpenSSL's."""
        payload = _in_base64(_written(said))
        signature = _in_base64(hmac.digest(self._keys[purpose], payload, "sha256"))
        return f"{payload.decode()}.{signature.decode()}"

    def _made_here(self, purpose: Purpose, said: list[Any], token: str) -> bool:
        """Tell whether a token is written as ours are: as they are now, or packed, as long ones once were."""
        packed = self._signers[purpose].sign(self._serializers[purpose].dump_payload(said))
        as_now = hmac.compare_digest(self._token(purpose, said).encode(), token.encode())
        return hmac.compare_digest(packed, token.encode()) or as_now


def _written(said: list[Any]) -> bytes:
    """Write as the serializer's `json` does."""
    texts = "".join([one for one in said if isinstance(one, str)])
    if texts.isascii() and DELETE not in texts:
        return orjson.dumps(said)
    return json.dumps(said, separators=(",", ":")).encode()


def _in_base64(content: bytes) -> bytes:
    """Write bytes for a URL, without padding (RFC 4648, 5)."""
    return b2a_base64(content, newline=False).rstrip(b"=").translate(URLSAFE)


def _is_grant(said: Any) -> bool:
    """A signature of ours proves the content; its form is checked for keys that other programs use too."""
    types = (str, str, str, int)
    return (
        isinstance(said, list)
        and len(said) == len(types)
        and all(type(value) is kind for value, kind in zip(said, types, strict=True))
    )


REPLAYED: Final = Links("a fixed key: links of a replay open nothing", "https://replay.backorder.example")
"""For replays, whose output is the same every time; no server is given this key."""


TOKENS: Final = re.compile(r"(/[drp]/)[\w.~=-]{20,}")


def without_tokens(text: str) -> str:
    """Cut the tokens out of a mail's words, for eyes that are not its reader's."""
    return TOKENS.sub(r"\1…", text)
