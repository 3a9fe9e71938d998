"""The planning review: counted right, scoped, quick to decide on; accepted proposals leave as webhooks (R42, R43)."""

import json
import re
from datetime import timedelta

import pytest

from tests.builders import cloud, of_line, opening, seller
from tests.web import KEY, site, standing_case
from worker.chores.call_webhooks import call_webhooks
from worker.delivery.hooks import Reply
from worker.storage import webhooks
from worker.usecases.planning_review import review

SHOP = "https://shop.example.com/hooks"


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    with site("review", tmp_path_factory.mktemp("review")) as running:
        standing_case(running)
        running.tell(cloud("seller.configured", running.now, seller(seller="nordwerk", name="Nordwerk"), "nordwerk"))
        running.run(hours=1)
        running.tell(cloud("shipment.sent", running.now, of_line(shipped=120), "all"))
        running.run(days=14)
        again = [opening(order=f"B-{number}", cause="supplier_timing") for number in (1, 2, 3)]
        running.tell(*[cloud("backorder.opened", running.now, one, one["order"]) for one in again])
        other = opening(order="N-1", seller="nordwerk", sku="GR-9")
        running.tell(cloud("backorder.opened", running.now, other, "n"))
        listed = {"seller": "bergmann", "sku": "BX-120", "listing": "ready", "paid_clicks": 40}
        running.tell(cloud("listing.observed", running.now, listed, "listed"))
        running.run(hours=1)
        for name, more in (("ops", {}), ("looker", {"role": "viewer"}), ("north", {"sellers": ("nordwerk",)})):
            running.user(name, **more)
        with running.home.engine.begin() as connection:
            bergmann = running.value("select id from seller where slug = 'bergmann'")
            webhooks.add_target(connection, bergmann, SHOP, running.now)
        yield running


@pytest.fixture
def ops(web):
    return web.log_in("ops")


def words(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.data.decode()))


def made(web, slugs=None, weeks=8):
    with web.home.engine.connect() as connection:
        return review(connection, slugs, weeks, web.now)


def test_r42_backorders_are_counted_by_cause_week_and_item_with_what_came_again(web):
    found = made(web, ["bergmann"])

    assert (found.in_all.backorders, found.in_all.open, found.in_all.units_delayed) == (4, 3, "120")
    assert [(one.name, one.backorders) for one in found.causes] == [("supplier_timing", 3), ("inspection_hold", 1)]
    assert [(one.name, one.backorders) for one in found.by_week] == [("2026-05-18", 1), ("2026-06-01", 3)]
    assert [(one.name, one.backorders, one.surprises) for one in found.items] == [("BX-120", 4, 1)]
    assert found.promises == {"early": 1}


def test_r42_a_review_is_bounded_by_its_weeks_and_sellers(web):
    assert made(web, ["nordwerk"]).in_all.backorders == 1
    assert made(web).in_all.backorders == 5
    assert made(web, ["bergmann"], weeks=1).in_all.backorders == 3
    assert made(web, []).in_all.backorders == 0


def test_r42_proposals_come_with_the_numbers_that_speak_for_them(web, ops):
    said = words(web.get("/review?seller=bergmann", cookie=ops))

    assert "Its listing says ready, and 3 open lines of it are delayed." in said
    assert "40 paid clicks in 7 days, and 3 open lines of it are delayed." in said
    assert "Short again once within 60 days" in said
    assert "Nothing speaks for a change now" in words(web.get("/review?seller=nordwerk", cookie=ops))


def decided(web, cookie, how, kind="ads", of="bergmann", subject="sku/BX-120"):
    return web.send("/review", cookie, do=how, seller=of, kind=kind, subject=subject, weeks="8")


