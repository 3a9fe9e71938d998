"""Promises, reminders, holding notes, missing facts: each test replays a short story through the whole product."""

from tests.builders import ESCALATION, OWNER, at, opening
from tests.stories import Story

DAY = "2026-05-27"


def addressed(told, kind):
    return sorted({mail["To"].addresses[0].addr_spec for mail in told.mails if mail["X-Backorder-Kind"] == kind})


def test_r12_at_a_checkpoint_the_buyer_hears_even_without_news(tmp_path):
    told = Story().opened(at(20, 9), next_checkpoint=DAY).reviewed(at(26, 12)).told(tmp_path, at(27, 18))

    assert told.to_buyer()[-1] == ("checkpoint-review", at(27, 10))
    assert "Nothing has changed" in told.text(0, "checkpoint-review")
    assert "Reviewed by Order desk" in told.text(0, "checkpoint-review")
    assert [row["kept_by"] for row in told.promises if row["outcome"] == "kept"] == ["review"]


def test_r13_the_owner_is_reminded_a_business_day_before_an_unconfirmed_checkpoint(tmp_path):
    told = Story().opened(at(20, 9), next_checkpoint=DAY).told(tmp_path, at(26, 18))

    assert [row["at"] for row in told.decisions("reminded", "R13")] == ["2026-05-26T08:00:00Z"]
    assert '"type": "review.recorded"' in told.text(0, "review-reminder")


def test_r13_a_confirmed_checkpoint_needs_no_reminder(tmp_path):
    told = Story().opened(at(20, 9), next_checkpoint=DAY).reviewed(at(21, 12)).told(tmp_path, at(27, 18))

    assert told.decisions("reminded") == []


def test_r14_an_unconfirmed_checkpoint_brings_a_holding_note_on_time_and_people_hear(tmp_path):
    told = Story().opened(at(20, 9), next_checkpoint=DAY).told(tmp_path, at(27, 18))

    assert told.to_buyer()[-1] == ("holding-note", at(27, 10))
    text = " ".join(told.text(0, "holding-note").split())
    assert "stand as confirmed on Wednesday 20 May 2026" in text
    assert "under review" in text
    assert "Friday 29 May 2026" in text
    assert addressed(told, "review-reminder") == sorted([OWNER.email, ESCALATION.email])
    assert addressed(told, "escalation") == sorted([OWNER.email, ESCALATION.email])


def test_r14_one_confirmed_line_makes_it_a_normal_update_that_marks_the_others(tmp_path):
    story = Story().opened(at(20, 9), next_checkpoint=DAY)
    story.then("backorder.opened", at(20, 9, 1), **opening(line="2", sku="RS-400", product="Guide rail 400 mm"))
    story.then("review.recorded", at(26, 12), seller="bergmann", order="B-1042", line="2", by="Order desk")

    told = story.told(tmp_path, at(27, 18))

    assert told.to_buyer()[-1] == ("checkpoint-review", at(27, 10))
    assert told.text(0, "checkpoint-review").count("under review") == 1


def test_r14_the_third_holding_note_names_the_escalation_contact_as_owner(tmp_path):
    told = Story().opened(at(20, 9), next_checkpoint=DAY).told(tmp_path, at(2, 18, month=6))

    assert told.kinds() == ["first-notice", "holding-note", "holding-note", "holding-note"]
    assert ESCALATION.email not in told.text(1, "holding-note")
    assert f"is responsible for this order from now on: {ESCALATION.email}" in " ".join(
        told.text(2, "holding-note").split()
    )


def test_r15_a_checkpoint_set_earlier_brings_the_review_forward(tmp_path):
    story = Story().opened(at(20, 9), next_checkpoint=DAY).reviewed(at(21, 12), next_checkpoint="2026-05-22")

    told = story.told(tmp_path, at(22, 18))

    assert told.to_buyer()[-1] == ("checkpoint-review", at(22, 10))
    assert told.outcomes()[0] == "early"


