"""How a try to send ended, by phase and reply (R44, R46; RFC 5321 section 4.2, RFC 1047 for the final dot)."""

from dataclasses import dataclass

REPLY_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server took the mail."""

    reply: str = ""


@dataclass(frozen=True, slots=True)
class Deferred:
    """Certainly not sent, and worth another try: a 4xx reply, or no connection."""

    reply: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """Certainly not sent, for good: a 5xx reply."""

    reply: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """The final dot was passed and no reply came: the mail may have been taken."""

    reply: str = ""


Outcome = Accepted | Deferred | Rejected | Unknown


def from_reply(code: int, text: str, *, passed_dot: bool) -> Outcome:
    """Read a server's reply; a code that is none counts as no reply."""
    shown = f"{code} {text}"[:REPLY_SHOWN]
    if 200 <= code < 300 and passed_dot:
        return Accepted(shown)
    if 500 <= code < 600:
        return Rejected(shown)
    if 400 <= code < 500:
        return Deferred(shown)
    return Unknown(shown) if passed_dot else Deferred(shown)


def without_reply(reason: str, *, passed_dot: bool) -> Outcome:
    """Read a lost connection: before the final dot certainly unsent, after it unknown."""
    return Unknown(reason[:REPLY_SHOWN]) if passed_dot else Deferred(reason[:REPLY_SHOWN])
