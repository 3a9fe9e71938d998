"""Take a mail apart in bounded time and memory, whatever its boundaries, nesting and charsets are like."""

import base64
import binascii
import html
import quopri
import re
from collections import deque
from dataclasses import dataclass
from typing import Final

MOST_BYTES: Final = 512 * 1024
MOST_PARTS: Final = 60
DEEPEST: Final = 8
MOST_HEADER_BYTES: Final = 64 * 1024
MOST_TEXT: Final = 64 * 1024
BLANK_LINE: Final = re.compile(rb"\r?\n[ \t]*\r?\n")
FIELD: Final = re.compile(r"^([!-9;-~]+)[ \t]*:[ \t]*(.*(?:\n[ \t]+.*)*)", re.MULTILINE)
TAG: Final = re.compile(
    r"<(?:style|script)\b.{0,20000}?</(?:style|script)>|<[^<>@]{0,2000}>", re.DOTALL | re.IGNORECASE
)
ENCODED_WORD: Final = re.compile(r"=\?([\w.:-]{1,40})\?([bq])\?([^?\s]{0,400})\?=(?:\s+(?==\?))?", re.IGNORECASE)
Headers = dict[str, str]


@dataclass(frozen=True, slots=True)
class Part:
    """One leaf of a mail: its type in lower case, its own headers, its body undecoded."""

    kind: str
    headers: Headers
    body: bytes

    def text(self) -> str:
        """Decode the body as far as it can be; markup is stripped."""
        raw = _transfer_decoded(self.body[: 4 * MOST_TEXT], self.headers.get("content-transfer-encoding", ""))
        words = _characters(raw, parameter(self.headers.get("content-type", ""), "charset"))[:MOST_TEXT]
        return html.unescape(TAG.sub(" ", words)) if self.kind == "text/html" else words


@dataclass(frozen=True, slots=True)
class Apart:
    """A mail taken apart: its headers, its leaves in order, whether something was left out."""

    headers: Headers
    parts: tuple[Part, ...]
    cut: bool


def take_apart(raw: bytes) -> Apart:
    """Split a mail into its leaves; what is too much is left out and said so."""
    cut = len(raw) > MOST_BYTES
    head, body = _split(raw[:MOST_BYTES])
    headers = fields(head)
    leaves: list[Part] = []
    waiting: deque[tuple[int, Headers, bytes]] = deque([(0, headers, body)])
    while waiting:
        depth, own, content = waiting.popleft()
        pieces = _pieces(own, content)
        if not pieces:
            kind = _kind(own)
            leaves.append(Part("text/plain" if kind.startswith("multipart/") else kind, own, content))
        elif depth >= DEEPEST:
            cut = True
        else:
            inner = [(depth + 1, fields(part_head), rest) for part_head, rest in map(_split, pieces)]
            waiting.extendleft(reversed(inner))
        if len(leaves) + len(waiting) > MOST_PARTS:
            cut = True
            while waiting and len(leaves) + len(waiting) > MOST_PARTS:
                waiting.pop()
    return Apart(headers, tuple(leaves), cut)


def fields(head: bytes) -> Headers:
    """Read header fields, names in lower case; of several the first counts."""
    text = head[:MOST_HEADER_BYTES].decode("utf-8", "replace").replace("\r\n", "\n")
    found: Headers = {}
    for name, value in FIELD.findall(text):
        found.setdefault(name.lower(), _words(" ".join(value.split())))
    return found


def parameter(value: str, name: str) -> str:
    """Give a parameter of a header such as Content-Type; empty if it has none."""
    found = re.search(rf';\s*{name}\s*=\s*(?:"([^"]*)"|([^;\s]+))', value, re.IGNORECASE)
    return (found[1] or found[2] or "") if found else ""


def _kind(headers: Headers) -> str:
    return headers.get("content-type", "text/plain").partition(";")[0].strip().lower() or "text/plain"


def _split(raw: bytes) -> tuple[bytes, bytes]:
    """Split headers from body; a piece that begins with a blank line has no headers."""
    if raw[:2] == b"\r\n" or raw[:1] == b"\n":
        return b"", raw.lstrip(b"\r\n")
    found = BLANK_LINE.search(raw, 0, len(raw))
    return (raw[: found.start()], raw[found.end() :]) if found else (raw, b"")


def _pieces(headers: Headers, body: bytes) -> list[bytes]:
    """Give the pieces of a multipart; none where there is no boundary, or one that never occurs."""
    content_type = headers.get("content-type", "")
    boundary = parameter(content_type, "boundary")
    if not content_type.lower().startswith("multipart/") or not boundary:
        return []
    edge = rb"(?:\A|\r?\n)--" + re.escape(boundary.encode("utf-8", "replace")) + rb"(?:--)?[ \t]*(?:\r?\n|\Z)"
    pieces = re.split(edge, body, maxsplit=MOST_PARTS + 1)
    return [piece for piece in pieces[1:] if piece.strip()]


def _transfer_decoded(body: bytes, encoding: str) -> bytes:
    match encoding.strip().lower():
        case "base64":
            letters = re.sub(rb"[^A-Za-z0-9+/]", b"", body)
            try:
                return base64.b64decode(letters[: len(letters) // 4 * 4])
            except binascii.Error:
                return body
        case "quoted-printable":
            return quopri.decodestring(body)
        case _:
            return body


def _characters(raw: bytes, charset: str) -> str:
    for name in (charset, "utf-8"):
        try:
            return raw.decode(name)
        except (LookupError, UnicodeError, ValueError):
            continue
    return raw.decode("latin-1")


def _words(value: str) -> str:
    return ENCODED_WORD.sub(_word, value) if "=?" in value else value


def _word(found: re.Match[str]) -> str:
    letters = found[3].encode("ascii", "replace")
    raw = _transfer_decoded(letters, "base64") if found[2] in "bB" else quopri.decodestring(letters, header=True)
    return _characters(raw, found[1])
