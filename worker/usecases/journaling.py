"""The columns that every decision about a thread shares (R28)."""

from datetime import datetime
from typing import Any

from worker.presets import rhythm_of
from worker.storage.planning import Loaded


def decision_row(loaded: Loaded, thread_id: int) -> dict[str, Any]:
    """Give the columns every decision about a thread shares."""
    thread = loaded.threads[thread_id]
    return {
        "at": loaded.at,
        "seller": loaded.slug,
        "order_no": thread.order,
        "contact": loaded.address_key,
        "thread_id": thread_id,
        "kind": None,
        "until": None,
        "message_id": None,
        "weight": None,
        "changes": [],
        "checklist": None,
        "policy": loaded.rhythm.name,
        "facts_rev": thread.facts_rev,
        "told_rev": thread.told_rev,
    }


def thread_decision(thread: Any, now: datetime) -> dict[str, Any]:
    """Give the columns of a decision about a thread read with its mail."""
    return {
        "at": now,
        "seller": thread.seller,
        "order_no": thread.order_no,
        "contact": thread.address_key,
        "thread_id": thread.thread_id,
        "kind": None,
        "until": None,
        "message_id": None,
        "weight": None,
        "changes": [],
        "checklist": None,
        "policy": rhythm_of(thread.profile).name,
        "facts_rev": thread.facts_rev,
        "told_rev": thread.told_rev,
    }
