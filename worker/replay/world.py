"""The scripted world of a replay: which servers answer what, and when something is down."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any, Final

from schedules.kinds import Kind
from worker.delivery.transport import CLAIM_UNSURE, Ended, EndsAtOnce, MayGo, Outgoing
from worker.updates.outcomes import Accepted, Deferred, Outcome, Phase, Rejected, Unknown

ANSWERS: Final[dict[str, Outcome]] = {
    "450": Deferred("450 try again later"),
    "550": Rejected("550 no such mailbox"),
    "lost-before-dot": Deferred("connection lost before the final dot", Phase.DATA),
    "lost-after-dot": Unknown("connection lost after the final dot"),
    "bounce": Accepted("250 queued"),
}
PARTS: Final = ("mail", "workers", "database")
ROOM: Final = 1000
COMES_BACK_AFTER: Final = timedelta(minutes=5)
EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
LATEST: Final = datetime.max.replace(tzinfo=UTC)
BUYER_KINDS: Final = frozenset(kind.value for kind in Kind)
ASIDE: Final = ".moving"
END_OF_HEADERS: Final = b"\r\n\r\n"


class AnswersError(ValueError):
    """An answers file that cannot be used; the text names line, what was found and what is allowed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a span of time does to mails to an address (empty: everything), or what is down in it."""

    to: str
    answer: str
    down: str
    since: datetime
    until: datetime

    def covers(self, at: datetime) -> bool:
        return self.since <= at < self.until


def read_answers(path: Path | None) -> tuple[Answer, ...]:
    """Read an answers file; AnswersError with line and reason."""
    if path is None:
        return ()
    rows = enumerate(path.read_text("utf-8").splitlines(), 1)
    return tuple(_answer(number, line) for number, line in rows if line.strip())


def _answer(number: int, line: str) -> Answer:
    try:
        row = json.loads(line)
        since = datetime.fromisoformat(row["from"]) if "from" in row else EARLIEST
        until = datetime.fromisoformat(row["until"]) if "until" in row else LATEST
    except (ValueError, TypeError, KeyError) as fault:
        raise AnswersError(f"line {number}: found {fault}; allowed: JSON with times in RFC 3339") from None
    if row.get("down", "mail") not in {"mail", "workers", "database"} or (
        "down" not in row and row.get("answer") not in ANSWERS
    ):
        allowed = f'"answer": one of {", ".join(ANSWERS)}; or "down": mail, workers or database'
        raise AnswersError(f"line {number}: found {line[:80]}; allowed: {allowed}")
    return Answer(str(row.get("to", "")).casefold(), row.get("answer", ""), row.get("down", ""), since, until)


@dataclass(slots=True)
class World(EndsAtOnce):
    """A mail server that writes what it accepts, and knows the virtual time."""

    folder: Path
    now: datetime
    answers: tuple[Answer, ...] = ()
    accepted: list[dict[str, Any]] = field(default_factory=list)
    bouncing: list[tuple[datetime, str]] = field(default_factory=list)
    moments: dict[int, datetime] = field(default_factory=dict)
    """When mails leave that leave at a moment of their own."""

    def room(self) -> int:
        return ROOM

    def submit(self, mails: Sequence[Outgoing], may_go: MayGo, ended: Ended) -> None:
        for mail in mails:
            ended(mail.mail_id, self._taken(mail) if may_go() else CLAIM_UNSURE)

    def workers_down_until(self, at: datetime) -> datetime | None:
        """Give the end of an outage of the workers, or of the database that they need, at a moment."""
        return self._down_until(at, "workers", "database")

    def recording_down_until(self, at: datetime) -> datetime | None:
        """Give the end of an outage of the database: events that come meanwhile are sent again by their systems."""
        return self._down_until(at, "database")

    def down_from(self, after: datetime) -> datetime | None:
        """Give the next beginning of an outage of whatever part, at or behind a moment."""
        return min((one.since for one in self.answers if one.down and one.since >= after), default=None)

    def down_until(self, at: datetime) -> datetime | None:
        """Give the end of an outage of whatever part at a moment."""
        return self._down_until(at, *PARTS)

    def _down_until(self, at: datetime, *names: str) -> datetime | None:
        return max((one.until for one in self.answers if one.down in names and one.covers(at)), default=None)

    @property
    def next_bounce_at(self) -> datetime | None:
        """Give the moment at which the next mail comes back."""
        return min((at for at, _ in self.bouncing), default=None)

    def bounces_by(self, now: datetime) -> list[str]:
        """Take the Message-IDs of the mails that have come back by a moment."""
        back = [message_id for at, message_id in sorted(self.bouncing) if at <= now]
        self.bouncing = [one for one in self.bouncing if one[0] > now]
        return back

    def _taken(self, mail: Outgoing) -> Outcome:
        at = self.moments.get(mail.mail_id, self.now)
        outcome, comes_back = self._outcome(mail.recipient, at)
        if comes_back:
            headers = BytesHeaderParser().parsebytes(mail.content)
            self.bouncing.append((at + COMES_BACK_AFTER, str(headers["Message-ID"])))
        if isinstance(outcome, Accepted | Unknown):
            self._keep(mail, at)
        return outcome

    def _outcome(self, recipient: str, at: datetime) -> tuple[Outcome, bool]:
        for one in self.answers:
            if one.down == "mail" and one.covers(at):
                return Deferred("no connection to the mail server", Phase.CONNECT), False
            if one.answer and one.to == recipient.casefold() and one.covers(at):
                return ANSWERS[one.answer], one.answer == "bounce"
        return Accepted("250 accepted"), False

    def _keep(self, mail: Outgoing, at: datetime) -> None:
        path = self.folder / name_of(len(self.accepted))
        path.write_bytes(mail.content)
        headers = BytesHeaderParser().parsebytes(mail.content.partition(END_OF_HEADERS)[0])
        orders = [order.strip() for order in (headers["X-Backorder-Orders"] or "").split(",") if order.strip()]
        kind = str(headers["X-Backorder-Kind"])
        to = (mail.seller, mail.recipient)
        self.accepted.append({"file": path.name, "kind": kind, "orders": orders, "at": at, "to": to})

    def number_in_order(self) -> None:
        """Number the files by the moments of acceptance; at one moment buyers' first, then by who heard first."""
        first: dict[Any, datetime] = {}
        for mail in self.accepted:
            first[mail["to"]] = min(mail["at"], first.get(mail["to"], mail["at"]))
        in_order = sorted(
            self.accepted,
            key=lambda mail: (mail["at"], mail["kind"] not in BUYER_KINDS, first[mail["to"]], mail["to"]),
        )
        moved = [
            (mail["file"], name_of(place)) for place, mail in enumerate(in_order) if mail["file"] != name_of(place)
        ]
        for name, _ in moved:
            (self.folder / name).rename(self.folder / f"{name}{ASIDE}")
        for name, new in moved:
            (self.folder / f"{name}{ASIDE}").rename(self.folder / new)
        self.accepted = [mail | {"file": name_of(place)} for place, mail in enumerate(in_order)]

    def mark(self) -> tuple[int, list[tuple[datetime, str]]]:
        """Give what `back_to` needs to undo everything from here on."""
        return len(self.accepted), list(self.bouncing)

    def back_to(self, mark: tuple[int, list[tuple[datetime, str]]]) -> None:
        """Undo what was accepted since a mark."""
        count, bouncing = mark
        for mail in self.accepted[count:]:
            (self.folder / mail["file"]).unlink()
        del self.accepted[count:]
        self.bouncing = bouncing


def name_of(place: int) -> str:
    """Give the file name of a mail by its place, from 0."""
    return f"{place + 1:04d}.eml"
