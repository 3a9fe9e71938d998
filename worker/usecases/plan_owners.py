"""Turn what owners are to be told into lists: one an hour of each kind, in their working hours (R10, R13)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from schedules.events import Person
from schedules.facts import LineFacts
from schedules.kinds import OwnerKind
from schedules.obligations import Code
from worker.links import Purpose
from worker.places import calendars_of
from worker.storage import journal, new_mails, threads
from worker.storage.codec import decode
from worker.storage.engine import by_keys, find_by_keys
from worker.storage.planning import Loaded, claim_due, load
from worker.updates.paste import answering_event
from worker.updates.sentences import owner_told
from worker.updates.statement import OwnerItem, OwnerStatement
from worker.usecases.drafts import draft_owner
from worker.usecases.parking import Stuck, park, park_unreadable
from worker.usecases.parts import Parts, card_of
from worker.usecases.patience import with_patience
from worker.usecases.work import BATCH, LEASE

log = structlog.get_logger()
ITEMS_PER_MAIL: Final = 50
ESCALATIONS: Final = frozenset({OwnerKind.ESCALATION, OwnerKind.UNDELIVERED})


@dataclass(slots=True)
class Box:
    """One person's open items and when he last got a mail of each kind."""

    loaded: Loaded
    items: list[Any]
    last: dict[str, datetime]


def plan_owners(parts: Parts, most: int = BATCH) -> int:
    """Plan one batch of owners; give how many were taken or set aside (0: nothing is due)."""
    try:
        boxes = _taken(parts, most)
    except OperationalError:
        raise
    except Exception:  # one of them, nobody knows which
        log.exception("owners_not_read")
        return park_unreadable(parts, "owner")
    try:
        _write_all(parts, boxes)
    except OperationalError:
        raise
    except Exception:  # as above
        log.exception("owners_not_written", owners=len(boxes))
        _one_by_one(parts, boxes)
    return len(boxes)


def _taken(parts: Parts, most: int) -> list[Box]:
    with parts.engine.begin() as connection:
        now = parts.clock(connection)
        ids = claim_due(connection, "owner", now, most, LEASE)
        if not ids:
            return []
        find_by_keys(connection)
        return _boxes(connection, list(ids), now)


def _write_all(parts: Parts, boxes: list[Box]) -> None:
    with_patience(lambda some: _write_free(parts, some), boxes)


def _write_free(parts: Parts, boxes: list[Box]) -> list[Box]:
    """Write the lists of owners whom nobody holds; give the others."""
    with by_keys(parts.engine) as connection:
        locked = threads.lock_unchanged(connection, [box.loaded for box in boxes])
        alarms = [
            {"id": box.loaded.id, "wake_at": _write(connection, parts, box, box.loaded.at)}
            for box in boxes
            if box.loaded.id in locked.free
        ]
        threads.set_alarms(connection, alarms)
    return [box for box in boxes if box.loaded.id in locked.held]


def _one_by_one(parts: Parts, boxes: Sequence[Box]) -> None:
    """Write each owner's lists alone; one whose lists cannot be written is set aside and stops none of the others."""
    for box in boxes:
        try:
            _write_all(parts, [box])
        except OperationalError:
            raise
        except Exception as fault:  # whatever it is, it is this owner's alone
            log.exception("owner_not_written", correspondence=box.loaded.id)
            stuck = Stuck(box.loaded.id, f"making them failed: {type(fault).__name__}", box.loaded.at)
            with parts.engine.begin() as connection:
                park(connection, parts, [stuck])


def _boxes(connection: Connection, ids: list[int], now: datetime) -> list[Box]:
    items = defaultdict(list)
    for row in journal.open_obligations(connection, ids):
        items[row.correspondence_id].append(row)
    last = journal.last_owner_mails(connection, ids)
    return [
        Box(one, items[one.id], {kind: at for (owner, kind), at in last.items() if owner == one.id})
        for one in load(connection, dict.fromkeys(ids, now))
    ]


