"""What single events do to a line beyond its plain figures (R1, R5, R6)."""

from datetime import date
from decimal import Decimal

import pytest

from schedules.events import Person, grant_event, replacement_event, typed
from schedules.fold import FIELDS, _reason, applied, fold
from schedules.kinds import Cause, Choice, Outcome
from tests.builders import at, core_event, line_facts, of_line, opened, opening

D = Decimal


def facts(*events):
    return fold([opened(), *events]).facts


def event(kind, day, hour=9, **data):
    return core_event(kind, at(day, hour), **of_line(**data))


def granted(units, day=21, item="BX-120", grant="7"):
    return grant_event(grant, item, D(units), at(day))


def test_r5_a_grant_makes_units_ready():
    found = facts(granted(15))

    assert (found.available, found.granted, found.delayed) == (D(95), D(15), D(25))


@pytest.mark.parametrize(
    ("events", "left", "available"),
    [
        pytest.param([event("line.cancelled", 20, 12, units=30, by="x")], {"7": D(10)}, 90, id="a late cancellation"),
        pytest.param([event("line.changed", 22, ordered=100)], {"7": D(20)}, 100, id="an order lowered later"),
        pytest.param([event("line.changed", 22, sku="Z")], {"7": D(0)}, 80, id="another item from now on"),
        pytest.param([event("line.cancelled", 22, units=10, by="x")], {"7": D(30)}, 110, id="ready units cancelled"),
        pytest.param([event("backorder.closed", 20, 12, outcome="adjusted")], {"7": D(0)}, 80, id="closed before"),
    ],
)
def test_r5_a_grant_that_became_too_large_is_trimmed(events, left, available):
    folded = fold([opened(), granted(40), *events])

    assert (dict(folded.trimmed), folded.facts.available) == (left, D(available))


def test_r5_the_latest_grant_gives_back_first():
    folded = fold([opened(), granted(20), granted(20, 22, grant="8"), event("line.changed", 23, ordered=95)])

    assert dict(folded.trimmed) == {"8": D(0), "7": D(15)}


def test_r5_what_the_latest_grant_covers_leaves_the_earlier_ones_alone():
    folded = fold([opened(), granted(20), granted(20, 22, grant="8"), event("line.changed", 23, ordered=115)])

    assert dict(folded.trimmed) == {"8": D(15)}


def test_an_event_that_waits_has_a_reason_or_it_is_a_fault_of_ours():
    state = {name: getattr(line_facts(), name) for name in FIELDS}

    with pytest.raises(AssertionError, match="waits although it can be applied"):
        _reason(state, event("stock.cleared", 21))


def test_r5_a_grant_of_another_item_gives_nothing():
    folded = fold([opened(), granted(15, item="Z")])

    assert (dict(folded.trimmed), folded.facts.available) == ({"7": D(0)}, D(80))


def test_r5_a_restated_opening_keeps_what_was_granted_and_another_figure_replaces_it():
    again, other = (core_event("backorder.opened", at(22), 9, **opening(available=n)) for n in (80, 90))

    assert facts(granted(15), again).available == D(95)
    assert (facts(granted(15), other).available, facts(granted(15), other).granted) == (D(90), D(0))


def test_a_line_that_another_stands_for_is_substituted():
    assert facts(replacement_event(event("backorder.opened", 22, line="2"))).closed is Outcome.SUBSTITUTED


def test_r6_more_cancelled_than_there_is_waits_with_the_reason():
    (waiting,) = fold([opened(), event("line.cancelled", 21, units=121, by="x")]).waiting

    assert waiting.reason == "121 units to cancel are more than the 120 not shipped yet"


def test_r1_an_event_of_a_line_not_opened_yet_gives_no_facts():
    assert fold([event("stock.cleared", 21)]).facts is None


def test_r6_an_opening_whose_figures_do_not_add_up_holds_what_follows():
    folded = fold([opened(available=130), event("stock.cleared", 21)])

    assert folded.facts is None
    assert [one.reason for one in folded.waiting][1] == "the opening of this line does not add up yet"


def test_an_event_for_an_item_speaks_only_of_its_lines():
    own = core_event("production.changed", at(21), 1, seller="bergmann", sku="BX-120", expected_on="2026-06-05")
    other = core_event("production.changed", at(22), 2, seller="bergmann", sku="Z", expected_on="2026-06-25")

    assert facts(own, other).expected_on == date(2026, 6, 5)


def test_what_changes_no_line_changes_nothing():
    assert facts(core_event("buyer.told", at(21), seller="bergmann", order="B-1042", by="x")) == facts()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"cause": "transport"}, (Cause.TRANSPORT, None, None)),
        ({"cause": "inspection_hold", "reason_text": "Fine"}, (Cause.INSPECTION_HOLD, None, "Fine")),
        ({"reason": "transport"}, (Cause.INSPECTION_HOLD, "transport", None)),
    ],
)
def test_r31_a_new_cause_forgets_the_old_reason(data, expected):
    found = facts(event("line.changed", 21, **data))

    assert (found.cause, found.reason, found.reason_text) == expected


def test_r38_an_approval_completes_the_decision_it_repeats():
    by = {"name": "Purchasing", "role": "buyer"}
    asked = event("decision.requested", 20, 12, choices=["split", "cancel"], decide_by="2026-05-29")
    made = event("decision.recorded", 21, choice="split", by=by)
    found = facts(asked, made, event("split.approved", 22, units=40, by="Desk"))

    assert (found.decision.choice, found.decision.units, found.decision.approved) == (Choice.SPLIT, D(40), True)
    assert (found.decision.by, found.decision.role, found.decision_needed) == ("Purchasing", "buyer", False)
    assert facts(asked).decide_by == date(2026, 5, 29)


def test_r49_an_opening_that_was_told_before_brings_its_checkpoint_along():
    told = {"at": "2026-05-18T09:00:00+02:00", "next_checkpoint": "2026-05-27"}
    found = fold([opened(told=told)]).facts

    assert (found.next_checkpoint, found.checkpoint_set_at) == (date(2026, 5, 27), at(18))


def test_r38_another_decision_takes_its_place():
    by = {"email": "p@muster.example.com", "role": "buyer"}
    found = facts(
        event("decision.recorded", 21, choice="wait", by=by), event("decision.approved", 22, choice="cancel", by="D")
    )

    assert (found.decision.choice, found.decision.by, found.decision.role) == (Choice.CANCEL, "D", "seller")


def test_one_event_on_top_of_facts_is_the_fold_with_it():
    base = line_facts()
    later = core_event("production.changed", at(22), 1, seller="bergmann", sku="BX-120", expected_on="2026-06-05")

    assert applied(base, later) == facts(later)
    assert applied(base, event("stock.allocated", 22, available=500)) is None


def test_names_and_floats_become_typed_values():
    given = typed({"owner": "a@b.example", "units": 2.5, "told": {"at": "2026-05-20T09:00:00Z"}, "from": "a@b.example"})

    assert given["owner"] == Person(email="a@b.example")
    assert (given["units"], given["told"]["at"].tzinfo is not None, given["from"]) == (D("2.5"), True, "a@b.example")
