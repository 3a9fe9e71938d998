"""What another policy would change for the orders that come next, before anybody switches it on (R29).

Pure planning of a bounded number of contacts, those that come next, under both policies; nothing is written.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from schedules.coming import Coming, What, coming
from schedules.scene import Scene
from schedules.sections import draft_of, section_of
from worker.storage import orders, policies
from worker.storage.planning import Loaded, load
from worker.usecases.explain import scene_for
from worker.usecases.parts import Parts

LOOKED_AT: Final = 100
"""Contacts whose orders are looked at: those that come next."""
TO_BUYERS: Final = frozenset({What.UPDATE, What.REVIEW, What.HOLDING_NOTE, What.FINAL_NOTE, What.CALL})

AT_A_CHECKPOINT: Final = frozenset({What.REVIEW, What.HOLDING_NOTE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """What the buyer of an order hears next, and the checkpoint after that; None where nothing is known."""

    at: datetime | None
    what: str
    rule: str
    then_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One order whose next mail or checkpoint would differ."""

    order: str
    company: str
    zone: str
    before: Next
    after: Next


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """What was looked at, and what would differ."""

    looked_at: int
    more: bool
    """Further contacts have alarms later than those that were looked at."""
    changed: tuple[Changed, ...]
    sooner: int
    later: int


def what_if(connection: Connection, parts: Parts, seller: str, chosen: Mapping[str, Any], now: datetime) -> WhatIf:
    """Compare the present policy of a seller with a chosen one, order by order."""
    known = orders.sellers(connection, [seller])[seller]
    ids = policies.next_to_wake(connection, known.id, LOOKED_AT + 1)
    loaded = load(connection, dict.fromkeys(ids[:LOOKED_AT], now)) if ids else []
    pairs = [pair for one in loaded for pair in _both(parts, one, chosen, now)]
    changed = tuple(one for one in pairs if one.before != one.after)
    return WhatIf(
        looked_at=len(pairs),
        more=len(ids) > LOOKED_AT,
        changed=changed,
        sooner=_moved(changed, later=False),
        later=_moved(changed, later=True),
    )


def _moved(changed: Iterable[Changed], *, later: bool) -> int:
    moments = [(one.before.at, one.after.at) for one in changed]
    return sum((after > before) is later for before, after in moments if before and after and before != after)


def _both(parts: Parts, loaded: Loaded, chosen: Mapping[str, Any], now: datetime) -> Iterator[Changed]:
    other = replace(loaded, profile={**loaded.profile, **chosen})
    for thread in loaded.correspondence.threads:
        if thread.leaving or not (thread.promise or thread.facts.delayed):
            continue
        scene = scene_for(parts, loaded, thread.thread_id, now)
        yield Changed(
            order=thread.facts.order,
            company=thread.company,
            zone=scene.where.seller_zone,
            before=_next(parts, loaded, scene),
            after=_next(parts, other, scene_for(parts, other, thread.thread_id, now)),
        )


def _next(parts: Parts, loaded: Loaded, scene: Scene) -> Next:
    """Give what the buyer hears next, and the checkpoint that would be named then."""
    step: Coming | None = next((one for one in coming(scene) if one.what in TO_BUYERS), None)
    if step is None:
        return Next(at=None, what="", rule="", then_at=None)
    then = scene_for(parts, loaded, scene.thread.thread_id, max(step.at, scene.now))
    draft = draft_of(then, promised=step.what in AT_A_CHECKPOINT, rule=step.rule)
    stated = section_of(draft).checkpoint
    return Next(at=step.at, what=step.what, rule=step.rule, then_at=stated.due_at if stated else None)