def _write(connection: Connection, parts: Parts, box: Box, now: datetime) -> datetime | None:
    """Write the mails that may leave now; give the moment to look again."""
    working = calendars_of(box.loaded.profile, {}).working
    ahead = [item.at for item in box.items if item.at > now]
    due = defaultdict(list)
    for item in box.items:
        if item.at <= now:
            due[item.kind].append(item)
    for kind, items in due.items():
        last = box.last.get(kind)
        free_at = max(now, last + box.loaded.rhythm.owner_mail_gap if last else now)
        if kind != OwnerKind.OPERATOR_NOTICE:
            free_at = working.on_or_after(free_at)
        if free_at > now:
            ahead.append(free_at)
            continue
        _send(connection, parts, box, OwnerKind(kind), items[:ITEMS_PER_MAIL], now)
        if len(items) > ITEMS_PER_MAIL:
            ahead.append(now + box.loaded.rhythm.owner_mail_gap)
    return min(ahead, default=None)


def _send(connection: Connection, parts: Parts, box: Box, kind: OwnerKind, items: list[Any], now: datetime) -> None:
    statement = OwnerStatement(
        kind=kind,
        seller=card_of(box.loaded.slug, box.loaded.profile),
        to=decode(Person, box.loaded.contact),
        locale=str(box.loaded.profile.get("locale") or "en"),
        zone=calendars_of(box.loaded.profile, {}).seller_zone,
        at=now,
        items=tuple(_item(parts, box.loaded, item, now) for item in items),
    )
    draft = draft_owner(
        parts,
        statement,
        box.loaded.seller_id,
        box.loaded.id,
        now,
        policy=box.loaded.rhythm.name,
        shadow=box.loaded.profile.get("mode") == "shadow",
    )
    mail_id = new_mails.add(connection, draft.mail)
    journal.mark_told(connection, [item.id for item in items], mail_id)
    action = "escalated" if kind in ESCALATIONS else "reminded"
    journal.write_decisions(
        connection, [_decision(box, item, action, draft.mail.row["message_id"], now) for item in items]
    )


def _item(parts: Parts, owner: Loaded, row: Any, now: datetime) -> OwnerItem:
    facts = decode(LineFacts, row.facts) if row.facts else None
    lacking = tuple(row.lacking)
    return OwnerItem(
        order=row.order_no,
        company=row.company or "",
        line=row.line_no,
        sku=facts.sku if facts else "",
        product=facts.product if facts else "",
        code=row.code,
        due_at=row.due_at,
        confirmed_since=facts.confirmed_at if facts else None,
        lacking=lacking,
        note=row.note,
        say=row.say,
        event=answering_event(Code(row.code), owner.slug, row.order_no, row.line_no, lacking, now),
        url=_page(parts, owner, row, now),
    )


def _page(parts: Parts, owner: Loaded, row: Any, now: datetime) -> str:
    """Give where an item is answered; empty if on no page."""
    if row.code == Code.PLANNING_REVIEW:
        return f"{parts.links.public_url}/review?seller={owner.slug}"
    return parts.links.url(Purpose.REVIEW, owner.slug, row.order_no, owner.address_key, now) if row.thread_id else ""


def _decision(box: Box, item: Any, action: str, message_id: str, now: datetime) -> dict[str, Any]:
    return {
        "at": now,
        "seller": box.loaded.slug,
        "order_no": item.order_no,
        "contact": box.loaded.address_key,
        "thread_id": item.thread_id,
        "action": action,
        "kind": item.kind,
        "rule": str(item.key).partition("/")[0],
        "why": owner_told(item.code, item.lacking or ()),
        "until": item.due_at,
        "message_id": message_id,
        "weight": None,
        "changes": [],
        "checklist": None,
        "policy": box.loaded.rhythm.name,
        "facts_rev": 0,
        "told_rev": 0,
    }