def test_r17_a_promised_moment_is_kept_at_any_hour(tmp_path):
    told = Story().opened(at(20, 9), next_checkpoint="2026-05-23T21:30:00+02:00").told(tmp_path, at(24, 9))

    assert told.to_buyer()[-1] == ("holding-note", at(23, 21, 30))
    assert told.outcomes()[0] == "kept"


def test_r17_after_an_outage_the_missed_update_goes_out_once_and_people_hear(tmp_path):
    story = Story().opened(at(20, 9), next_checkpoint=DAY).reviewed(at(26, 12))
    down = {"down": "workers", "from": at(27, 8).isoformat(), "until": at(28, 11).isoformat()}

    told = story.told(tmp_path, at(28, 18), [down])

    assert told.to_buyer()[1:] == [("checkpoint-review", at(28, 11))]
    assert told.outcomes()[0] == "missed"
    assert told.decisions("missed", "R17")
    assert addressed(told, "escalation") == sorted([OWNER.email, ESCALATION.email])


def test_r46_a_temporary_refusal_is_tried_again_with_growing_pauses(tmp_path):
    refuse = {"to": "p@muster.example.com", "answer": "450", "until": at(20, 9, 20).isoformat()}

    told = Story().opened(at(20, 9)).told(tmp_path, at(20, 18), [refuse])

    assert told.to_buyer() == [("first-notice", at(20, 9, 21))]
    assert [row["until"] for row in told.decisions("deferred", "R46")] == [
        "2026-05-20T07:16:00Z",
        "2026-05-20T07:21:00Z",
    ]


def test_r46_an_update_that_is_no_longer_true_at_its_try_is_replaced(tmp_path):
    refuse = {"to": "p@muster.example.com", "answer": "450", "until": at(20, 9, 20).isoformat()}
    story = Story().opened(at(20, 9)).line("stock.allocated", at(20, 9, 18), available=100)

    told = story.told(tmp_path, at(20, 18), [refuse])

    assert told.decisions("replaced", "R46")
    assert "ready 100" in told.text(0, "first-notice")
    assert told.kinds() == ["first-notice"]


def test_r44_an_unknown_fate_sends_the_same_bytes_once_more(tmp_path):
    lose = {"to": "p@muster.example.com", "answer": "lost-after-dot", "until": at(20, 9, 16).isoformat()}

    told = Story().opened(at(20, 9)).told(tmp_path, at(20, 18), [lose])

    assert [row["action"] for row in told.journal if row["action"] in {"unknown", "sent"}] == ["unknown", "sent"]
    first, second = (path.read_bytes() for path in sorted((told.folder / "mail").iterdir()))
    assert first == second


def test_r46_a_fate_that_stays_unknown_is_the_owners_to_ask_and_no_other_mail_says_the_same(tmp_path):
    lose = {"to": "p@muster.example.com", "answer": "lost-after-dot", "from": at(27).isoformat()}
    story = Story().opened(at(20, 9), next_checkpoint="2026-05-27").line("review.recorded", at(26, 12), by=OWNER.name)

    told = story.told(tmp_path, at(29, 18), [lose])

    mails = [mail["Message-ID"] for mail in told.mails if mail["To"] and "p@muster.example.com" in mail["To"]]
    assert len(mails) == 3
    assert len(set(mails)) == 2
    assert addressed(told, "undelivered") == [OWNER.email]
    due = {row["due_at"]: row["outcome"] for row in told.promises}
    assert due["2026-05-27T08:00:00Z"] == "missed"
    assert list(due.values()) == ["missed", "open"]


def test_r46_news_of_unknown_fate_leaves_a_promise_that_lies_ahead_as_it_stands(tmp_path):
    lose = {"to": "p@muster.example.com", "answer": "lost-after-dot", "from": at(21).isoformat()}
    story = Story().opened(at(20, 9), next_checkpoint="2026-05-27").line("stock.cleared", at(21, 11))

    told = story.told(tmp_path, at(22, 18), [lose])

    mails = [mail["Message-ID"] for mail in told.mails if mail["To"] and "p@muster.example.com" in mail["To"]]
    assert len(mails) == 3
    assert len(set(mails)) == 2
    assert [(row["due_at"], row["outcome"]) for row in told.promises] == [("2026-05-27T08:00:00Z", "open")]


