"""Turn planned updates and owner lists into mails: composed, checked, rendered, their bytes made (R8, R36)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from schedules.events import Person
from schedules.planner import PlannedUpdate
from schedules.values import replace
from worker.links import Purpose
from worker.places import calendars_of
from worker.rendering.attachment import open_lines_csv
from worker.rendering.mime import Attachment, Envelope, build_mail
from worker.storage.codec import as_json, decode, sparse
from worker.storage.new_mails import NewMail
from worker.storage.planning import Loaded
from worker.updates.checklist import Checked, checked, passes
from worker.updates.compose import Reader, all_lines, compose, with_links, without_mail_data
from worker.updates.messageid import boundary, message_id, thread_root
from worker.updates.statement import OwnerStatement, UpdateStatement
from worker.usecases.parts import Parts, card_of, wording_for

WARM: Final = 20
"""So many mails fit into a processor's cache with all that making them touches."""
NAME_OF: Final = str.__str__
"""A member's text without asking the enumeration, which is Python."""


@dataclass(slots=True)
class Draft:
    """A mail ready to be written."""

    mail: NewMail
    checklist: tuple[Checked, ...]
    update: PlannedUpdate | None = None

    @property
    def complete(self) -> bool:
        return passes(self.checklist)


def statement_of(parts: Parts, loaded: Loaded, update: PlannedUpdate, now: datetime) -> UpdateStatement:
    """Compose the typed statement of a planned update, with this reader's links."""
    return _linked(parts, loaded, _composed(parts, loaded, update, now), now)


def _composed(parts: Parts, loaded: Loaded, update: PlannedUpdate, now: datetime) -> UpdateStatement:
    contact = decode(Person, loaded.contact)
    zone = calendars_of(loaded.profile, loaded.contact).zone
    locale = str(loaded.contact.get("locale") or loaded.profile.get("locale") or "en")
    pos = {thread.facts.order: thread.facts.po for thread in loaded.correspondence.threads}
    return compose(
        update,
        card_of(loaded.slug, loaded.profile),
        Reader(contact=contact, locale=locale, zone=zone),
        wording_for(parts, loaded.correspondence),
        now,
        pos,
    )


def _linked(parts: Parts, loaded: Loaded, composed: UpdateStatement, now: datetime) -> UpdateStatement:
    """Put this reader's links into a statement (R27, R37)."""
    if not composed.contact.email:
        return composed

    def url(purpose: Purpose, order: str) -> str:
        return parts.links.url(purpose, loaded.slug, order, loaded.address_key, now)

    decide = {section.order: url(Purpose.DECIDE, section.order) for section in composed.sections if section.decision}
    return with_links(composed, decide, url(Purpose.PREFER, ""))


def draft_update(parts: Parts, loaded: Loaded, update: PlannedUpdate) -> Draft:
    """Make the mail of an update that was planned as of when its correspondence was read.

    What fails the checklist comes back incomplete and is not to be sent.
    """
    return draft_updates(parts, [(loaded, update)])[0]


def draft_updates(parts: Parts, planned: Sequence[tuple[Loaded, PlannedUpdate]]) -> list[Draft]:
    """Make the mails of planned updates, stage by stage for a few at a time: so what a stage needs stays warm."""
    return [draft for first in range(0, len(planned), WARM) for draft in _drafted(parts, planned[first : first + WARM])]


def _drafted(parts: Parts, planned: Sequence[tuple[Loaded, PlannedUpdate]]) -> list[Draft]:
    composed = [_composed(parts, loaded, update, loaded.at) for loaded, update in planned]
    statements = [_linked(parts, loaded, one, loaded.at) for (loaded, _), one in zip(planned, composed, strict=True)]
    verdicts = [checked(statement, loaded.at) for statement, (loaded, _) in zip(statements, planned, strict=True)]
    parts.between()
    rendered = parts.renderer.render_updates(statements, parts.between)
    made = [
        (loaded, update, statement, _envelope(parts, loaded, update, statement))
        for (loaded, update), statement in zip(planned, statements, strict=True)
    ]
    contents = [
        build_mail(words, envelope, _attachments(parts, loaded, update, statement))
        for words, (loaded, update, statement, envelope) in zip(rendered, made, strict=True)
    ]
    parts.between()
    rows = [_row(*one, found) for one, found in zip(made, verdicts, strict=True)]
    signed = [parts.sign(one, mail.seller.sender.email) for one, mail in zip(contents, statements, strict=True)]
    kept = [as_json(without_mail_data(statement)) for statement in statements]
    spoken_to = [_threads(loaded, update) for loaded, update in planned]
    new = [NewMail(*one) for one in zip(rows, signed, kept, spoken_to, strict=True)]
    return [Draft(mail, found, update) for mail, found, (_, update) in zip(new, verdicts, planned, strict=True)]


