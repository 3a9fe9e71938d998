"""Contacts that change, absences, pauses, phone calls, shadow, bounces (R14, R27, R43, R47, R49, R50)."""

from tests.builders import at, seller
from tests.stories import Story

NEW = {"name": "Purchasing 2", "email": "new@muster.example.com"}
OLD = "p@muster.example.com"
ORDER = {"seller": "bergmann", "order": "B-1042"}
DEPUTY = {"name": "Order desk South", "email": "south@bergmann.example.com"}


def mails_to(told, address):
    return [mail["X-Backorder-Kind"] for mail in told.mails if address in mail["To"]]


def test_r50_a_new_contact_gets_a_first_notice_and_the_old_one_a_last_note(tmp_path):
    story = Story().opened(at(20, 9)).then("contact.changed", at(21, 9), **ORDER, **{"from": OLD}, contact=NEW)
    told = story.line("stock.cleared", at(22, 9)).told(tmp_path, at(22, 18))

    assert mails_to(told, OLD) == ["first-notice", "contact-changed"]
    assert mails_to(told, NEW["email"]) == ["first-notice", "stock-cleared"]
    assert sorted(told.outcomes()) == ["closed", "early", "open"]
    last = next(mail for mail in told.mails if mail["X-Backorder-Kind"] == "contact-changed")
    assert "orders@bergmann.example.com" in last.get_body(("plain",)).get_content()
    assert "X-Backorder-Checkpoint" not in last
    assert NEW["email"] not in last.as_string()


def test_r50_all_orders_of_a_contact_pass_on_when_no_order_is_named(tmp_path):
    story = Story().opened(at(20, 9), order="B-1").opened(at(20, 9), order="B-2")
    told = story.then("contact.changed", at(21, 9), seller="bergmann", **{"from": OLD}, contact=NEW).told(
        tmp_path, at(21, 18)
    )

    assert mails_to(told, NEW["email"]) == ["first-notice"]
    assert mails_to(told, OLD) == ["first-notice", "contact-changed"]
    assert {row["order"] for row in told.journal if row["contact"] == NEW["email"]} == {"B-1", "B-2"}


def test_r50_the_same_address_in_other_letters_is_the_same_contact(tmp_path):
    story = Story().opened(at(20, 9))
    story.then("contact.changed", at(21, 9), **ORDER, **{"from": OLD}, contact={"email": OLD.upper(), "name": "New"})

    assert story.told(tmp_path, at(21, 18)).kinds() == ["first-notice"]


def test_r1_an_opening_again_with_another_contact_passes_the_order_on(tmp_path):
    story = Story().opened(at(20, 9)).opened(at(21, 9), buyer={"company": "Muster Maschinenbau", "contact": NEW})

    assert mails_to(story.told(tmp_path, at(21, 18)), NEW["email"]) == ["first-notice"]


def test_r4_what_is_said_of_an_unknown_contact_waits_until_he_has_an_order(tmp_path):
    story = Story().then("buyer.preferred", at(20, 8), seller="bergmann", contact=OLD, updates="checkpoints_only")
    early = story.told(tmp_path / "a", at(20, 8)) if (tmp_path / "a").mkdir() is None else None
    told = story.opened(at(20, 9)).line("stock.allocated", at(22, 9), available=100).told(tmp_path, at(25, 18))

    assert early.summary["events"]["waiting"] == 1
    assert told.summary["events"]["waiting"] == 0
    assert told.kinds() == ["first-notice"]


def test_r27_every_change_lifts_weights_gaps_and_cap(tmp_path):
    story = (
        Story()
        .opened(at(20, 9))
        .then("buyer.preferred", at(20, 9, 1), seller="bergmann", contact=OLD, updates="every_change")
    )
    for number, hour in enumerate((10, 11, 12, 13, 14)):
        story.line("stock.allocated", at(20, hour), available=81 + number)

    assert story.told(tmp_path, at(20, 18)).kinds() == ["first-notice", *["partial-release"] * 5]


def test_r10_a_deputy_stands_in_for_an_absent_owner(tmp_path):
    story = Story().then(
        "owner.away",
        at(12),
        seller="bergmann",
        owner="north@bergmann.example.com",
        deputy=DEPUTY,
        until="2026-05-22",
        **{"from": "2026-05-19"},
    )
    told = story.opened(at(20, 9), cause="other").told(tmp_path, at(20, 18))

    assert mails_to(told, DEPUTY["email"])[0] == "facts-missing"
    assert mails_to(told, "north@") == []


def test_r49_under_a_pause_nothing_goes_out_and_a_promise_becomes_the_owners_task(tmp_path):
    story = Story().opened(at(20, 9), next_checkpoint="2026-05-27")
    story.then("seller.paused", at(21, 8), **ORDER, by="Order desk").line("stock.allocated", at(21, 9), available=100)
    told = story.told(tmp_path, at(27, 17))

    assert told.kinds() == ["first-notice"]
    assert told.decisions("held", "R49")[0]["why"] == "paused by Order desk"
    say = " ".join(told.text(0, "tell-buyer").split())
    assert "20 units more" in say
    assert '"buyer.told"' in say


