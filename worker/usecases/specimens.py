"""Mails of an invented seller, made as all mails are: what a packer learns from what mails have in common (ADR 0084).

Nothing that a seller or a buyer has told us is among them, so that nothing of theirs outlives them in a dictionary.
"""

import dataclasses
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final

from schedules.correspondence import Correspondence, Thread
from schedules.facts import LineFacts, OrderFacts
from schedules.kinds import Cause, Confirmed
from schedules.planner import PlannedUpdate
from schedules.promises import Promise
from schedules.quantities import ZERO
from schedules.sections import Section
from schedules.values import replace
from schedules.window import Window
from worker.links import REPLAYED
from worker.storage.planning import Loaded, LoadedThread, team_of
from worker.usecases.drafts import draft_updates
from worker.usecases.following import Planned, accepted
from worker.usecases.parts import Parts, unsigned
from worker.usecases.work import plan_of

COUNT: Final = 24
OPENED_AT: Final = datetime(2026, 3, 9, 8, tzinfo=UTC)
STEP: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)
STAGES: Final = ((True, ZERO), (True, ZERO), (True, Decimal("0.5")), (False, ZERO), (True, Decimal(1)))
"""Whether somebody confirmed the figures, and which share of what is missing has come."""
CAUSES: Final = tuple(Cause)
ITEMS: Final = (
    ("KT-20", "Coupling, 20 mm"),
    ("4711-08", "Valve seat"),
    ("ZR 900", "Toothed belt 900"),
    ("PX.31", "Sensor plug M12"),
)
BUYERS: Final = ("Aster Tools", "Birke Anlagenbau", "Ateliers Clément", "Dorado Pumps", "Elm Works")


def specimens(parts: Parts) -> list[bytes]:
    """Give the bytes of invented mails and what each was made from: first notices, reviews, releases, the end.

    Their links open nothing, and no key of the house signs anything in them.
    """
    parts = dataclasses.replace(parts, links=REPLAYED, sign=unsigned)
    known = [_opened(number) for number in range(COUNT)]
    found: list[bytes] = []
    for confirmed, share in STAGES:
        known = [_later(one, share, confirmed=confirmed) for one in known]
        planned = [(one, update) for one in known for update in plan_of(parts, one).updates]
        drafts = draft_updates(parts, planned)
        found += [piece for draft in drafts for piece in (draft.mail.content, draft.mail.statement)]
        known = [_heard(one, update) for one, update in planned]
    return found


def _opened(number: int) -> Loaded:
    seller, buyer, order = f"seller-{number}", BUYERS[number % len(BUYERS)], f"{number * 7919 % 99_991:05}"
    desk = {"name": f"House {number}", "email": f"desk@house{number}.example"}
    profile = {
        "name": desk["name"],
        "from": desk,
        "order_desk": f"orders@house{number}.example",
        "support": f"help@house{number}.example",
        "default_owner": desk,
        "escalation": desk,
    }
    return Loaded(
        id=number,
        at=OPENED_AT,
        rev=1,
        seller_id=number,
        slug=seller,
        profile=profile,
        contact={"name": f"Buyer {number}", "email": f"buyer{number}@reader.example"},
        address_key=f"buyer{number}@reader.example",
        correspondence=Correspondence(
            address=f"buyer{number}@reader.example",
            team=team_of(profile),
            threads=(_thread(number, order, buyer),),
        ),
        threads={number: LoadedThread(number, 1, 0, order, None, None, None, 0)},
    )


def _thread(number: int, order: str, buyer: str) -> Thread:
    sku, product = ITEMS[number % len(ITEMS)]
    line = LineFacts(
        line=str(1 + number % 3),
        sku=sku,
        product=product,
        ordered=Decimal(10 + 3 * number),
        available=Decimal(number),
        cause=CAUSES[number % len(CAUSES)],
        expected_on=date(2026, 5, 1) + timedelta(days=number) if number % 2 else None,
        opened_at=OPENED_AT,
        changed_at=OPENED_AT,
        confirmed_at=OPENED_AT,
    )
    facts = OrderFacts(order=order, po=f"45{number * 104_729 % 9_999_991:07}", lines=(line,))
    return Thread(thread_id=number, facts=facts, opened_at=OPENED_AT, company=buyer)


def _later(loaded: Loaded, share: Decimal, *, confirmed: bool) -> Loaded:
    """Give a correspondence when its next update is due: its promise, or a share of what is missing has come."""
    [thread] = loaded.correspondence.threads
    at = thread.promise.due_at if thread.promise else loaded.at + STEP
    lines = [replace(one, available=one.available + one.delayed * share) for one in thread.facts.lines]
    if confirmed and thread.promise:
        by = f"Desk {loaded.id}"
        lines = [replace(one, confirmed=Confirmed.REVIEWED, confirmed_at=at - HOUR, confirmed_by=by) for one in lines]
    window = Window(at, at) if share else thread.window
    thread = replace(thread, facts=replace(thread.facts, lines=tuple(lines)), window=window)
    return replace(loaded, at=at, correspondence=replace(loaded.correspondence, threads=(thread,)))


def _heard(loaded: Loaded, update: PlannedUpdate) -> Loaded:
    sections: dict[int, Section] = {section.thread_id: section for section in update.sections}
    promises = {one: _promise(section, loaded.at) for one, section in sections.items()}
    return accepted(Planned(loaded, loaded.rev, sections, marks={}), loaded.at, promises)


def _promise(section: Section, at: datetime) -> Promise | None:
    checkpoint = section.checkpoint
    return Promise(made_at=at, checkpoint=checkpoint, kept_until=checkpoint.due_at) if checkpoint else None
