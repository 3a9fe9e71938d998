"""Which mails may leave as soon as they are written, and what their process holds of them (R24, R46, R49)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from schedules.correspondence import Thread
from worker.storage.planning import Loaded, Paused
from worker.usecases.breaker import Standing
from worker.usecases.claimed import Claimed
from worker.usecases.following import Planned, planned
from worker.usecases.hours import opening_of
from worker.usecases.looking_again import may_be_stale
from worker.usecases.work import Work, keeps_lease


@dataclass(slots=True, kw_only=True)
class MailInHand:
    """A mail that is claimed as it is written, by the names of its row; numbered once it is written."""

    id: int = 0
    correspondence_id: int
    seller_id: int
    audience: str
    kind: str
    message_id: str
    sender: str
    recipient: str
    first_try_at: datetime
    stale_at: datetime | None
    created_at: datetime
    checklist: dict[str, Any]
    promised: bool
    claim_no: int = 1
    attempts: int = 1
    unknowns: int = 0
    shadow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenTo:
    """A thread of such a mail, by the names under which `mails.threads_of` gives it: as planned is as it stands."""

    thread_id: int
    facts_rev: int
    facts_rev_now: int
    told_rev: int
    told_rev_now: int
    section: dict[str, Any]
    told: dict[str, Any] | None
    order_no: str
    replacements: int
    quiet_updates: int
    holding_notes: int
    handed_over: bool
    seller: str
    profile: dict[str, Any]
    contact: dict[str, Any]
    address_key: str
    kept_until: datetime | None
    leaving: bool = False
    unreachable: str | None = None
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """A mail that leaves at once: whose plan it is, what its process holds, its bytes."""

    work: Work
    claimed: Claimed
    content: bytes


def may_leave_now(work: Sequence[Work], of_sellers: Standing, now: datetime, room: int) -> list[Taken]:
    """Give the mails that nothing keeps from leaving now, at most `room`; whatever is not plain waits in its table.

    Their correspondences are locked and as they were planned. Somebody else's business are mails of a seller who is
    stopped, or close to it, or in shadow; mails that are one of several to their reader; what is to leave later.
    """
    found = [_taken(one, known, now) for one in work for known in [_planned(one)] if known is not None]
    free = [one for one in found if _is_free(one.work.drafts[0].mail.row, one.claimed, now)][: max(room, 0)]
    if not free:
        return []
    wanted = Counter(one.claimed.row.seller_id for one in free)
    stopped, paused = of_sellers.over(wanted), Paused(of_sellers.pauses())
    return [one for one in free if one.claimed.row.seller_id not in stopped and not _is_paused(one, paused)]


def _planned(work: Work) -> Planned | None:
    """Keep what a mail was planned from; a plan that keeps its lease leaves the revision alone (ADR 0091)."""
    return planned(work, work.loaded.rev + (0 if keeps_lease(work) else 1))


def _is_paused(one: Taken, paused: Paused) -> bool:
    """Tell whether somebody paused an order of the mail, also in the moment since it was planned (R49)."""
    spoken_to = {thread.thread_id for thread in one.claimed.threads}
    return any(
        paused.by(one.work.loaded.seller_id, thread.facts.order, thread.facts.lines)
        for thread in one.work.loaded.correspondence.threads
        if thread.thread_id in spoken_to
    )


def _is_free(row: dict[str, Any], claimed: Claimed, now: datetime) -> bool:
    if row["stopped"] or row["shadow"] or row["send_at"] > now or not row["recipient"]:
        return False
    return not may_be_stale(claimed) and opening_of(claimed) <= now


def _taken(work: Work, known: Planned, now: datetime) -> Taken:
    draft, loaded = work.drafts[0], work.loaded
    written = draft.mail.row
    row = MailInHand(
        correspondence_id=written["correspondence_id"],
        seller_id=written["seller_id"],
        audience=written["audience"],
        kind=written["kind"],
        message_id=written["message_id"],
        sender=written["sender"],
        recipient=written["recipient"],
        stale_at=written["stale_at"],
        created_at=written["created_at"],
        checklist=written["checklist"],
        promised=written["promised"],
        first_try_at=now,
    )
    by_id = {thread.thread_id: thread for thread in loaded.correspondence.threads}
    threads = [_spoken_to(loaded, by_id[one["thread_id"]], one["section"]) for one in draft.mail.threads]
    return Taken(work, Claimed(row=row, threads=threads, at=now, planned=known), draft.mail.content)


def _spoken_to(loaded: Loaded, thread: Thread, section: dict[str, Any]) -> SpokenTo:
    kept = loaded.threads[thread.thread_id]
    checkpoint = thread.told.checkpoint if thread.told else None
    return SpokenTo(
        thread_id=thread.thread_id,
        facts_rev=kept.facts_rev,
        facts_rev_now=kept.facts_rev,
        told_rev=kept.told_rev,
        told_rev_now=kept.told_rev,
        section=section,
        told={"checkpoint": {"promised_as": checkpoint.promised_as}} if checkpoint else None,
        order_no=kept.order,
        replacements=kept.replacements,
        quiet_updates=thread.quiet_updates,
        holding_notes=thread.holding_notes,
        handed_over=thread.handed_over,
        seller=loaded.slug,
        profile=loaded.profile,
        contact=loaded.contact,
        address_key=loaded.address_key,
        kept_until=thread.promise.kept_until if thread.promise else None,
        leaving=thread.leaving,
    )