def _row(
    loaded: Loaded,
    update: PlannedUpdate,
    statement: UpdateStatement,
    envelope: Envelope,
    verdicts: tuple[Checked, ...],
) -> dict[str, Any]:
    promised = any(section.promised for section in update.sections)
    return {
        "correspondence_id": loaded.id,
        "seller_id": loaded.seller_id,
        "audience": "buyer",
        "kind": update.kind,
        "message_id": envelope.message_id,
        "sender": statement.seller.sender.email,
        "recipient": statement.contact.email,
        "created_at": loaded.at,
        "send_at": loaded.at,
        "stale_at": envelope.checkpoint,
        "checklist": checklist_json(verdicts),
        "policy": loaded.rhythm.name,
        "promised": promised,
        "stopped": loaded.stopped and not promised,
        "shadow": loaded.profile.get("mode") == "shadow",
    }


def _threads(loaded: Loaded, update: PlannedUpdate) -> list[dict[str, Any]]:
    return [
        {
            "thread_id": section.thread_id,
            "facts_rev": loaded.threads[section.thread_id].facts_rev,
            "told_rev": loaded.threads[section.thread_id].told_rev,
            "section": sparse(section),
        }
        for section in update.sections
    ]


def checklist_json(verdicts: tuple[Checked, ...]) -> dict[str, Any]:
    """Give the verdict per element as kept with the mail."""
    return {NAME_OF(one.element): "ok" if one.passed else {"missing": list(one.missing)} for one in verdicts}


def references(parts: Parts, loaded: Loaded, update: PlannedUpdate) -> tuple[str, ...]:
    """Give what a mail refers to: each order's root, then the last mail of each (R45)."""
    found: list[str] = []
    for section in update.sections:
        thread = loaded.threads[section.thread_id]
        found.append(thread_root(parts.host, loaded.slug, thread.order, loaded.address_key))
    for section in update.sections:
        last = loaded.threads[section.thread_id].last_message_id
        if last:
            found.append(last)
    return tuple(dict.fromkeys(found))


def _envelope(parts: Parts, loaded: Loaded, update: PlannedUpdate, statement: UpdateStatement) -> Envelope:
    orders = tuple(section.order for section in update.sections)
    identity = message_id(parts.host, loaded.slug, loaded.address_key, update.kind, orders, loaded.at)
    refers_to = references(parts, loaded, update)
    due = [section.checkpoint.due_at for section in update.sections if section.checkpoint]
    return Envelope(
        sender=statement.seller.sender,
        to=statement.contact,
        reply_to=statement.seller.order_desk,
        message_id=identity,
        in_reply_to=refers_to[-1] if refers_to else None,
        references=refers_to,
        date=statement.at,
        kind=statement.kind,
        orders=orders,
        checkpoint=min(due, default=None),
        boundary=boundary(identity),
    )


def _attachments(
    parts: Parts, loaded: Loaded, update: PlannedUpdate, statement: UpdateStatement
) -> tuple[Attachment, ...]:
    if not any(section.not_listed for section in statement.sections):
        return ()
    lines = all_lines(update, wording_for(parts, loaded.correspondence))
    return (Attachment(name="open-lines.csv", content_type="text/csv", content=open_lines_csv(lines)),)


def draft_owner(
    parts: Parts,
    statement: OwnerStatement,
    seller_id: int,
    correspondence_id: int,
    now: datetime,
    *,
    policy: str,
    shadow: bool = False,
) -> Draft:
    """Make the mail of a list to one of the seller's people."""
    orders = tuple(dict.fromkeys(item.order for item in statement.items if item.order))
    keys = (*orders, *(f"{item.code}{item.line}{item.due_at}" for item in statement.items))
    identity = message_id(parts.host, statement.seller.slug, statement.to.email, statement.kind, keys, now)
    envelope = Envelope(
        sender=statement.seller.sender,
        to=statement.to,
        reply_to=statement.seller.order_desk,
        message_id=identity,
        in_reply_to=None,
        references=(),
        date=now,
        kind=statement.kind,
        orders=orders,
        checkpoint=None,
        boundary=boundary(identity),
    )
    row = {
        "correspondence_id": correspondence_id,
        "seller_id": seller_id,
        "audience": "owner",
        "kind": statement.kind,
        "message_id": identity,
        "sender": statement.seller.sender.email,
        "recipient": statement.to.email,
        "created_at": now,
        "send_at": now,
        "stale_at": None,
        "checklist": {},
        "policy": policy,
        "promised": False,
        "stopped": False,
        "shadow": shadow,
    }
    content = build_mail(parts.renderer.render_owner(statement), envelope)
    content = parts.sign(content, statement.seller.sender.email)
    items = [replace(item, url="") for item in statement.items]
    return Draft(NewMail(row, content, as_json({"items": items}), []), ())
