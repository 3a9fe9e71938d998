"""Call webhooks that are due: signed by Standard Webhooks, tried again with growing pauses for two days (R38, R43)."""

from datetime import datetime, timedelta
from typing import Any, Final

from worker.delivery.hooks import Caller, Reply
from worker.storage import webhooks
from worker.updates.states import next_try
from worker.usecases.parts import Parts
from worker.usecases.source_keys import signature, webhook_secret

GROUP: Final = 20
LEASE: Final = timedelta(minutes=5)


def call_webhooks(parts: Parts, caller: Caller, key: str, most: int = GROUP) -> int:
    """Call one group; give how many calls were taken (0: nothing is due)."""
    with parts.engine.begin() as connection:
        now = parts.clock(connection)
        claimed = webhooks.claim(connection, now, now + LEASE, most)
    for one in claimed:
        reply = _called(caller, one, key, now) if one.active else Reply(heard=False, words="its target was removed")
        with parts.engine.begin() as connection:
            webhooks.settle(connection, [_end(one, reply, parts.clock(connection))])
    return len(claimed)


def _called(caller: Caller, one: Any, key: str, now: datetime) -> Reply:
    """Post a call; its id stays the same at every try, so that a target can tell a repeat."""
    message, moment, body = f"msg_{one.id}", str(int(now.timestamp())), one.body.encode()
    headers = {
        "content-type": "application/json",
        "user-agent": "backorder-updates",
        "webhook-id": message,
        "webhook-timestamp": moment,
        "webhook-signature": signature(webhook_secret(key, one.target_id, "out"), message, moment, body),
    }
    return caller.call(one.url, body, headers)


def _end(one: Any, reply: Reply, now: datetime) -> dict[str, Any]:
    again = None if reply.heard or not one.active else next_try(now, one.made_at, one.attempts)
    state = "sent" if reply.heard else "pending" if again else "failed"
    return {"id": one.id, "state": state, "send_at": again, "reply": reply.words}
