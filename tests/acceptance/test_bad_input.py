"""What is wrong in the rules' own terms: each has a verdict, a place where it is seen, and harms no neighbour."""

import pytest

from tests.builders import at
from tests.stories import Story

BUYER = {"name": "Purchasing", "role": "buyer"}
NEIGHBOUR = {"order": "B-2", "buyer": {"company": "Polder", "contact": {"email": "desk@polder.example.com"}}}
ASKS = {"choices": ["wait", "split"], "decision_needed": True}


def decided(story, hour=9, **data):
    return story.line("decision.recorded", at(21, hour), by=BUYER, **data)


def unknown_country():
    return Story().opened(buyer={"company": "Muster", "contact": {"email": "a@b.example.com", "country": "ZZ"}})


def unknown_region():
    contact = {"email": "a@b.example.com", "country": "DE", "region": "QQ"}
    return Story().opened(buyer={"company": "Muster", "contact": contact})


def unknown_contact():
    data = {"seller": "bergmann", "contact": "nobody@muster.example.com", "updates": "every_change"}
    return Story().opened().then("buyer.preferred", at(20, 10), **data)


def closed_line():
    return decided(Story().opened().line("backorder.closed", at(20, 12), outcome="fulfilled"), choice="wait")


def unknown_line():
    data = {"seller": "bergmann", "order": "B-1042", "line": "9", "choice": "wait", "by": BUYER}
    return Story().opened().then("decision.recorded", at(21, 9), **data)


def decided_before():
    return decided(decided(Story().opened(**ASKS), choice="wait"), hour=10, choice="split")


def split_of_more():
    return decided(Story().opened(**ASKS), choice="split", units=100)


def owner_without_address():
    return Story().opened(owner={"name": "Order desk"})


@pytest.mark.parametrize(
    ("story", "verdict", "said"),
    [
        pytest.param(unknown_country(), "rejected", "country: found ZZ", id="a country nobody knows"),
        pytest.param(unknown_region(), "rejected", "region: found QQ", id="a region nobody knows"),
        pytest.param(unknown_contact(), "waiting", "no order of this contact", id="preference of an unknown contact"),
        pytest.param(closed_line(), "rejected", "closed (fulfilled)", id="decision for a closed line"),
        pytest.param(unknown_line(), "waiting", "not opened yet", id="decision for an unknown line"),
        pytest.param(decided_before(), "rejected", "wait, which was chosen already", id="decided already"),
        pytest.param(
            split_of_more(), "rejected", "at most the 80 that are available", id="a split of more than there is"
        ),
        pytest.param(owner_without_address(), "rejected", "owner.email: found nothing", id="an owner without address"),
    ],
)
def test_r6_what_is_wrong_has_a_verdict_with_its_reason_and_harms_no_neighbour(tmp_path, story, verdict, said):
    told = story.opened(at(21, 11), **NEIGHBOUR).told(tmp_path, at(22, 18))

    details = told.summary["events"]["details"]
    assert [one["verdict"] for one in details] == [verdict]
    assert any(said in reason for reason in details[0]["reasons"])
    assert told.kinds("B-2") == ["first-notice"]


def test_r1_an_opening_again_with_other_figures_is_a_correction_and_one_mail_says_the_new_ones(tmp_path):
    story = Story().opened().opened(at(20, 9, 5), ordered=200, available=10)
    told = story.told(tmp_path, at(20, 18))

    assert told.kinds() == ["first-notice"]
    assert "190 of 200" in told.mails[0]["Subject"]


def test_r11_an_order_of_two_thousand_lines_is_one_mail_with_every_line_in_its_file(tmp_path):
    story = Story()
    for number in range(2000):
        story.opened(at(20, 9), line=str(number + 1))
    told = story.told(tmp_path, at(20, 18))
    (attached,) = told.mails[0].iter_attachments()

    assert told.kinds() == ["first-notice"]
    assert len(told.text(0)) < 8_000
    assert len(attached.get_content().splitlines()) == 2001
