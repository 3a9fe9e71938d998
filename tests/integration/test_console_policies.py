"""Policies on a page: what is in force and why, what another would change, switched on with a name (R29)."""

import re
from datetime import timedelta

import pytest

from schedules.policies import RANGES
from tests.builders import cloud, of_line, seller
from tests.web import site, standing_case
from worker.usecases.choosing_policies import GROUPS


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    with site("policies", tmp_path_factory.mktemp("policies")) as running:
        standing_case(running, next_checkpoint="2026-05-27")
        running.tell(cloud("seller.configured", running.now, seller(seller="nordwerk", policy="calm"), "nordwerk"))
        running.tell(cloud("stock.allocated", running.now, of_line(available=100), "more"))
        running.run(minutes=20)
        for name, more in (("ops", {}), ("looker", {"role": "viewer"}), ("north", {"sellers": ("nordwerk",)})):
            running.user(name, **more)
        yield running


@pytest.fixture
def ops(web):
    return web.log_in("ops")


def words(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.data.decode()))


def version(web, of="bergmann"):
    return str(web.value("select coalesce(profile ->> 'policy_version', '0') from seller where slug = :s", s=of))


def filled(web, cookie, do, of="bergmann", preset="default", **figures):
    named = {f"figure_{name}": value for name, value in figures.items()}
    return web.send(f"/policies/{of}", cookie, do=do, preset=preset, version=version(web, of), **named)


def test_every_figure_of_a_policy_has_words_for_a_person_once():
    named = [name for names in GROUPS.values() for name in names]

    assert sorted(named) == sorted(RANGES)


def test_r29_the_page_says_what_is_in_force_and_where_each_figure_comes_from(web, ops):
    listed, page = words(web.get("/policies", cookie=ops)), words(web.get("/policies/nordwerk", cookie=ops))

    assert re.search(r"bergmann preset default no own figures nobody has chosen another", listed)
    assert re.search(r"nordwerk preset calm no own figures named in the seller&#39;s configuration", listed)
    assert "48h in force, the preset calm; 0m to 336h" in page
    assert "2h in force, the default; 0m to 24h" in page


def test_r29_another_policy_shows_first_what_it_would_change_and_writes_nothing(web, ops):
    before = web.value("select count(*) from event")
    shown = words(filled(web, ops, "look", notable_gap="4h"))

    assert "1 of 1 open orders would change" in shown
    assert "1 would hear sooner" in shown
    assert "Promises that were made stand" in shown
    assert "0 of 1 open orders would change" in words(filled(web, ops, "look", owner_mail_gap="2h"))
    assert web.value("select count(*) from event") == before
    assert version(web) == "0"


@pytest.mark.parametrize(
    ("figures", "found"),
    [
        ({"settle": "soon"}, "settle: found soon; allowed: 0m to 4h"),
        ({"settle": "2h"}, "settle: found 2h; allowed: at most settle_at_most (1h)"),
        ({"updates_per_week": "0"}, "updates_per_week: found 0; allowed: 1 to 50"),
        ({"updates_per_week": "three"}, "updates_per_week: found three; allowed: 1 to 50"),
        ({"sending_opens": "25:00"}, "sending_opens: found 25:00; allowed: 00:00 to 12:00"),
        ({"day_means": "20:00"}, "day_means: found 20:00; allowed: within sending hours"),
        ({"settle": "<b>x</b>"}, "settle: found &lt;b&gt;x&lt;/b&gt;; allowed"),
        ({"updates_per_week": "9" * 30}, "allowed: 1 to 50"),
    ],
)
def test_r29_a_fault_names_figure_value_and_range_and_what_was_filled_in_stays(web, ops, figures, found):
    answer = filled(web, ops, "look", cadence_business_days="6", **figures)

    assert answer.status == 422
    assert found in re.sub(r"\s+", " ", answer.data.decode())
    assert 'aria-invalid="true"' in answer.data.decode()
    assert re.search(r'name="figure_cadence_business_days"[^>]*value="6"', answer.data.decode())
    assert version(web) == "0"


def test_r29_an_unknown_preset_is_refused_with_those_there_are(web, ops):
    assert "found loud; allowed: brisk, calm, default" in words(filled(web, ops, "look", preset="loud"))


