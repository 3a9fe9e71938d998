"""Mails as bytes, put together by hand: header by header, the same input gives the same bytes (R36, R45)."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from schedules.events import Person
from worker.isotext import iso
from worker.rendering.rendering import Rendered

LONGEST_PLAIN_LINE: Final = 900
WIDTH: Final = 76


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Everything a mail says about itself; ids with angle brackets."""

    sender: Person
    to: Person
    reply_to: str
    message_id: str
    in_reply_to: str | None
    references: tuple[str, ...]
    date: datetime
    kind: str
    orders: tuple[str, ...]
    checkpoint: datetime | None
    boundary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that goes along; its name is ASCII."""

    name: str
    content_type: str
    content: bytes


def build_mail(rendered: Rendered, envelope: Envelope, attachments: tuple[Attachment, ...] = ()) -> bytes:
    """Give the bytes of a mail: multipart/alternative, inside multipart/mixed when files go along."""
    boundary = envelope.boundary
    body = _alternative(rendered, boundary)
    if attachments:
        outer = f"{boundary}x"
        parts = [f'Content-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n'.encode() + body]
        parts += [_attached(one) for one in attachments]
        body = _joined(parts, outer)
        content_type = f'multipart/mixed; boundary="{outer}"'
    else:
        content_type = f'multipart/alternative; boundary="{boundary}"'
    return b"".join((_headers(rendered.subject, envelope, content_type), b"\r\n", body))


def _headers(subject: str, envelope: Envelope, content_type: str) -> bytes:
    lines = [
        f"From: {_address(envelope.sender.name, envelope.sender.email)}",
        f"To: {_address(envelope.to.name, envelope.to.email)}",
    ]
    if envelope.reply_to:
        lines.append(f"Reply-To: {_address('', envelope.reply_to)}")
    lines += [
        f"Subject: {_unstructured(subject)}",
        f"Date: {format_datetime(envelope.date)}",
        f"Message-ID: {envelope.message_id}",
    ]
    if envelope.in_reply_to:
        lines.append(f"In-Reply-To: {envelope.in_reply_to}")
    if envelope.references:
        lines.append("References: " + "\r\n ".join(envelope.references))
    lines += ["Auto-Submitted: auto-generated", f"X-Backorder-Kind: {envelope.kind}"]
    if envelope.orders:
        lines.append("X-Backorder-Orders: " + ",\r\n ".join(quote(order, safe="/:#. ") for order in envelope.orders))
    if envelope.checkpoint:
        lines.append(f"X-Backorder-Checkpoint: {iso(envelope.checkpoint)}")
    lines += ["MIME-Version: 1.0", f"Content-Type: {content_type}"]
    return ("\r\n".join(lines) + "\r\n").encode()


@lru_cache(maxsize=20_000)
def _address(name: str, email: str) -> str:
    """Give a mailbox; a name beyond ASCII becomes encoded words, an IDN domain its ASCII form."""
    local, _, domain = email.rpartition("@")
    if domain and not domain.isascii():
        domain = domain.encode("idna").decode()
        email = f"{local}@{domain}"
    if not name:
        return email
    if not name.isascii():
        return f"{Header(name, 'utf-8', maxlinelen=60).encode(linesep=chr(13) + chr(10))}\r\n <{email}>"
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"\r\n <{email}>' if len(name) + len(email) > WIDTH - 12 else f'"{escaped}" <{email}>'


def _unstructured(text: str) -> str:
    """Give a header's text, folded; beyond ASCII, or with words that cannot be folded, as encoded words."""
    if text.isascii() and text.isprintable() and "=?" not in text:
        words = text.split(" ")
        if "" not in words and len(max(words, key=len)) < WIDTH - len("Subject: "):
            return _folded(words)
    return Header(text, "utf-8", maxlinelen=WIDTH, header_name="Subject").encode(linesep="\r\n")


def _folded(words: list[str]) -> str:
    """Fill lines with words, each line after the first behind a space (RFC 5322, 2.2.3)."""
    lines, room = [words[0]], WIDTH - len("Subject: ")
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
            room = WIDTH - 1
    return "\r\n ".join(lines)


def _alternative(rendered: Rendered, boundary: str) -> bytes:
    return _joined([_text_part(rendered.text, "plain"), _text_part(rendered.html, "html")], boundary)


def _joined(parts: list[bytes], boundary: str) -> bytes:
    edge = f"--{boundary}\r\n".encode()
    return b"".join([piece for part in parts for piece in (edge, part, b"\r\n")]) + f"--{boundary}--\r\n".encode()


def _text_part(text: str, subtype: str) -> bytes:
    lines = text.replace("\r\n", "\n")
    if subtype == "html" and not lines.isascii():
        lines = lines.encode("ascii", "xmlcharrefreplace").decode()  # says the same, and needs no other encoding
    if lines.isascii() and len(max(lines.split("\n"), key=len)) <= LONGEST_PLAIN_LINE:
        head = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
        return head.encode() + lines.replace("\n", "\r\n").encode()
    head = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    encoded = binascii.b2a_qp(lines.encode(), quotetabs=False, istext=True, header=False)
    return head.encode() + encoded.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _attached(attachment: Attachment) -> bytes:
    head = (
        f'Content-Type: {attachment.content_type}; charset=utf-8; name="{attachment.name}"\r\n'
        "Content-Transfer-Encoding: base64\r\n"
        f'Content-Disposition: attachment; filename="{attachment.name}"\r\n\r\n'
    )
    return head.encode() + base64.encodebytes(attachment.content).replace(b"\n", b"\r\n")
