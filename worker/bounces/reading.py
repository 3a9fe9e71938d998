"""Read a mail that came back into a report: what its delivery status says, whom it names, what it tells people."""

import email
import re
from email.message import Message
from typing import Final

from flufl.bounce import scan_message

from worker.bounces.parts import Apart, Headers, Part, fields, take_apart
from worker.updates.bounces import Report, StatusGroup

MOST_GROUPS: Final = 50
MOST_SCANNED: Final = 128 * 1024
ADDRESS: Final = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,128}@[\w.-]{1,253}")
COPY_BEGINS: Final = re.compile(
    r"^(?:[ \t>]*[-=_*]{2,}[^\n]{0,60}\b(?:original|returned|copy|undelivered|unsent|bounced)\b[^\n]{0,60}"
    r"|[ \t]*(?:original|returned) message[^\n]{0,40}:?[ \t]*$"
    r"|[^\n]{0,60}(?:copy of (?:the|your) (?:original )?(?:message|mail)|headers? (?:of|from) (?:the|your))[^\n]{0,60}"
    r"|(?:Received|Return-Path|DKIM-Signature|Message-ID):[^\n]*$)",
    re.MULTILINE | re.IGNORECASE,
)
HEADER_LINE: Final = re.compile(r"^[ \t>]*X-[\w-]{1,60}:[^\n]*$", re.MULTILINE | re.IGNORECASE)
STATUS_KINDS: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
RETURNED: Final = frozenset({"message/rfc822", "text/rfc822-headers", "message/partial", "message/global"})
HANDED_TO: Final = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to")


def read_report(raw: bytes) -> Report:
    """Read a mail; never fails, and never looks at more than half a megabyte of it."""
    apart = take_apart(raw)
    status = [
        part for part in apart.parts if part.kind in {"message/delivery-status", "message/global-delivery-status"}
    ]
    groups = [group for part in status for group in _groups(part)][:MOST_GROUPS]
    feedback = next((part for part in apart.parts if part.kind == "message/feedback-report"), None)
    text = "\n".join(_own_words(part) for part in apart.parts if _is_text(part))
    return Report(
        subject=apart.headers.get("subject", ""),
        sender=apart.headers.get("from", ""),
        return_path=apart.headers.get("return-path"),
        headers=apart.headers,
        groups=tuple(groups),
        feedback=_feedback(feedback),
        disposition=any(part.kind == "message/disposition-notification" for part in apart.parts),
        text=text,
        has_copy=any(part.kind in RETURNED for part in apart.parts) or bool(COPY_BEGINS.search(text)),
        recipients=_recipients(raw, apart, groups),
        handed_to=tuple(address for name in HANDED_TO for address in ADDRESS.findall(apart.headers.get(name, ""))),
    )


def _is_text(part: Part) -> bool:
    return part.kind.startswith("text/") and part.kind not in RETURNED


def _own_words(part: Part) -> str:
    """Give what the report's writer says, without the copy of the mail that it is about."""
    text = part.text().replace("\r\n", "\n")
    begins = next((found for found in COPY_BEGINS.finditer(text) if text[: found.start()].strip()), None)
    return HEADER_LINE.sub("", text[: begins.start()] if begins else text)


def _groups(part: Part) -> list[StatusGroup]:
    blocks = re.split(r"\n[ \t]*\n", part.text().replace("\r\n", "\n"))
    found = []
    for block in blocks[: MOST_GROUPS + 1]:
        named = fields(block.strip("\n").encode())
        if named.keys() & {"final-recipient", "original-recipient", "action", "status", "diagnostic-code"}:
            found.append(
                StatusGroup(
                    recipient=_address(named.get("final-recipient") or named.get("original-recipient") or ""),
                    action=named.get("action", "").split(" ")[0].lower(),
                    status=named.get("status", ""),
                    diagnostic=named.get("diagnostic-code", ""),
                )
            )
    return found


def _feedback(part: Part | None) -> str | None:
    if part is None:
        return None
    return fields(part.text().encode()).get("feedback-type", "abuse").lower()


def _address(value: str) -> str:
    found = ADDRESS.search(value.rpartition(";")[2])
    return found[0] if found else ""


def _recipients(raw: bytes, apart: Apart, groups: list[StatusGroup]) -> tuple[str, ...]:
    failed = [group.recipient for group in groups if group.recipient and not group.arrived]
    if not apart.cut:
        failed += _scanned(raw)
    return tuple(dict.fromkeys(address.strip() for address in failed))


def _scanned(raw: bytes) -> list[str]:
    """Ask flufl.bounce, which knows many formats; a mail that it cannot read has no more to say."""
    message: Message = email.message_from_bytes(raw[:MOST_SCANNED])
    try:
        found = scan_message(message)
    except (LookupError, ValueError, TypeError, AttributeError, AssertionError, RecursionError):
        return []
    return sorted(address.decode("utf-8", "replace") for address in found)


__all__ = ["Headers", "read_report"]