def test_r43_an_accepted_proposal_leaves_as_a_webhook_once_and_names_who_accepted_it(web, ops):
    answers = [decided(web, ops, "accept").status for _ in range(2)]
    (call,) = web.rows("select c.body, w.url from webhook_call c join webhook_target w on w.id = c.target_id")
    said = json.loads(call.body)

    assert answers == [303, 409]
    assert (call.url, said["type"]) == (SHOP, "proposal.accepted")
    assert said["data"] | {"id": 0} == {
        "seller": "bergmann",
        "id": 0,
        "proposal": "ads",
        "sku": "BX-120",
        "because": "40 paid clicks in 7 days, and 3 open lines of it are delayed",
        "numbers": said["data"]["numbers"],
        "by": "ops",
    }
    assert said["data"]["numbers"]["paid_clicks"] == 40
    assert web.value("select who from audit where what = 'proposal.accepted'") == "ops"
    page = words(web.get("/review?seller=bergmann", cookie=ops))
    assert "40 paid clicks in 7 days" in page.partition("Decided in the last 60 days")[2]
    assert "40 paid clicks in 7 days" not in page.partition("Decided in the last 60 days")[0]


def test_r43_an_accepted_proposal_is_delivered_signed_and_the_page_says_that_it_was_heard(web, ops):
    heard = []

    class Shop:
        """A seller's system that answers well."""

        def call(self, url, body, headers):
            heard.append((url, json.loads(body)["type"], headers["webhook-signature"]))
            return Reply(heard=True, words="204")

    assert "on its way" in words(web.get("/review?seller=bergmann", cookie=ops))
    assert call_webhooks(web.home.parts, Shop(), KEY) == 1
    assert [(url, kind) for url, kind, _ in heard] == [(SHOP, "proposal.accepted")]
    assert heard[0][2].startswith("v1,")
    assert "heard" in words(web.get("/review?seller=bergmann", cookie=ops)).partition("Decided in")[2]


def test_a_review_that_is_kept_for_a_while_still_shows_what_was_decided_meanwhile(web, ops, monkeypatch):
    from worker.web import reviews

    monkeypatch.setattr(reviews, "LONG", -1.0)
    before = words(web.get("/review?seller=bergmann&weeks=13", cookie=ops))
    web.world.now += timedelta(minutes=1)
    assert decided(web, ops, "dismiss", "reorder").status == 303
    after = words(web.get("/review?seller=bergmann&weeks=13", cookie=ops))

    assert "Counted on" in after
    assert "Short again once" in before.partition("By cause")[0]
    assert "Short again once" not in after.partition("By cause")[0]


def test_r43_a_dismissed_proposal_tells_nobody_and_comes_back_after_sixty_days(web, ops):
    assert decided(web, ops, "dismiss", "listing").status == 303
    assert web.value("select count(*) from webhook_call") <= 1
    assert "listing" not in {one.kind for one in made(web).proposals}
    with web.home.engine.connect() as connection:
        later = review(connection, None, 52, web.now + timedelta(days=61))
    assert "listing" in {one.kind for one in later.proposals}


def test_a_proposal_is_decided_by_operators_who_see_its_seller(web, ops):
    looker, north = web.log_in("looker"), web.log_in("north")

    assert 'value="accept"' not in web.get("/review", cookie=looker).data.decode()
    assert decided(web, looker, "accept", "reorder").status == 403
    assert decided(web, north, "accept", "reorder").status == 404
    assert "BX-120" not in words(web.get("/review", cookie=north))
    assert web.get("/review?seller=bergmann", cookie=north).status == 404
    assert web.get("/review").status == 303
    before = web.value("select count(*) from proposal")
    assert decided(web, ops, "accept", "reorder", subject="sku/NONE").status == 409
    assert decided(web, ops, "fly", "reorder").status == 409
    assert web.value("select count(*) from proposal") == before


@pytest.mark.parametrize("query", ["weeks=0", "weeks=9999999999", "weeks=x", "seller=%00", "weeks=-1"])
def test_odd_spans_get_an_answer(web, ops, query):
    assert web.get(f"/review?{query}", cookie=ops).status in {200, 404}
