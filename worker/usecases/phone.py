"""The buyer was told by phone: that counts as an update, and keeps a promise (R49, R50)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from schedules.cadence import NextCheckpoint
from schedules.calendars import Calendars, due_of
from schedules.correspondence import Told
from schedules.decisions import Action
from schedules.kinds import Kind, SetBy
from schedules.promises import KeptBy, PromiseOutcome, kept_until, settled_by_update
from schedules.rhythm import Rhythm
from schedules.scene import Scene, scene_of
from schedules.sections import draft_of, section_of
from worker.places import calendars_of
from worker.storage import journal, orders, planning, threads
from worker.storage.rows import SellerRow, StoredEvent
from worker.usecases.learning import asked
from worker.usecases.owing import owe
from worker.usecases.parts import Parts, wording_for
from worker.usecases.saying import encode_json

BY_PHONE: Final = "by phone"
UNKNOWN_ORDER: Final = "its order is not known yet"


def told_by_phone(
    connection: Connection, parts: Parts, known: dict[str, SellerRow], events: Iterable[StoredEvent], now: datetime
) -> dict[int, str]:
    """Write that buyers were told; give why an event waits, by event."""
    waiting: dict[int, str] = {}
    for event in sorted(events, key=lambda one: one.event.key):
        wanted = {(known[event.seller].id, event.order or "")}
        orders.lock_of_orders(connection, wanted)
        thread = orders.threads(connection, wanted).get(next(iter(wanted)))
        if thread is None:
            waiting[event.id] = UNKNOWN_ORDER
            continue
        loaded = planning.load(connection, {thread.correspondence_id: now})[0]
        _tell(connection, parts, loaded, thread.id, event, now)
    return waiting


def _tell(
    connection: Connection, parts: Parts, loaded: planning.Loaded, thread_id: int, event: StoredEvent, now: datetime
) -> None:
    where = calendars_of(loaded.profile, loaded.contact)
    at = min(event.event.time, now)
    thread = next(one for one in loaded.correspondence.threads if one.thread_id == thread_id)
    wording = wording_for(parts, loaded.correspondence)
    scene = scene_of(thread, loaded.correspondence, where, loaded.rhythm, wording, now)
    promised = scene.checkpoint_at is not None and scene.checkpoint_at <= now
    section = section_of(draft_of(scene, promised=promised, rule="R50"))
    checkpoint = _checkpoint(event, scene, section.checkpoint, where, loaded.rhythm)
    told = Told(facts=scene.facts, accepted_at=at, kind=Kind.CHECKPOINT_REVIEW, checkpoint=checkpoint)
    stands = False
    if thread.promise is not None:
        ended = settled_by_update(
            thread.promise, at, checkpoint, Kind.CHECKPOINT_REVIEW, news=bool(scene.changes), confirmed=True
        )
        stands = ended is None
        if ended is not None:
            kept = KeptBy.PHONE if ended.outcome is PromiseOutcome.KEPT else None
            row = {"thread_id": thread_id, "outcome": ended.outcome, "at": at, "message": BY_PHONE, "kept_by": kept}
            journal.settle_promises(connection, [row])
    threads.tell(connection, [_told_row(loaded.threads[thread_id], told)])
    if checkpoint is not None and not stands:
        until = kept_until(checkpoint, where, loaded.rhythm)
        journal.make_promises(connection, [_promise(loaded, scene, checkpoint, at) | {"kept_until": until}])
    journal.write_decisions(connection, [_decision(loaded, thread_id, event, checkpoint, now)])
    journal.drop_phone_tasks(connection, thread_id, now)
    if section.closing:
        owe(connection, [(loaded, asked(loaded, scene.facts.order, ""))])
    threads.heard(connection, {loaded.id: now})


def _checkpoint(
    event: StoredEvent, scene: Scene, cadence: NextCheckpoint | None, where: Calendars, rhythm: Rhythm
) -> NextCheckpoint | None:
    """Give the review that was promised on the phone, else the one an update would state."""
    named = event.event.data.get("next_checkpoint")
    if named is None:
        return cadence
    due, promised_as = due_of(named, where, rhythm)
    if due <= scene.now:
        return cadence
    line = next((line.line for line in scene.delayed_lines), "")
    return NextCheckpoint(due_at=due, promised_as=promised_as, set_by=SetBy.PERSON, line=line)


def _told_row(thread: planning.LoadedThread, told: Told) -> dict[str, Any]:
    return {
        "thread_id": thread.id,
        "told": encode_json(told),
        "facts_rev": thread.facts_rev,
        "message_id": thread.last_message_id,
        "quiet_updates": 0,
        "holding_notes": 0,
        "handed_over": False,
        "reminded_for": None,
        "last_verdict": None,
    }


def _promise(loaded: planning.Loaded, scene: Scene, checkpoint: NextCheckpoint, at: datetime) -> dict[str, Any]:
    lines = scene.delayed_lines or scene.facts.lines
    line = next((line for line in lines if line.line == checkpoint.line), lines[0])
    return {
        "thread_id": scene.thread.thread_id,
        "seller_id": loaded.seller_id,
        "order_no": scene.facts.order,
        "line_no": line.line,
        "contact": loaded.address_key,
        "made_at": at,
        "made_in": BY_PHONE,
        "due_at": checkpoint.due_at,
        "promised_as": checkpoint.promised_as,
        "set_by": checkpoint.set_by,
        "shipping_step": checkpoint.shipping_step,
        "owner": scene.facts.owner.email if scene.facts.owner else "",
        "sku": line.sku,
        "cause": line.cause,
    }


def _decision(
    loaded: planning.Loaded,
    thread_id: int,
    event: StoredEvent,
    checkpoint: NextCheckpoint | None,
    now: datetime,
) -> dict[str, Any]:
    thread = loaded.threads[thread_id]
    return {
        "at": now,
        "seller": loaded.slug,
        "order_no": thread.order,
        "contact": loaded.address_key,
        "thread_id": thread_id,
        "action": Action.NOT_NEEDED,
        "kind": None,
        "rule": "R50",
        "why": f"the buyer was told by phone by {event.event.data['by']}; no mail is needed",
        "until": checkpoint.due_at if checkpoint else None,
        "message_id": None,
        "weight": None,
        "changes": [],
        "checklist": None,
        "policy": loaded.rhythm.name,
        "facts_rev": thread.facts_rev,
        "told_rev": thread.told_rev + 1,
    }
