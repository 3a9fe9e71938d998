"""What a planning review proposes, and the numbers it gives for it (R42, R43)."""

import pytest

from schedules.lessons import ItemSeen, OwnerSeen, Propose, propose

CASES = [
    (ItemSeen(sku="A", open_lines=2, listing="ready"), Propose.LISTING, "its listing says ready, and 2 open lines"),
    (ItemSeen(sku="A", open_lines=1, paid_clicks=12), Propose.ADS, "12 paid clicks in 7 days, and 1 open line of it"),
    (
        ItemSeen(sku="A", surprises=1, days_delayed=1),
        Propose.REORDER,
        "short again once within 60 days, delayed for 1 day",
    ),
    (ItemSeen(sku="A", surprises=3, days_delayed=6), Propose.REORDER, "short again 3 times within 60 days"),
    (ItemSeen(sku="A", on_top=3), Propose.APPROVAL, "3 orders were accepted in the last two weeks"),
    (ItemSeen(sku="A", lessons={Propose.PLANNING: 2}), Propose.PLANNING, "the owners of 2 closed cases said so"),
]


@pytest.mark.parametrize(("item", "kind", "words"), CASES, ids=[f"{kind}-{n}" for n, (_, kind, _) in enumerate(CASES)])
def test_r42_a_pattern_is_proposed_with_the_numbers_that_speak_for_it(item, kind, words):
    (found,) = propose([item])

    assert (found.kind, found.sku, found.subject) == (kind, "A", "sku/A")
    assert found.because.startswith(words)


@pytest.mark.parametrize(
    "item",
    [
        ItemSeen(sku="A", open_lines=9),
        ItemSeen(sku="A", open_lines=9, listing="backorder"),
        ItemSeen(sku="A", listing="ready", paid_clicks=99),
        ItemSeen(sku="A", on_top=2, lessons={Propose.ADS: 1}),
    ],
    ids=["only open", "listed as backorder", "nothing delayed", "too few"],
)
def test_r42_nothing_is_proposed_without_a_pattern(item):
    assert propose([item]) == ()


def test_r42_what_speaks_for_the_same_twice_is_one_proposal():
    seen = ItemSeen(sku="A", open_lines=2, units_delayed="40", listing="ready", lessons={Propose.LISTING: 4})
    (found,) = propose([seen])

    assert found.because == (
        "its listing says ready, and 2 open lines of it are delayed; the owners of 4 closed cases said so"
    )
    assert found.weight == 4
    assert found.numbers == {"open_lines": 2, "units_delayed": "40", "listing": "ready"}


def test_r43_more_than_fifty_open_cases_with_paid_clicks_propose_slower_ads():
    crowd = [OwnerSeen(name="Order desk North", cases=51), OwnerSeen(name="Order desk South", cases=50)]
    (found,) = propose([], crowd)

    assert (found.kind, found.subject) == (Propose.ADS, "owner/Order desk North")
    assert found.because == "51 open cases with paid clicks are with one person; the limit is 50"
    assert found.numbers == {"cases": 51, "limit": 50}


def test_the_weightiest_proposal_stands_first():
    items = [ItemSeen(sku=sku, open_lines=lines, listing="ready") for sku, lines in (("A", 1), ("B", 7), ("C", 7))]

    assert [one.sku for one in propose(items)] == ["B", "C", "A"]
