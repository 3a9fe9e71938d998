"""Take in a mail that came back, from a mailbox or a webhook (R47): read, judge, and act only on proof.

Only the address that we made for one mail proves which mail it answers. Without it nothing is suppressed, whatever the
mail claims. Nobody is ever answered.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import Connection, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from worker.bounces.reading import read_report
from worker.storage import orders
from worker.storage.schema_mail import bounce, mail
from worker.updates.bounces import Judged, Report, judge
from worker.updates.bouncewords import BounceVerdict
from worker.usecases.bounce import bounced, complained
from worker.usecases.parts import Parts

log = structlog.get_logger()
SOFT_IN_A_ROW: Final = 3
SOFT_WITHIN: Final = timedelta(days=7)

SOFT_BEFORE = text(
    "select count(*) from bounce b join mail m on m.id = b.mail_id where m.correspondence_id = :correspondence_id"
    " and b.verdict = 'soft' and b.effect <> 'noted' and b.seen_at > :since"
)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of it: `unproven`, `noted`, `not delivered`, `address given up`, `again`; and whose it was."""

    verdict: BounceVerdict
    effect: str
    mail_id: int | None


def take_bounce(
    connection: Connection, parts: Parts, raw: bytes, way: str, now: datetime, handed_to: tuple[str, ...] = ()
) -> Taken:
    """Take one mail in, once: the same bytes again change nothing. `handed_to` is the envelope's recipient if known."""
    report = read_report(raw)
    judged = judge(report)
    mail_id = _proven(parts, report, handed_to)
    row = {
        "digest": hashlib.sha256(raw).hexdigest(),
        "seen_at": now,
        "way": way,
        "verdict": judged.verdict,
        "status": judged.status,
        "why": judged.why,
        "mail_id": None,
        "effect": "unproven",
    }
    number = connection.execute(
        upsert(bounce).values(row).on_conflict_do_nothing().returning(bounce.c.id)
    ).scalar_one_or_none()
    if number is None:
        return Taken(judged.verdict, "again", mail_id)
    ours = _mail(connection, mail_id)
    if ours is None:
        return Taken(judged.verdict, "unproven", None)
    effect = _acted(connection, ours, judged, now)
    connection.execute(bounce.update().where(bounce.c.id == number).values(mail_id=ours.id, effect=effect))
    log.info("bounce_taken", verdict=judged.verdict.value, status=judged.status, effect=effect, mail=ours.id)
    return Taken(judged.verdict, effect, ours.id)


def _proven(parts: Parts, report: Report, handed_to: tuple[str, ...]) -> int | None:
    """Give the mail whose own return address this was sent to."""
    found = (parts.mail_of_return_path(address) for address in (*handed_to, *report.handed_to))
    return next((mail_id for mail_id in found if mail_id is not None), None)


def _mail(connection: Connection, mail_id: int | None) -> Any:
    if mail_id is None:
        return None
    wanted = select(mail.c.id, mail.c.message_id, mail.c.correspondence_id, mail.c.state).where(mail.c.id == mail_id)
    return connection.execute(wanted).first()


def _acted(connection: Connection, ours: Any, judged: Judged, now: datetime) -> str:
    reason = f"{judged.status} {judged.why}".strip()
    match judged.verdict:
        case BounceVerdict.HARD:
            done = bounced(connection, ours.message_id, reason, now)
            return "address given up" if done else "noted"
        case BounceVerdict.SOFT if judged.final:
            orders.lock(connection, [ours.correspondence_id])
            values = {"correspondence_id": ours.correspondence_id, "since": now - SOFT_WITHIN}
            before: int = connection.execute(SOFT_BEFORE, values).scalar_one()
            give_up = before + 1 >= SOFT_IN_A_ROW
            done = bounced(connection, ours.message_id, reason, now, give_up=give_up)
            return ("address given up" if give_up else "not delivered") if done else "noted"
        case BounceVerdict.COMPLAINT:
            complained(connection, ours.correspondence_id, now)
            return "address given up"
        case _:
            return "noted"