def test_r50_told_by_phone_keeps_the_promise_and_opens_the_next(tmp_path):
    story = Story().opened(at(20, 9), next_checkpoint="2026-05-27")
    story.then("seller.paused", at(21, 8), **ORDER, by="Order desk")
    story.then("buyer.told", at(27, 11), **ORDER, by="Order desk", next_checkpoint="2026-06-03")
    told = story.told(tmp_path, at(27, 17))

    assert [(row["outcome"], row.get("kept_by")) for row in told.promises] == [("kept", "phone"), ("open", None)]
    assert told.promises[1]["due_at"].startswith("2026-06-03T08:00")


def test_r49_a_promise_that_nobody_keeps_by_phone_is_missed_and_shown(tmp_path):
    story = Story().opened(at(20, 9), next_checkpoint="2026-05-27")
    told = story.then("seller.paused", at(21, 8), seller="bergmann", by="Order desk").told(tmp_path, at(28, 12))

    assert told.outcomes() == ["missed"]
    assert told.decisions("missed")
    assert "escalation" in mails_to(told, "head@")


def test_r49_what_waited_goes_out_when_the_pause_ends(tmp_path):
    story = Story().opened(at(20, 9)).then("seller.paused", at(21, 8), seller="bergmann", sku="BX-120", by="x")
    story.line("stock.cleared", at(21, 9))
    told = story.then("seller.resumed", at(22, 12), seller="bergmann", sku="BX-120", by="x").told(tmp_path, at(22, 18))

    assert told.to_buyer()[-1] == ("stock-cleared", at(22, 12))


def test_r49_shadow_plans_and_promises_but_sends_nothing_until_it_goes_live(tmp_path):
    story = Story(mode="shadow").opened(at(20, 9))
    shadow = story.told(tmp_path, at(20, 18))

    assert shadow.mails == []
    assert shadow.kinds() == ["first-notice"]
    assert shadow.outcomes() == ["open"]

    story.then("seller.configured", at(21, 9), **seller(mode="live"))
    (tmp_path / "live").mkdir()
    live = story.told(tmp_path / "live", at(21, 18))

    assert [mail["X-Backorder-Kind"] for mail in live.mails] == ["first-notice"]
    assert live.outcomes() == ["closed", "open"]


def test_r49_going_live_keeps_what_was_told_if_the_seller_says_so(tmp_path):
    story = Story(mode="shadow").opened(at(20, 9))
    story.then("seller.configured", at(21, 9), **seller(mode="live", keep_told=True))

    assert story.line("stock.cleared", at(22, 9)).told(tmp_path, at(22, 18)).outcomes() == ["early", "open"]


def test_r29_another_policy_wakes_the_sellers_orders_and_made_promises_stand(tmp_path):
    story = Story().opened(at(20, 9)).line("stock.allocated", at(20, 15), available=100)
    story.then("seller.configured", at(20, 18), **seller(policy="brisk"))
    told = story.told(tmp_path, at(21, 18))

    assert told.to_buyer()[-1] == ("partial-release", at(21, 8))
    assert {row["policy"] for row in told.journal if row["at"] >= "2026-05-20T16:00"} == {"brisk"}
    assert told.promises[0]["due_at"] == "2026-05-28T08:00:00Z"


def test_r47_a_bounce_takes_back_what_was_told_and_misses_both_promises(tmp_path):
    story = Story().opened(at(20, 9), next_checkpoint="2026-05-27").line("stock.allocated", at(26, 9), available=110)
    story.line("production.changed", at(21, 9), expected_on="2026-06-12")
    answers = [{"to": OLD, "answer": "bounce", "from": at(27, 9).isoformat()}]
    told = story.told(tmp_path, at(27, 17), answers)

    assert told.kinds()[-1] == "holding-note"
    assert told.outcomes()[-2:] == ["missed", "missed"]
    assert {"undelivered", "tell-buyer"} <= set(mails_to(told, "north@"))
    assert told.decisions("undelivered", "R47")


def test_r47_after_a_refusal_the_buyer_is_told_by_phone_until_somebody_gives_an_address(tmp_path):
    story = Story().opened(at(20, 9))
    story.then("contact.changed", at(21, 9), **ORDER, **{"from": OLD}, contact=NEW)
    told = story.told(tmp_path, at(21, 18), [{"to": OLD, "answer": "550"}])

    assert {"undelivered", "tell-buyer"} <= set(mails_to(told, "north@"))
    assert mails_to(told, NEW["email"]) == ["first-notice"]
    assert mails_to(told, OLD) == []


def test_r43_a_listing_that_says_ready_is_shown_to_the_owner_at_once(tmp_path):
    story = Story().opened(at(20, 9))
    story.then("listing.observed", at(20, 11), seller="bergmann", sku="BX-120", listing="ready", paid_clicks=12)
    told = story.told(tmp_path, at(20, 18))

    text = " ".join(told.text(0, "listing-contradiction").split())
    assert "its listing says ready" in text
    assert "12 paid clicks" in text


def test_r43_a_line_that_opens_against_its_listing_is_shown_too(tmp_path):
    story = Story().then("listing.observed", at(19, 11), seller="bergmann", sku="BX-120", listing="ready")

    assert "listing-contradiction" in mails_to(story.opened(at(20, 9)).told(tmp_path, at(20, 18)), "north@")
