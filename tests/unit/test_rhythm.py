from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from schedules.cadence import NextCheckpoint, next_checkpoint
from schedules.calendars import due_of
from schedules.correspondence import PastUpdate
from schedules.gates import GATES, Ahead, opening
from schedules.kinds import Kind, PromisedAs, SetBy, Weight
from schedules.promises import KeptBy, Promise, PromiseOutcome, kept_until, settled_by_update
from schedules.rhythm import DEFAULT
from schedules.window import Window, window
from tests.builders import WHERE, at, line_facts, order_facts

HOURS = WHERE.sending


def test_a_window_lasts_fifteen_minutes_after_the_last_change():
    first = window(None, at(20, 9), HOURS, DEFAULT, moved=True, pending=True)
    second = window(first, at(20, 9, 10), HOURS, DEFAULT, moved=True, pending=True)

    assert (first.ends_at, second.ends_at) == (at(20, 9, 15), at(20, 9, 25))
    assert second.first_at == at(20, 9)


def test_a_window_lasts_at_most_an_hour():
    running = Window(first_at=at(20, 9), ends_at=at(20, 10))

    assert window(running, at(20, 9, 55), HOURS, DEFAULT, moved=True, pending=True).ends_at == at(20, 10)


def test_a_window_stays_when_the_changes_do():
    running = Window(first_at=at(20, 9), ends_at=at(20, 9, 15))

    assert window(running, at(20, 9, 5), HOURS, DEFAULT, moved=False, pending=True) is running


def test_a_window_ends_when_nothing_is_left_to_tell():
    running = Window(first_at=at(20, 9), ends_at=at(20, 9, 15))

    assert window(running, at(20, 9, 5), HOURS, DEFAULT, moved=True, pending=False) is None


def test_the_change_after_a_burst_starts_a_new_window():
    over = Window(first_at=at(20, 9), ends_at=at(20, 9, 15))

    assert window(over, at(20, 9, 40), HOURS, DEFAULT, moved=True, pending=True) == Window(at(20, 9, 40), at(20, 9, 55))


def test_the_end_of_sending_hours_cuts_a_window_two_minutes_before():
    assert window(None, at(20, 17, 50), HOURS, DEFAULT, moved=True, pending=True).ends_at == at(20, 17, 58)


def test_in_the_last_two_minutes_a_window_runs_into_the_night():
    assert window(None, at(20, 17, 59), HOURS, DEFAULT, moved=True, pending=True).ends_at == at(20, 18, 14)


def ahead(weight=Weight.DECISIVE, **changed):
    values = {
        "weight": weight,
        "window_ends_at": at(20, 9, 15),
        "thread_last_at": None,
        "contact_last_at": None,
        "checkpoint_at": None,
        "where": WHERE,
        "rhythm": DEFAULT,
    }
    return Ahead(**(values | changed))


@pytest.mark.parametrize(
    ("gate", "moment", "rule"),
    [
        pytest.param(ahead(), at(20, 9, 15), "R22", id="settle window"),
        pytest.param(ahead(thread_last_at=at(20, 8)), at(20, 10), "R21", id="two hours after the thread's last"),
        pytest.param(ahead(thread_last_at=at(20, 8), gap_exempt=True), at(20, 9, 15), "R22", id="exempt from the gap"),
        pytest.param(ahead(replacing=True, thread_last_at=at(20, 8)), at(20, 9), "R20", id="a replacement skips both"),
        pytest.param(
            ahead(Weight.NOTABLE, contact_last_at=at(20, 8)), at(21, 8), "R21", id="a day after the contact's last"
        ),
        pytest.param(
            ahead(Weight.NOTABLE, checkpoint_at=at(21, 8)), at(21, 8), "R23", id="waits for a near checkpoint"
        ),
        pytest.param(
            ahead(Weight.NOTABLE, checkpoint_at=at(22, 10)), at(20, 9, 15), "R22", id="a checkpoint far enough"
        ),
        pytest.param(ahead(window_ends_at=at(20, 19)), at(21, 8), "R24", id="sending hours"),
        pytest.param(
            ahead(Weight.NOTABLE, history=tuple(PastUpdate(at(day, 9), free=True) for day in (14, 15, 18))),
            at(21, 9),
            "R26",
            id="three in a week",
        ),
        pytest.param(
            ahead(Weight.NOTABLE, history=tuple(PastUpdate(at(day, 9), free=False) for day in (14, 15, 18))),
            at(20, 9, 15),
            "R22",
            id="promised ones do not count",
        ),
    ],
)
def test_each_gate_holds_until_its_moment_and_names_its_rule(gate, moment, rule):
    found = opening(at(20, 9), gate)

    assert (found.at, found.rule) == (moment, rule)


def test_the_order_of_the_gates_is_published():
    assert [rule for rule, _ in GATES] == ["R22", "R21", "R21", "R23", "R26", "R24"]


def facts(**changed):
    return order_facts(line_facts(**changed))


