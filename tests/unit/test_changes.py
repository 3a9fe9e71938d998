from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from schedules.changes import TABLE, Name, changes
from schedules.kinds import Cause, Kind, Outcome, Outlook, Weight
from tests.builders import WHERE, line_facts, order_facts

BASE = line_facts(expected_on=date(2026, 6, 5), expected_confirmed=True)


def found(told, now):
    return changes(order_facts(told), order_facts(now), WHERE.common)


@pytest.mark.parametrize(
    ("changed", "name", "weight", "kind"),
    [
        pytest.param({"available": Decimal(90)}, Name.RELEASED, Weight.NOTABLE, Kind.PARTIAL_RELEASE, id="10 of 40"),
        pytest.param(
            {"available": Decimal(83)}, Name.RELEASED_LITTLE, Weight.MINOR, Kind.PARTIAL_RELEASE, id="3 of 40"
        ),
        pytest.param(
            {"available": Decimal(84)}, Name.RELEASED, Weight.NOTABLE, Kind.PARTIAL_RELEASE, id="exactly 10 %"
        ),
        pytest.param(
            {"available": Decimal(70)}, Name.TAKEN_BACK, Weight.DECISIVE, Kind.UNITS_TAKEN_BACK, id="taken back"
        ),
        pytest.param({"available": Decimal(120)}, Name.ALL_READY, Weight.DECISIVE, Kind.STOCK_CLEARED, id="all ready"),
        pytest.param(
            {"available": Decimal(0), "shipped": Decimal(120)},
            Name.ALL_SETTLED,
            Weight.DECISIVE,
            Kind.FINAL_NOTE,
            id="all shipped",
        ),
        pytest.param(
            {"expected_on": date(2026, 6, 9)},
            Name.DATE_LATER,
            Weight.DECISIVE,
            Kind.PRODUCTION_CHANGED,
            id="2 days later",
        ),
        pytest.param(
            {"expected_on": date(2026, 6, 8)},
            Name.DATE_SLIPPED_LITTLE,
            Weight.NOTABLE,
            Kind.PRODUCTION_CHANGED,
            id="Friday to Monday is one business day",
        ),
        pytest.param(
            {"expected_on": date(2026, 6, 3)}, Name.DATE_EARLIER, Weight.NOTABLE, Kind.PRODUCTION_CHANGED, id="earlier"
        ),
        pytest.param(
            {"expected_on": date(2026, 6, 4)},
            Name.DATE_EARLIER_LITTLE,
            Weight.MINOR,
            Kind.PRODUCTION_CHANGED,
            id="a day",
        ),
        pytest.param({"expected_on": None}, Name.DATE_LOST, Weight.DECISIVE, Kind.PRODUCTION_CHANGED, id="lost"),
        pytest.param({"passed": True}, Name.DATE_PASSED, Weight.DECISIVE, Kind.PRODUCTION_CHANGED, id="passed"),
        pytest.param(
            {"expected_confirmed": False},
            Name.DATE_UNCONFIRMED,
            Weight.MINOR,
            Kind.PRODUCTION_CHANGED,
            id="unconfirmed",
        ),
        pytest.param(
            {"cause": Cause.TRANSPORT}, Name.CAUSE_CHANGED, Weight.NOTABLE, Kind.PRODUCTION_CHANGED, id="cause"
        ),
        pytest.param(
            {"ordered": Decimal(150)}, Name.ORDERED_RAISED, Weight.NOTABLE, Kind.PRODUCTION_CHANGED, id="raised"
        ),
        pytest.param(
            {"ordered": Decimal(110)}, Name.ORDERED_LOWERED, Weight.MINOR, Kind.PRODUCTION_CHANGED, id="lowered"
        ),
        pytest.param(
            {"outlook": Outlook.CANNOT_FULFIL},
            Name.CANNOT_FULFIL,
            Weight.DECISIVE,
            Kind.PRODUCTION_CHANGED,
            id="cannot",
        ),
        pytest.param({"cancelled": Decimal(10)}, Name.CANCELLED, Weight.DECISIVE, Kind.LINE_CANCELLED, id="cancelled"),
        pytest.param(
            {"decision_needed": True}, Name.DECISION_NEEDED, Weight.DECISIVE, Kind.DECISION_NEEDED, id="decide"
        ),
        pytest.param(
            {"shipped": Decimal(80), "available": Decimal(0)},
            Name.SHIPPED,
            Weight.MINOR,
            Kind.PARTIAL_RELEASE,
            id="shipped",
        ),
    ],
)
def test_each_change_has_the_weight_and_kind_of_the_table(changed, name, weight, kind):
    first = found(BASE, replace(BASE, **changed))[0]

    assert (first.name, first.row.weight, first.row.kind) == (name, weight, kind)


def test_the_table_says_something_of_every_change():
    assert set(TABLE) == set(Name)


def test_no_difference_is_no_change():
    assert found(BASE, BASE) == ()


def test_a_date_given_for_the_first_time_is_notable():
    assert found(replace(BASE, expected_on=None, expected_confirmed=False), BASE)[0].name is Name.DATE_GIVEN


def test_small_moves_add_up_because_told_is_what_the_mail_said():
    once = found(BASE, replace(BASE, available=Decimal(83)))
    twice = found(BASE, replace(BASE, available=Decimal(86)))

    assert (once[0].row.weight, twice[0].row.weight) == (Weight.MINOR, Weight.NOTABLE)


def test_a_thread_opens_decisively_only_while_something_is_delayed():
    assert changes(None, order_facts(BASE), WHERE.common)[0].name is Name.CASE_OPENED
    assert changes(None, order_facts(replace(BASE, available=Decimal(120))), WHERE.common) == ()


def test_one_of_several_lines_is_notable():
    other = replace(BASE, line="2")
    told, now = order_facts(BASE, other), order_facts(BASE, replace(other, available=Decimal(120)))

    first = changes(told, now, WHERE.common)[0]

    assert (first.name, first.row.weight) == (Name.LINE_CLEARED, Weight.NOTABLE)


def test_a_later_line_is_told_as_a_notable_first_notice():
    first = changes(order_facts(BASE), order_facts(BASE, replace(BASE, line="2")), WHERE.common)[0]

    assert (first.name, first.row.weight, first.row.kind) == (Name.LINE_OPENED, Weight.NOTABLE, Kind.FIRST_NOTICE)


def test_units_delayed_again_reopen_a_cleared_case_decisively():
    ready = replace(BASE, available=Decimal(120))
    names = [change.name for change in found(ready, replace(BASE, available=Decimal(100)))]

    assert names[:2] == [Name.TAKEN_BACK, Name.REOPENED]


def test_a_closed_line_says_how_it_ended():
    closed = replace(BASE, closed=Outcome.SUBSTITUTED)
    names = [change.name for change in found(BASE, closed)]

    assert names == [Name.ALL_SETTLED, Name.LINE_CLOSED]
