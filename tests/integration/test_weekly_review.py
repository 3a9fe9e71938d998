"""Each seller's planning review leaves once a week, in his people's working hours, with a way to the page (R42)."""

import pytest

from schedules.kinds import OwnerKind
from tests.builders import cloud, seller
from tests.web import site, standing_case
from worker.chores.send_reviews import send_reviews


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    with site("weekly", tmp_path_factory.mktemp("weekly")) as running:
        standing_case(running)
        running.tell(cloud("seller.configured", running.now, seller(seller="quiet", name="Quiet"), "quiet"))
        yield running


def asked(web):
    """Do what the tick does; give how many sellers were looked at."""
    count = 0
    while send_reviews(web.home.parts):
        count += 1
    web.run(hours=2)
    return count


def test_r42_a_review_of_the_weeks_behind_leaves_once_a_week_and_not_to_those_with_nothing_short(web):
    assert (asked(web), asked(web)) == (2, 0)
    (mail,) = web.mails(OwnerKind.PLANNING_REVIEW)
    words = " ".join(mail.get_body(("plain",)).get_content().split())

    assert mail["Subject"] == "Planning review of Bergmann Linear"
    assert "1 backorder in 8 weeks, 1 still open" in words
    assert "By cause: 1 inspection hold." in words
    assert f"{web.home.parts.links.public_url}/review?seller=bergmann" in words
    web.run(days=5)
    assert asked(web) == 2
    web.run(days=3)
    assert len(web.mails(OwnerKind.PLANNING_REVIEW)) == 2
