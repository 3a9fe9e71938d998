"""What must hold at any moment, asked of the tables."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

from sqlalchemy import text

from schedules.changes import TABLE, Name
from schedules.correspondence import Told
from schedules.facts import LineFacts
from schedules.kinds import Weight
from worker.places import calendars_of
from worker.storage.codec import decode
from worker.storage.orders import sellers
from worker.usecases.moments import Moments
from worker.usecases.refold import Refold

ASKED_FOR_EVERY_CHANGE = text(
    "select count(*) from event where type = 'buyer.preferred' and body like '%every_change%'"
)


def grants_and_pool_make_up_what_was_received(connection, _now):
    received = connection.execute(
        text(
            "select sku, sum((body::jsonb #>> '{data,units}')::numeric) as units from event where "
            "type = 'stock.received' group by 1"
        )
    )
    dealt = dict(
        connection.execute(
            text("select j.sku, sum(g.units) from stock_grant g join sku_job j on j.id = g.job_id group by 1")
        ).all()
    )
    pool = dict(connection.execute(text("select sku, units from sku_pool")).all())
    for row in received:
        assert dealt.get(row.sku, Decimal(0)) + pool.get(row.sku, Decimal(0)) == row.units, row.sku


def stored_facts_are_the_fold_of_the_events(connection, now):
    before = {
        row.id: decode(LineFacts, row.facts)
        for row in connection.execute(text("select id, facts from line where delayed > 0"))
    }
    keys = [
        (row.seller_id, row.order_no, row.line_no)
        for row in connection.execute(text("select * from line where delayed > 0"))
    ]
    if not keys:
        return
    refold = Refold(connection, Moments(now), sellers(connection, ["bergmann"]))
    refold.run([], again=keys)
    after = {row.id: row.facts for thread in refold.threads.values() for row in thread.lines.values()}
    for line_id, facts in before.items():
        assert after[line_id] == facts


def figures_add_up(connection, _now):
    for row in connection.execute(text("select facts, ordered, available, shipped, cancelled, delayed from line")):
        facts = decode(LineFacts, row.facts)
        assert (facts.ordered, facts.available, facts.delayed) == (row.ordered, row.available, row.delayed)
        assert facts.granted <= facts.available


def no_open_promise_on_a_closed_thread_or_with_a_former_contact(connection, _now):
    rows = connection.execute(
        text(
            "select t.told, t.leaving, p.due_at, p.kept_until from promise p join thread t on "
            "t.id = p.thread_id where p.outcome = 'open'"
        )
    )
    for row in rows:
        assert row.told is None or not decode(Told, row.told).closed
        assert not row.leaving or row.due_at <= _now


def a_promise_that_ran_out_is_missed(connection, now):
    late = connection.execute(
        text("select count(*) from promise where outcome = 'open' and kept_until < :now"), {"now": now}
    )
    assert late.scalar_one() == 0


def a_missed_promise_was_written_down(connection, _now):
    missed = connection.execute(text("select count(*) from promise where outcome = 'missed'")).scalar_one()
    shown = connection.execute(
        text("select count(*) from decision where action in ('missed', 'undelivered')")
    ).scalar_one()
    assert shown >= missed


def the_journal_has_no_two_equal_neighbours(connection, _now):
    rows = defaultdict(list)
    for row in connection.execute(
        text(
            "select * from decision where thread_id is not null and action in ('waiting', 'held', "
            "'not_needed') order by id"
        )
    ):
        rows[row.thread_id].append((row.action, row.rule, row.until, row.facts_rev, row.told_rev, row.why))
    for decisions in rows.values():
        assert all(one != other for one, other in pairwise(decisions))


def nobody_sees_another_contacts_order(connection, _now):
    wrong = connection.execute(
        text(
            "select count(*) from mail m join mail_thread mt on mt.mail_id = m.id join thread t on t.id = mt.thread_id"
            " where t.correspondence_id <> m.correspondence_id"
        )
    )
    assert wrong.scalar_one() == 0
    for row in connection.execute(
        text("select m.recipient, c.address_key from mail m join correspondence c on c.id = m.correspondence_id")
    ):
        assert row.recipient.casefold() == row.address_key


def every_mail_passed_its_checklist(connection, _now):
    for row in connection.execute(text("select checklist from mail where audience = 'buyer'")):
        assert set(row.checklist.values()) == {"ok"}


def every_mail_had_a_reason(connection, _now):
    for row in connection.execute(
        text("select mt.section from mail_thread mt join mail m on m.id = mt.mail_id where m.state = 'sent'")
    ):
        section = row.section
        material = any(TABLE[Name(change["name"])].weight is not Weight.MINOR for change in section["changes"])
        every = connection.execute(ASKED_FOR_EVERY_CHANGE).scalar_one()
        assert (
            material
            or section["promised"]
            or section.get("reminded_for")
            or section["kind"] == "contact-changed"
            or every
            or section["merged"]
        )


def mails_keep_sending_hours(connection, _now):
    where = calendars_of(connection.execute(text("select profile from seller")).scalar_one(), {})
    rows = connection.execute(
        text("select m.accepted_at, m.promised from mail m where m.audience = 'buyer' and m.state = 'sent'")
    )
    for row in rows:
        assert where.sending.contains(row.accepted_at) or row.promised


def two_mails_of_a_thread_keep_two_hours(connection, _now):
    if connection.execute(ASKED_FOR_EVERY_CHANGE).scalar_one():
        return
    replaced = set(
        connection.execute(
            text("select mt.thread_id from mail_thread mt join mail m on m.id = mt.mail_id where m.state = 'replaced'")
        ).scalars()
    )
    mails = defaultdict(list)
    for row in connection.execute(
        text(
            "select mt.thread_id, m.accepted_at, mt.section from mail_thread mt join mail m on m.id = mt.mail_id"
            " where m.state = 'sent' and m.audience = 'buyer' order by m.accepted_at, m.id"
        )
    ):
        if row.thread_id not in replaced:
            mails[row.thread_id].append((row.accepted_at, row.section))
    for sent in mails.values():
        for (earlier, _), (later, section) in pairwise(sent):
            exempt = any(TABLE[Name(change["name"])].gap_exempt for change in section["changes"])
            excused = section["promised"] or exempt or section["merged"] or section.get("reminded_for")
            assert later - earlier >= timedelta(hours=2) or excused, section


def an_open_thread_has_an_alarm(connection, now):
    rows = connection.execute(
        text(
            "select c.wake_at, c.parked, t.id, t.order_no from thread t join correspondence c "
            "on c.id = t.correspondence_id"
            " join promise p on p.thread_id = t.id and p.outcome = 'open'"
        )
    )
    for row in rows:
        assert row.parked is None
        assert row.wake_at is not None, row.order_no
        assert row.wake_at > now, row.order_no


def what_a_closed_buyer_was_told_is_true(connection, _now):
    rows = connection.execute(text("select t.told, t.id from thread t where t.told is not null and not t.leaving"))
    for row in rows:
        told = decode(Told, row.told)
        if not told.closed:
            continue
        lines = {line.line: line for line in told.facts.lines}
        for one in connection.execute(text("select facts from line where thread_id = :id"), {"id": row.id}):
            facts = decode(LineFacts, one.facts)
            known = lines.get(facts.line)
            assert facts.delayed or known is None or known.delayed == facts.delayed or known.closed == facts.closed


CHECKS = (
    grants_and_pool_make_up_what_was_received,
    stored_facts_are_the_fold_of_the_events,
    figures_add_up,
    no_open_promise_on_a_closed_thread_or_with_a_former_contact,
    a_promise_that_ran_out_is_missed,
    a_missed_promise_was_written_down,
    the_journal_has_no_two_equal_neighbours,
    nobody_sees_another_contacts_order,
    every_mail_passed_its_checklist,
    every_mail_had_a_reason,
    mails_keep_sending_hours,
    two_mails_of_a_thread_keep_two_hours,
    an_open_thread_has_an_alarm,
    what_a_closed_buyer_was_told_is_true,
)
"""Each is asked after every step."""
