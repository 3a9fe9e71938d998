"""Sign mails with the key of their sender's domain (RFC 6376 relaxed/relaxed; RSA, and Ed25519 by RFC 8463).

Keys lie as `DOMAIN/SELECTOR.pem` in one folder. A mail whose domain has no key leaves unsigned; two keys of a domain
(one of each kind) make two signatures.
"""

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SIGNED: Final = (
    "from",
    "to",
    "reply-to",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "auto-submitted",
    "mime-version",
    "content-type",
)
SHORTEST_RSA_BITS: Final = 1024
WIDTH: Final = 72
SPACES: Final = re.compile(rb"[ \t]+")
FOLDED: Final = re.compile(rb"\r\n(?=[ \t])")


class KeyFileError(ValueError):
    """A key that cannot be used; the text says which file, what was found and what is allowed."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a domain, ready to sign."""

    selector: str
    algorithm: str
    sign: Callable[[bytes], bytes]


class Signer:
    """Signs by the domain of the sender."""

    def __init__(self, folder: Path) -> None:
        self._keys: dict[str, list[Key]] = {}
        for path in sorted(folder.glob("*/*.pem")):
            self._keys.setdefault(path.parent.name.lower(), []).append(_key(path))
        if not self._keys:
            raise KeyFileError(f"{folder}: found no key; allowed: DOMAIN/SELECTOR.pem, one folder for each domain")

    def sign(self, content: bytes, sender: str) -> bytes:
        """Give a mail with a signature for each key of its sender's domain; the same input gives the same bytes."""
        domain = sender.rpartition("@")[2].lower()
        keys = self._keys.get(domain, ())
        if not keys:
            return content
        head, _, body = content.partition(b"\r\n\r\n")
        headers = [(line.partition(b":")[0].strip().lower(), line) for line in FOLDED.sub(b"", head).split(b"\r\n")]
        digest = base64.b64encode(hashlib.sha256(_body(body)).digest()).decode()
        return b"".join(_signature(key, domain, headers, digest) for key in keys) + content


def _signature(key: Key, domain: str, headers: list[tuple[bytes, bytes]], digest: str) -> bytes:
    """Give one DKIM-Signature header; From is named once more, so that no second one can be added."""
    present = [name for name in SIGNED if any(found == name.encode() for found, _ in headers)]
    signed = [_header(line) for name in present for found, line in headers if found == name.encode()][: len(present)]
    parts = (
        f"v=1; a={key.algorithm}; c=relaxed/relaxed; d={domain}; s={key.selector};",
        f" h={':'.join([*present, 'from'])};",
        f" bh={digest}; b=",
    )
    unsigned = ("DKIM-Signature: " + "\r\n".join(parts)).encode()
    to_sign = b"\r\n".join([*signed, _header(FOLDED.sub(b"", unsigned))])
    written = base64.b64encode(key.sign(to_sign)).decode()
    folded = "\r\n ".join(written[start : start + WIDTH] for start in range(0, len(written), WIDTH))
    return unsigned + b"\r\n " + folded.encode() + b"\r\n"


def _header(line: bytes) -> bytes:
    name, _, value = line.partition(b":")
    return name.strip().lower() + b":" + SPACES.sub(b" ", value).strip()


def _body(body: bytes) -> bytes:
    lines = [SPACES.sub(b" ", line).rstrip(b" ") for line in body.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    return b"".join(line + b"\r\n" for line in lines)


def _key(path: Path) -> Key:
    try:
        from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415 - an extra
        from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa  # noqa: PLC0415 - an extra
    except ImportError:
        raise KeyFileError("signing needs the extra `dkim`: pip install backorder-updates[dkim]") from None
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError, OSError) as fault:
        raise KeyFileError(
            f"{path}: found no private key ({type(fault).__name__}); allowed: PEM, no password"
        ) from None
    if isinstance(key, ed25519.Ed25519PrivateKey):
        curve = key
        return Key(path.stem, "ed25519-sha256", lambda content: curve.sign(hashlib.sha256(content).digest()))
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= SHORTEST_RSA_BITS:
        big = key
        return Key(path.stem, "rsa-sha256", lambda content: big.sign(content, padding.PKCS1v15(), hashes.SHA256()))
    raise KeyFileError(f"{path}: found another kind of key; allowed: RSA of {SHORTEST_RSA_BITS} bits or more, Ed25519")