def test_r47_a_permanent_refusal_is_told_to_the_owner(tmp_path):
    told = Story().opened(at(20, 9)).told(tmp_path, at(20, 18), [{"to": "p@muster.example.com", "answer": "550"}])

    assert told.kinds() == []
    assert told.decisions("undelivered", "R47")
    assert addressed(told, "undelivered") == [OWNER.email]


def test_r9_an_update_that_lacks_something_waits_and_leaves_by_itself_once_complete(tmp_path):
    story = Story().opened(at(20, 9), cause="other")
    story.line("line.changed", at(20, 10), cause="other", reason_text="A worn tool is being replaced")

    told = story.told(tmp_path, at(20, 18))

    assert told.decisions("held", "R9")
    assert '"reason_text"' in told.text(0, "facts-missing")
    assert told.to_buyer() == [("first-notice", at(20, 10, 15))]
    assert "A worn tool is being replaced" in told.text(0, "first-notice")


def test_r9_a_text_that_fails_the_wording_rules_yields_to_the_approved_phrase(tmp_path):
    told = Story().opened(at(20, 9), reason_text="Our supplier failed again!").told(tmp_path, at(20, 18))

    assert "Waiting for final production inspection" in told.text(0, "first-notice")
    assert "Our supplier failed again" in told.text(0, "facts-missing")


def test_r9_a_checkpoint_in_the_past_yields_to_the_cadence_and_the_owner_hears(tmp_path):
    told = Story().opened(at(20, 9), next_checkpoint="2026-05-18").told(tmp_path, at(20, 18))

    notice = next(mail for mail in told.mails if mail["X-Backorder-Kind"] == "first-notice")
    assert notice["X-Backorder-Checkpoint"] == at(28, 10).isoformat()
    assert "had passed when it was entered" in " ".join(told.text(0, "facts-missing").split())


def test_r10_a_first_notice_that_waits_reminds_at_half_and_escalates_at_the_limit(tmp_path):
    told = Story().opened(at(20, 9), cause="other").told(tmp_path, at(20, 18))

    whys = [(row["at"], row["rule"], row["action"]) for row in told.journal if row["rule"] == "R10"]
    assert whys == [("2026-05-20T08:00:00Z", "R10", "reminded"), ("2026-05-20T09:00:00Z", "R10", "escalated")]


def test_r9_at_the_limit_complete_lines_leave_without_the_incomplete(tmp_path):
    story = Story().opened(at(20, 9)).then("backorder.opened", at(20, 9, 1), **opening(line="2", cause="other"))

    told = story.told(tmp_path, at(20, 18))

    assert told.to_buyer() == [("first-notice", at(20, 11))]
    assert told.text(0, "first-notice").count("Reason:") == 1


def test_r9_no_promise_waits_for_missing_facts(tmp_path):
    story = Story().opened(at(20, 9), next_checkpoint=DAY).line("line.changed", at(26, 12), cause="other")

    told = story.told(tmp_path, at(27, 18))

    assert told.to_buyer()[-1][1] == at(27, 10)
    assert "Waiting for final production inspection" in told.text(-1, told.kinds()[-1])


def test_r13_an_owner_gets_one_list_an_hour_of_each_kind(tmp_path):
    story = Story().opened(at(20, 9), cause="other")
    for number, minute in ((3, 5), (4, 20), (5, 40)):
        story.then("backorder.opened", at(20, 9, minute), **opening(order=f"B-104{number}", cause="other"))

    told = story.told(tmp_path, at(20, 10, 14))

    lists = [mail for mail in told.mails if mail["X-Backorder-Kind"] == "facts-missing"]
    assert [mail["Date"].datetime for mail in lists] == [at(20, 9), at(20, 10)]
    assert "B-1045" in lists[1]["X-Backorder-Orders"]
