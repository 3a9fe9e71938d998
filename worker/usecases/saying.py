"""What a buyer was told when a mail counts as said, what that does to the open promise, and the promise it makes."""

from datetime import datetime
from typing import Any

import orjson

from schedules.acceptance import holding_notes_after, quiet_updates_after
from schedules.correspondence import Told
from schedules.promises import Promise, PromiseOutcome, Settled, kept_until, settled_by_update
from schedules.sections import Section
from worker.places import calendars_of
from worker.presets import rhythm_of
from worker.storage.codec import decode, sparse
from worker.storage.endings import Endings
from worker.updates.states import State
from worker.usecases.claimed import Claimed


def say(one: Claimed, thread: Any, promise: Promise | None, endings: Endings, state: State) -> Promise | None:
    """Write what the buyer was told, how it ends the open promise, and the one it makes; give the promise open then.

    If nobody knows whether the mail arrived, a promise that lies ahead stands, and one that was due is missed (R46).
    """
    section = one.planned.sections[thread.thread_id] if one.planned else decode(Section, thread.section)
    where = calendars_of(thread.profile, thread.contact)
    row = _told_row(one, thread, section)
    endings.told.append(row)
    if promise is not None:
        end = _promises_end(promise, section, one.at, state)
        if end is not None:
            endings.settled.append(_settled_row(one, thread, end))
        else:
            if state is State.UNCONFIRMED:
                row["told"] = _told_json(thread.section | {"checkpoint": sparse(promise.checkpoint)}, one.at)
            return promise
    if section.checkpoint is None:
        return None
    until = kept_until(section.checkpoint, where, rhythm_of(thread.profile))
    endings.made.append(_promise_row(one, thread, section) | {"kept_until": until})
    return Promise(made_at=one.at, checkpoint=section.checkpoint, kept_until=until)


def _promises_end(promise: Promise, section: Section, now: datetime, state: State) -> Settled | None:
    if state is State.UNCONFIRMED:
        return Settled(PromiseOutcome.MISSED) if now >= promise.due_at else None
    return settled_by_update(
        promise, now, section.checkpoint, section.kind, news=section.news, confirmed=section.confirmed
    )


def _settled_row(one: Claimed, thread: Any, end: Settled) -> dict[str, Any]:
    return {
        "thread_id": thread.thread_id,
        "outcome": end.outcome,
        "at": one.at,
        "message": one.row.message_id,
        "kept_by": end.kept_by,
    }


def _told_json(kept: dict[str, Any], now: datetime) -> str:
    """Give a section as it was kept in the form of `Told`."""
    told = {
        "facts": kept["facts"],
        "accepted_at": now,
        "kind": kept["kind"],
        "checkpoint": kept["checkpoint"],
        "closed": kept["closing"],
    }
    return orjson.dumps(told).decode()


def _told_row(one: Claimed, thread: Any, section: Section) -> dict[str, Any]:
    return {
        "thread_id": thread.thread_id,
        "told": _told_json(thread.section, one.at),
        "facts_rev": thread.facts_rev,
        "message_id": one.row.message_id,
        "quiet_updates": quiet_updates_after(thread.quiet_updates, section),
        "holding_notes": holding_notes_after(thread.holding_notes, section),
        "handed_over": section.handed_over,
        "reminded_for": section.reminded_for.isoformat() if section.reminded_for else None,
        "last_verdict": None,
    }


def _promise_row(one: Claimed, thread: Any, section: Section) -> dict[str, Any]:
    checkpoint = section.checkpoint
    if checkpoint is None:
        raise AssertionError("a promise needs a checkpoint")
    delayed = [line for line in section.facts.lines if line.delayed] or list(section.facts.lines)
    line = next((line for line in delayed if line.line == checkpoint.line), delayed[0])
    return {
        "thread_id": thread.thread_id,
        "seller_id": one.row.seller_id,
        "order_no": thread.order_no,
        "line_no": line.line,
        "contact": thread.address_key,
        "made_at": one.at,
        "made_in": one.row.message_id,
        "due_at": checkpoint.due_at,
        "promised_as": checkpoint.promised_as,
        "set_by": checkpoint.set_by,
        "shipping_step": checkpoint.shipping_step,
        "owner": section.facts.owner.email if section.facts.owner else "",
        "sku": line.sku,
        "cause": line.cause,
    }


def encode_json(told: Told) -> str:
    """Give told as JSON text."""
    return orjson.dumps(sparse(told)).decode()
