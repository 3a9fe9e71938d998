"""Quantities, moments, calendars and people: what is allowed, and what is said of the rest (R6, R15, R16)."""

from dataclasses import replace
from datetime import UTC, date, timedelta
from decimal import Decimal

import pytest

from schedules.businessdays import Calendar, NoBusinessDayError
from schedules.correspondence import Absence, Team
from schedules.events import Person
from schedules.gates import MOST_ROUNDS, opening
from schedules.kinds import OwnerKind
from schedules.moments import aware
from schedules.obligations import Code, Obligation, Recipient, warning_time
from schedules.planner import _missed_obligations, _section, look
from schedules.quantities import QuantityError, plain, quantity
from schedules.rhythm import DEFAULT
from schedules.scene import scene_of
from tests.builders import BERLIN, ESCALATION, OWNER, WHERE, WORDING, at, correspondence, thread
from tests.unit.plans import ended
from tests.unit.test_rhythm import ahead


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (True, "found bool"),
        (1.5, "found float"),
        ("many", "not a number"),
        ("NaN", "finite"),
        ("-1", "0 or more"),
        ("1000000000001", "at most that"),
        ("1.0005", "3 decimal places"),
    ],
)
def test_r6_what_is_no_quantity_says_what_is_allowed(value, said):
    with pytest.raises(QuantityError, match="allowed") as fault:
        quantity(value)

    assert said in str(fault.value)


@pytest.mark.parametrize(
    ("value", "number"),
    [(0, "0"), ("40.500", "40.5"), (Decimal("1e3"), "1000"), ("0.125", "0.125"), (10**12, f"1{'0' * 12}")],
)
def test_r6_quantities_are_exact_and_written_plainly(value, number):
    assert plain(quantity(value)) == number


def test_r16_a_moment_without_a_zone_is_refused_at_birth():
    with pytest.raises(ValueError, match="has no zone"):
        aware(at(20).replace(tzinfo=None))

    assert aware(at(20)).tzinfo is UTC


def test_r15_a_calendar_without_any_business_day_is_a_fault_that_is_named():
    never = Calendar(weekend=frozenset(range(7)))

    with pytest.raises(NoBusinessDayError, match="no business day"):
        never.on_or_after(date(2026, 5, 20))
    with pytest.raises(NoBusinessDayError, match="no business day"):
        never.on_or_before(date(2026, 5, 20))


def test_r26_gates_that_never_come_to_rest_are_a_fault_that_is_named():
    restless = (("R22", lambda moment, _: moment + timedelta(minutes=1)),)

    with pytest.raises(AssertionError, match=f"did not settle .* within {MOST_ROUNDS} rounds"):
        opening(at(20), ahead(), restless)


DEPUTY = Person(name="Deputy", email="deputy@bergmann.example.com")


def absence(since, until, deputy=DEPUTY):
    return Absence(owner=OWNER.email, deputy=deputy, since=since, until=until)


@pytest.mark.parametrize(
    ("away", "moment", "stands_in"),
    [
        pytest.param(absence(date(2026, 5, 20), date(2026, 5, 22)), at(22, 23), True, id="up to and with the last day"),
        pytest.param(absence(date(2026, 5, 20), date(2026, 5, 22)), at(23, 0), False, id="the day after"),
        pytest.param(absence(date(2026, 5, 20), date(2026, 5, 22)), at(19, 23), False, id="the day before"),
        pytest.param(absence(at(20, 12), at(22, 12)), at(20, 12), True, id="from the moment"),
        pytest.param(absence(at(20, 12), at(22, 12)), at(20, 11, 59), False, id="a minute before"),
        pytest.param(absence(at(20, 12), at(22, 12)), at(22, 12), True, id="to the moment"),
        pytest.param(absence(at(20, 12), at(22, 12)), at(22, 12, 1), False, id="a minute after"),
    ],
)
def test_a_deputy_stands_in_while_the_owner_is_away(away, moment, stands_in):
    team = Team(default_owner=OWNER, escalation=ESCALATION, zone=BERLIN, absences=(away,))

    assert team.present(OWNER, moment) == (DEPUTY if stands_in else OWNER)
    assert team.present(ESCALATION, moment) == ESCALATION


def test_the_latest_word_on_an_absence_counts():
    first = absence(date(2026, 5, 20), date(2026, 5, 22), deputy=ESCALATION)
    team = Team(default_owner=OWNER, escalation=ESCALATION, zone=BERLIN, absences=(first, absence(at(20), at(21))))

    assert team.present(OWNER, at(20, 12)) == DEPUTY


@pytest.mark.parametrize(
    ("moment", "cause", "told"),
    [
        pytest.param(at(20, 12), at(20, 9), at(20, 12), id="in working hours"),
        pytest.param(at(21, 7), at(20, 9), at(20, 16), id="else in the hour before"),
        pytest.param(at(21, 7), at(20, 17), at(21, 9), id="or in the next, if that lies before its cause"),
    ],
)
def test_r10_a_warning_keeps_the_owners_working_hours(moment, cause, told):
    assert warning_time(moment, cause, WHERE.working) == told


def test_every_code_has_a_kind_of_mail():
    made = [Obligation(code=code, recipient=Recipient.OWNER, order="B", key="k", at=at(20)).kind for code in Code]

    assert set(made) == set(OwnerKind)


def test_what_cannot_be_is_said_where_it_would_happen():
    scene = scene_of(ended(now={}, told={}), correspondence(thread()), WHERE, DEFAULT, WORDING, at(21))

    assert _missed_obligations(replace(scene, thread=thread())) == ()
    with pytest.raises(AssertionError, match="never ready"):
        _section(replace(look(scene), occasion=None))