def test_r29_switching_on_is_an_event_with_a_name_that_moves_the_next_mail_and_no_promise(web, ops):
    promised = web.rows("select due_at from promise where outcome = 'open'")
    answer = filled(web, ops, "apply", notable_gap="4h", updates_per_week="5")
    web.stepper.settle()

    assert answer.status == 303
    event = web.value("select body::jsonb -> 'data' from event where type = 'policy.chosen'")
    figures = {"notable_gap": "4h", "updates_per_week": 5}
    assert event == {"seller": "bergmann", "policy": "default", "by": "ops", "figures": figures}
    assert web.value("select who from audit where what = 'policy.chosen'") == "ops"
    page = words(web.get("/policies/bergmann", cookie=ops))
    assert "4h in force, set here; 0m to 336h" in page
    assert "chosen by ops" in page
    assert web.rows("select due_at from promise where outcome = 'open'") == promised
    web.run(hours=4)
    assert [mail["X-Backorder-Kind"] for mail in web.mails()] == ["first-notice", "partial-release"]
    assert web.value("select policy from mail order by id desc limit 1") == "default/1"


def test_r29_a_choice_stands_when_the_seller_is_configured_again_until_he_names_another_preset(web, ops):
    filled(web, ops, "apply", of="nordwerk", preset="brisk", settle="5m")
    again = seller(seller="nordwerk", policy="calm", name="Nordwerk AG")
    web.tell(
        cloud("seller.configured", web.now + timedelta(seconds=1), again, "again"), until=web.now + timedelta(minutes=1)
    )
    profile = "select profile from seller where slug = 'nordwerk'"
    assert (web.value(profile)["policy"], web.value(profile)["name"]) == ("brisk", "Nordwerk AG")
    other = seller(seller="nordwerk", policy="default")
    web.tell(
        cloud("seller.configured", web.now + timedelta(seconds=1), other, "other"), until=web.now + timedelta(minutes=1)
    )
    assert web.value(profile)["policy"] == "default"
    assert "figures" not in web.value(profile)


def test_r29_a_page_that_was_overtaken_switches_nothing_on(web, ops):
    chosen = "select profile ->> 'policy' from seller where slug = 'bergmann'"
    before = web.value(chosen)
    answer = web.send("/policies/bergmann", ops, do="apply", preset="calm", version="99")

    assert (answer.status, "Somebody has chosen another policy" in words(answer)) == (409, True)
    assert web.value(chosen) == before != "calm"


def test_policies_are_chosen_by_operators_who_see_the_seller(web, ops):
    looker, north = web.log_in("looker"), web.log_in("north")

    assert 'value="look"' not in web.get("/policies/bergmann", cookie=looker).data.decode()
    assert filled(web, looker, "apply", preset="calm").status == 403
    assert "bergmann" not in words(web.get("/policies", cookie=north))
    assert web.get("/policies/bergmann", cookie=north).status == 404
    form = re.search(r'name="form" value="([^"]+)"', web.get("/policies", cookie=north).data.decode())[1]
    assert web.form("/policies/bergmann", north, form=form, do="apply", preset="calm", version="1").status == 404
    assert web.get("/policies").status == 303
    assert web.get("/policies/nobody", cookie=ops).status == 404


def test_r29_a_choice_over_http_is_checked_like_one_on_the_page(web):
    token = web.bearer()
    data = {"seller": "bergmann", "policy": "default", "figures": {"settle": "9h"}, "by": "erp"}
    event = cloud("policy.chosen", web.now, data, "by-http")
    answer = web.post("/events", event, authorization=f"Bearer {token}")

    assert answer.status == 400
    assert "found settle of 9h; allowed: settle of 0m to 4h" in answer.data.decode()
    unknown = cloud("policy.chosen", web.now, data | {"figures": {"volume": 3}}, "unknown")
    assert b"an unknown figure" in web.post("/events", unknown, authorization=f"Bearer {token}").data


def test_a_choice_for_a_seller_who_is_not_known_yet_waits_for_him(web):
    data = {"seller": "later", "policy": "calm", "by": "erp"}
    web.tell(cloud("policy.chosen", web.now, data, "early"))
    web.tell(cloud("seller.configured", web.now, seller(seller="later"), "later"))

    assert web.value("select profile ->> 'policy' from seller where slug = 'later'") == "calm"
