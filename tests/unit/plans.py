"""Say a plan in lines, by Berlin's clock, so that a table of situations can state the whole of it."""

from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from schedules.cadence import NextCheckpoint
from schedules.events import Person
from schedules.kinds import PromisedAs, SetBy
from schedules.planner import plan
from schedules.rhythm import DEFAULT
from schedules.window import Window
from tests.builders import BERLIN, WHERE, WORDING, at, correspondence, line_facts, order_facts, told_thread

BASE = line_facts(expected_on=date(2026, 6, 12), expected_confirmed=True)
DUE = NextCheckpoint(due_at=at(27, 10), promised_as=PromisedAs.DAY, set_by=SetBy.CADENCE)
BY_PERSON = replace(DUE, set_by=SetBy.PERSON)
MOMENT = NextCheckpoint(due_at=at(27, 20), promised_as=PromisedAs.MOMENT, set_by=SetBy.PERSON)
SHIPPING = replace(DUE, due_at=at(22, 10), shipping_step=True)
NAMELESS = Person(name="Nobody")
LATER = {"expected_on": date(2026, 6, 26)}
CONFIRMED = {"confirmed_at": at(26, 9)}


def order(*changed, name="B-1042", base=BASE):
    """An order whose lines differ from the base by what is given; one line if nothing is."""
    lines = [replace(base, **one) for one in changed] or [base]
    return replace(order_facts(*lines), order=name)


def heard(now=None, checkpoint=DUE, told=None, accepted=None, **more):
    """A thread whose buyer was told the base facts on Wednesday the 20th at 9:15, with other facts now."""
    return told_thread(now or order(), told or order(), checkpoint, accepted or at(20, 9, 15), **more)


def ended(*, now, told):
    """A thread whose case the last mail closed."""
    one = heard(order(now), told=order(told))
    return replace(one, told=replace(one.told, closed=True, checkpoint=None), promise=None)


def until(moment):
    """A settle window that ends at a moment."""
    return Window(first_at=moment - timedelta(minutes=15), ends_at=moment)


def planned(*threads, now, where=WHERE, rhythm=DEFAULT, **more):
    return plan(correspondence(*threads, **more), rhythm, where, WORDING, now)


def clock(moment):
    if moment is None:
        return "never"
    shown = moment.astimezone(ZoneInfo(BERLIN))
    exact = shown.strftime(".%f") if shown.microsecond else ""
    return shown.strftime("%d.%m. %H:%M") + (shown.strftime(":%S") + exact if shown.second or exact else "")


def said(made):
    """Give a plan as lines: mails with their sections, verdicts and why, tasks, calls, misses, the alarm."""
    lines = [line for mail in made.updates for line in _mail(mail)]
    for _, verdict in made.verdicts:
        about = f" ({verdict.weight}: {', '.join(verdict.changes)})" if verdict.weight else ""
        lines += [f"{verdict.action} {verdict.rule} until {clock(verdict.until)}{about}", f"  {verdict.why[:90]}"]
    for one in made.obligations:
        due = f", due {clock(one.due_at)}" if one.due_at else ""
        lines.append(f"task {one.code} ({one.key[:3].strip('/')}) to {one.recipient} at {clock(one.at)}{due}")
    lines += [f"call {one.key}: {mail.kind}" for one, mail in made.by_phone]
    lines += [f"missed {thread}" for thread in made.missed]
    return [*lines, f"wakes {clock(made.wake_at)}"]


def _mail(mail):
    yield f"mail {mail.kind}"
    for one in mail.sections:
        flags = ("promised", "news", "confirmed", "closing", "handed_over", "merged")
        words = [one.rule, one.kind.value, one.weight or "", *(flag for flag in flags if getattr(one, flag))]
        yield f"  {one.order}/{','.join(one.listed)} {' '.join(word for word in words if word)}"
        yield f"    {', '.join(change.name for change in one.changes) or 'no change'}"
        then = [f"next {clock(one.checkpoint.due_at)}" if one.checkpoint else "closed"]
        then += [f"replaces {clock(one.replaces_at)}"] if one.replaces_at else []
        then += [f"reminds of {clock(one.reminded_for)}"] if one.reminded_for else []
        then += [f"under review {','.join(sorted(one.under_review))}"] if one.under_review else []
        yield f"    {'; '.join(then)}"
