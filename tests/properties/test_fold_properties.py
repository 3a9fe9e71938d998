"""Any order and repetition of a line's events ends in the same facts (R1-R3, R6)."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from schedules.fold import Folded, continued, fold
from schedules.quantities import ZERO
from tests.builders import at, core_event, of_line, opening

FIGURES = st.integers(min_value=0, max_value=150)
DATA = st.one_of(
    st.builds(lambda n: ("stock.allocated", of_line(available=n)), FIGURES),
    st.just(("stock.cleared", of_line())),
    st.builds(lambda n: ("shipment.sent", of_line(shipped=n)), FIGURES),
    st.builds(lambda n: ("line.changed", of_line(ordered=n)), FIGURES),
    st.builds(lambda day: ("production.changed", of_line(expected_on=f"2026-06-{day:02d}")), st.integers(1, 28)),
    st.builds(lambda how: ("backorder.closed", of_line(outcome=how)), st.sampled_from(["fulfilled", "cancelled"])),
    st.builds(lambda n: ("backorder.opened", opening(available=n)), FIGURES),
    st.just(("review.recorded", {"seller": "bergmann", "order": "B-1042", "by": "desk"})),
    st.just(("decision.requested", of_line(choices=["wait", "split"], decide_by="2026-06-09"))),
    st.builds(lambda how: ("decision.recorded", of_line(choice=how)), st.sampled_from(["wait", "split", "cancel"])),
    st.builds(lambda n: ("line.cancelled", of_line(units=n)), FIGURES),
)
MINUTES = st.integers(min_value=-60, max_value=600)


@st.composite
def streams(draw):
    rows = draw(st.lists(st.tuples(MINUTES, DATA), max_size=14))
    return [core_event("backorder.opened", at(20), 0, **opening())] + [
        core_event(kind, at(20) + timedelta(minutes=minute), number, **data)
        for number, (minute, (kind, data)) in enumerate(rows, 1)
    ]


@given(streams(), st.randoms(use_true_random=False))
def test_any_order_of_arrival_ends_in_the_same_facts(events, random):
    shuffled = list(events)
    random.shuffle(shuffled)

    assert fold(shuffled) == fold(events)


@given(streams())
def test_facts_always_add_up_and_no_event_is_lost(events):
    folded = fold(events)
    facts = folded.facts

    if facts is not None:
        assert min(facts.available, facts.shipped, facts.cancelled, facts.delayed) >= ZERO
        assert facts.available + facts.shipped + facts.cancelled <= facts.ordered
    assert {waiting.key for waiting in folded.waiting} <= {event.key for event in events}


@given(streams(), st.lists(st.tuples(MINUTES, DATA), min_size=1, max_size=4))
def test_r1_facts_continued_by_what_follows_are_those_of_the_whole_fold(events, more):
    folded = fold(events)
    if folded.facts is None or folded.waiting:
        return
    later = [
        core_event(kind, at(20) + timedelta(minutes=minute), 100 + number, **data)
        for number, (minute, (kind, data)) in enumerate(more)
    ]

    after = continued(folded.facts, later)

    if after is not None:
        assert fold([*events, *later]) == Folded(after)
