"""Decisions asked for, addresses that are missing, and a seller that asks for too much at once."""

from sqlalchemy import text

from tests.builders import at, opening
from tests.servers import fresh_database
from tests.stories import Story
from worker.storage.engine import make_engine
from worker.storage.planning import PER_SELLER_AND_ROUND, claim_due


def test_r33_a_decision_is_asked_for_by_a_day_that_lies_ahead(tmp_path):
    asked = {"decision_needed": True, "decide_by": "2026-05-26", "choices": ["wait", "split"]}
    told = Story().opened(at(20, 9), next_checkpoint="2026-05-27", **asked).told(tmp_path, at(27, 18))

    assert "by Tuesday 26 May 2026" in " ".join(told.text(0, "first-notice").split())
    assert "26 May" not in told.text(0, "holding-note")


def test_r33_without_an_open_decision_choices_are_only_mentioned(tmp_path):
    told = Story().opened(at(20, 9), choices=["wait", "split"]).told(tmp_path, at(20, 18))

    assert "No decision is needed from you" in told.text(0)
    assert "You may choose instead" in told.text(0)


def test_r8_waiting_is_never_offered_for_what_cannot_be_fulfilled(tmp_path):
    story = Story().opened(
        at(20, 9), choices=["wait", "split", "cancel"], outlook="cannot_fulfil", decision_needed=True
    )
    told = story.told(tmp_path, at(20, 18))

    assert "Wait:" not in told.text(0)
    assert "Cancel:" in told.text(0)


def test_r50_a_buyer_without_an_address_is_held_and_the_journal_says_so(tmp_path):
    told = (
        Story()
        .opened(at(20, 9), buyer={"company": "Muster", "contact": {"name": "By phone"}})
        .told(tmp_path, at(20, 18))
    )

    assert [mail["X-Backorder-Kind"] for mail in told.mails] == ["tell-buyer"]
    assert "40 of 120 units of Linear bearing block" in " ".join(told.text(0).split())
    assert told.decisions("held", "R50")


def test_r11_more_than_twenty_lines_come_as_changes_a_count_and_a_file(tmp_path):
    story = Story().opened(at(20, 9))
    for number in range(2, 30):
        story.then("backorder.opened", at(20, 9), **opening(line=str(number)))
    story.line("stock.allocated", at(22, 9), available=100)

    told = story.told(tmp_path, at(22, 18))

    update = told.mails[-1]
    assert [part.get_filename() for part in update.iter_attachments()] == ["open-lines.csv"]
    assert "28 more open lines are unchanged" in told.text(-1)
    assert len(next(update.iter_attachments()).get_content().splitlines()) == 30


def test_r48_one_seller_never_fills_a_round():
    engine = make_engine(fresh_database("fair"))
    with engine.begin() as connection:
        connection.execute(
            text("insert into seller (slug, profile, profile_key) values ('a', '{}', '[]'), ('b', '{}', '[]')")
        )
        connection.execute(
            text(
                "insert into correspondence (seller_id, audience, address_key, contact, wake_at)"
                " select case when n <= 300 then 1 else 2 end, 'buyer', 'p' || n, '{}', cast(:at as timestamptz)"
                " from generate_series(1, 310) n"
            ),
            {"at": at(20)},
        )
        from datetime import timedelta

        claimed = claim_due(connection, "buyer", at(21), 400, timedelta(seconds=30))
        sellers = connection.execute(
            text("select seller_id, count(*) from correspondence where id = any(:ids) group by 1 order by 1"),
            {"ids": list(claimed)},
        ).all()
    engine.dispose()

    assert sellers == [(1, PER_SELLER_AND_ROUND), (2, 10)]


def test_r49_an_order_that_was_told_before_starts_as_told_and_keeps_its_promise(tmp_path):
    before = {"at": at(18, 9).isoformat(), "next_checkpoint": "2026-05-27"}
    told = Story().opened(at(20, 9), told=before).reviewed(at(26, 12)).told(tmp_path, at(27, 18))

    assert told.to_buyer() == [("checkpoint-review", at(27, 10))]
    assert told.outcomes() == ["kept", "open"]


def test_r49_what_changes_after_an_import_is_told(tmp_path):
    before = {"at": at(18, 9).isoformat(), "next_checkpoint": "2026-06-10"}
    told = Story().opened(at(20, 9), told=before).line("stock.cleared", at(21, 9)).told(tmp_path, at(21, 18))

    assert told.to_buyer() == [("stock-cleared", at(21, 9, 15))]


def test_r20_a_cancelled_line_is_told_without_the_gap(tmp_path):
    story = Story().opened(at(20, 9)).line("line.cancelled", at(20, 9, 30), units=10, by="Order desk")
    told = story.told(tmp_path, at(20, 18))

    assert told.to_buyer()[1] == ("line-cancelled", at(20, 9, 45))
    assert "cancelled 10" in told.text(0, "line-cancelled")


def test_r20_a_decision_newly_needed_goes_out_alone_and_without_the_gap(tmp_path):
    story = Story().opened(at(20, 9))
    story.then("decision.requested", at(20, 9, 30), seller="bergmann", order="B-1042", choices=["wait", "split"])
    told = story.told(tmp_path, at(20, 18))

    assert told.to_buyer()[1] == ("decision-needed", at(20, 9, 45))
    assert "Please choose one of these by" in told.text(0, "decision-needed")


def test_r1_a_newly_assigned_owner_stands_in_the_next_update(tmp_path):
    story = Story().opened(at(20, 9))
    south = {"name": "Order desk South", "email": "south@bergmann.example.com"}
    story.then("owner.assigned", at(20, 12), seller="bergmann", order="B-1042", owner=south)
    told = story.line("stock.allocated", at(22, 9), available=100).told(tmp_path, at(22, 18))

    assert "Order desk South is responsible for this order from now on" in " ".join(told.text(1).split())