@pytest.mark.parametrize(
    ("changed", "quiet", "due", "set_by"),
    [
        pytest.param({}, 0, at(27, 10), SetBy.CADENCE, id="five business days"),
        pytest.param({}, 3, at(3, 10, month=6), SetBy.CADENCE, id="doubled after three without news"),
        pytest.param(
            {"next_checkpoint": date(2026, 6, 1)}, 0, at(1, 10, month=6), SetBy.PERSON, id="somebody set a day"
        ),
        pytest.param(
            {"next_checkpoint": date(2026, 5, 30)}, 0, at(1, 10, month=6), SetBy.PERSON, id="a Saturday moves on"
        ),
        pytest.param({"next_checkpoint": at(22, 15, 30)}, 0, at(22, 15, 30), SetBy.PERSON, id="somebody set a moment"),
        pytest.param({"next_checkpoint": date(2026, 5, 19)}, 0, at(27, 10), SetBy.CADENCE, id="a past one yields"),
        pytest.param(
            {"expected_on": date(2026, 5, 22), "expected_confirmed": True}, 0, at(25, 10), SetBy.CADENCE, id="near date"
        ),
        pytest.param({"expected_on": date(2026, 5, 22)}, 0, at(27, 10), SetBy.CADENCE, id="an estimate does not count"),
        pytest.param(
            {"expected_on": date(2026, 6, 17), "expected_confirmed": True},
            0,
            at(3, 10, month=6),
            SetBy.CADENCE,
            id="far: half",
        ),
        pytest.param(
            {"expected_on": date(2026, 9, 17), "expected_confirmed": True},
            0,
            at(17, 10, month=6),
            SetBy.CADENCE,
            id="at most 20",
        ),
        pytest.param({"available": Decimal(120)}, 0, at(22, 10), SetBy.CADENCE, id="the shipping step: two days"),
    ],
)
def test_the_next_checkpoint_follows_the_cadence_or_somebody(changed, quiet, due, set_by):
    found = next_checkpoint(facts(**changed), at(20), WHERE, DEFAULT, quiet)

    assert (found.due_at, found.set_by) == (due, set_by)


def test_an_order_states_the_earliest_checkpoint_of_its_lines():
    late = line_facts(next_checkpoint=date(2026, 6, 10))
    found = next_checkpoint(order_facts(late, replace(late, line="2", next_checkpoint=None)), at(20), WHERE, DEFAULT)

    assert (found.due_at, found.line) == (at(27, 10), "2")


def test_a_day_means_ten_o_clock_on_a_common_business_day():
    assert due_of(date(2026, 5, 23), WHERE, DEFAULT) == (at(25, 10), PromisedAs.DAY)


def promise(due, promised_as=PromisedAs.DAY):
    checkpoint = NextCheckpoint(due_at=due, promised_as=promised_as, set_by=SetBy.PERSON)
    return Promise(made_at=at(20), checkpoint=checkpoint, kept_until=kept_until(checkpoint, WHERE, DEFAULT))


NEXT = NextCheckpoint(due_at=at(3, 10, month=6), promised_as=PromisedAs.DAY, set_by=SetBy.CADENCE)


@pytest.mark.parametrize(
    ("accepted", "kind", "news", "confirmed", "outcome", "kept_by"),
    [
        pytest.param(at(27, 10), Kind.CHECKPOINT_REVIEW, False, True, PromiseOutcome.KEPT, KeptBy.REVIEW, id="review"),
        pytest.param(
            at(27, 17, 59),
            Kind.PARTIAL_RELEASE,
            True,
            True,
            PromiseOutcome.KEPT,
            KeptBy.NEWS,
            id="news, late in the day",
        ),
        pytest.param(
            at(27, 10), Kind.HOLDING_NOTE, False, False, PromiseOutcome.KEPT, KeptBy.HOLDING_NOTE, id="holding note"
        ),
        pytest.param(
            at(27, 18, 1), Kind.CHECKPOINT_REVIEW, False, True, PromiseOutcome.MISSED, None, id="after the day"
        ),
        pytest.param(at(26, 10), Kind.STOCK_CLEARED, True, True, PromiseOutcome.EARLY, None, id="replaced by news"),
        pytest.param(
            at(26, 10), Kind.CHECKPOINT_REVIEW, False, True, PromiseOutcome.EARLY, None, id="by confirmed facts"
        ),
        pytest.param(
            at(26, 10), Kind.CHECKPOINT_REVIEW, False, False, PromiseOutcome.MOVED, None, id="only the checkpoint"
        ),
    ],
)
def test_a_promise_ends_as_the_update_that_ends_it_says(accepted, kind, news, confirmed, outcome, kept_by):
    found = settled_by_update(promise(at(27, 10)), accepted, NEXT, kind, news=news, confirmed=confirmed)

    assert (found.outcome, found.kept_by) == (outcome, kept_by)


def test_an_update_that_restates_the_checkpoint_leaves_the_promise_open():
    open_one = promise(at(27, 10))

    assert (
        settled_by_update(open_one, at(26, 10), open_one.checkpoint, Kind.PARTIAL_RELEASE, news=True, confirmed=True)
        is None
    )


def test_a_promised_moment_is_kept_for_fifteen_minutes():
    assert promise(at(27, 15), PromisedAs.MOMENT).kept_until == at(27, 15) + timedelta(minutes=15)
