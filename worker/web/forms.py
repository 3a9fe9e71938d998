"""Form tokens: only who was shown a form can send it, for a while, and it has one effect however often it is sent."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from itsdangerous import BadData, URLSafeSerializer
from starlette.requests import Request

LASTS: Final = timedelta(hours=12)
LONGEST: Final = 500


class Forms:
    """Makes and checks form tokens, bound to a scope: a link's token, or a session."""

    def __init__(self, key: str) -> None:
        options = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
        self._signed = URLSafeSerializer(key, salt="form", signer_kwargs=options)

    def token(self, scope: str, now: datetime) -> str:
        """Give the token of a form that is shown now."""
        made = self._signed.dumps([_digest(scope), secrets.token_urlsafe(12), int((now + LASTS).timestamp())])
        return made if isinstance(made, str) else made.decode()

    def nonce(self, scope: str, token: str, now: datetime) -> str | None:
        """Give what makes the form's act happen once; None for a token of another scope, a forged or an old one."""
        if len(token) > LONGEST:
            return None
        try:
            said, nonce, ends = self._signed.loads(token)
        except (BadData, ValueError, TypeError):
            return None
        if not secrets.compare_digest(str(said), _digest(scope)) or now.timestamp() > float(ends):
            return None
        return str(nonce)


def _digest(scope: str) -> str:
    return hashlib.sha256(scope.encode("utf-8", "replace")).hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class Form:
    """A form's fields as they came."""

    fields: dict[str, str]
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    """Name and bytes of each file, by the name of its field."""

    def get(self, name: str) -> str:
        """Give a field's text without blanks around it; empty if it did not come."""
        return self.fields.get(name, "").strip()


def is_ours(request: Request) -> bool:
    """Tell whether a form was sent from a page of this house, as far as the browser says."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin in {None, "null"} or urlsplit(origin or "").netloc == request.headers.get("host")
