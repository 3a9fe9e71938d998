"""What is told, when, and what is not: each test replays a short story through the whole product."""

from itertools import pairwise

import pytest

from tests.builders import at, cloud, opening
from tests.stories import Story

DAY = "2026-05-27"


def test_r22_a_burst_becomes_one_update_with_the_net_effect(tmp_path):
    story = Story().opened(at(20, 9))
    for minute, available in ((0, 85), (5, 90), (9, 100)):
        story.line("stock.allocated", at(22, 9, minute), available=available)

    told = story.told(tmp_path, at(22, 12))

    assert told.to_buyer() == [("first-notice", at(20, 9, 15)), ("partial-release", at(22, 9, 24))]
    assert "20 units more of Linear bearing block 20 mm (BX-120) are ready" in told.text(1)


def test_r19_a_date_that_moved_and_moved_back_is_no_change(tmp_path):
    story = Story().opened(at(20, 9), expected_on="2026-06-05", expected_confirmed=True)
    story.line("production.changed", at(21, 9), expected_on="2026-06-15", confirmed=True)
    story.line("production.changed", at(21, 9, 10), expected_on="2026-06-05", confirmed=True)

    told = story.told(tmp_path, at(21, 18))

    assert told.kinds() == ["first-notice"]
    assert told.decisions("not_needed", "R19")[-1]["at"] == at(21, 9, 10).isoformat().replace("+00:00", "Z")


def test_r20_what_cleared_before_the_first_notice_is_never_told(tmp_path):
    told = Story().opened(at(20, 9)).line("stock.cleared", at(20, 9, 5)).told(tmp_path, at(27, 18))

    assert told.mails == []


def test_r21_a_decisive_change_keeps_two_hours_after_the_threads_last_update(tmp_path):
    story = Story().opened(at(20, 9), expected_on="2026-06-05", expected_confirmed=True)
    story.line("production.changed", at(20, 9, 30), expected_on="2026-06-15", confirmed=True)

    assert story.told(tmp_path, at(20, 18)).to_buyer()[1] == ("production-changed", at(20, 11, 15))


def test_r21_units_taken_back_go_out_without_the_gap(tmp_path):
    story = Story().opened(at(20, 9)).line("stock.allocated", at(20, 9, 30), available=60)

    assert story.told(tmp_path, at(20, 18)).to_buyer()[1] == ("units-taken-back", at(20, 9, 45))


def test_r21_a_notable_change_keeps_a_day_after_the_contacts_last_update(tmp_path):
    story = Story().opened(at(20, 9)).line("stock.allocated", at(20, 11), available=100)

    assert story.told(tmp_path, at(22, 9)).to_buyer()[1] == ("partial-release", at(21, 9, 15))


def test_r21_minor_changes_never_go_alone_and_travel_with_the_next_update(tmp_path):
    story = Story().opened(at(20, 9), next_checkpoint=DAY).line("stock.allocated", at(22, 9), available=82)

    told = story.told(tmp_path, at(27, 18))

    assert told.to_buyer() == [("first-notice", at(20, 9, 15)), ("partial-release", at(27, 10))]
    assert told.decisions("waiting", "R21")[0]["changes"] == ["released-little"]


def test_r23_a_notable_change_close_to_a_checkpoint_waits_for_it(tmp_path):
    story = Story().opened(at(20, 9), next_checkpoint=DAY).line("stock.allocated", at(26, 12), available=100)

    told = story.told(tmp_path, at(27, 18))

    assert told.to_buyer()[1] == ("partial-release", at(27, 10))
    assert told.outcomes()[0] == "kept"


def test_r23_a_decisive_confirmed_update_close_to_a_checkpoint_replaces_it(tmp_path):
    story = Story().opened(at(20, 9), next_checkpoint=DAY, expected_on="2026-06-05", expected_confirmed=True)
    story.line("production.changed", at(26, 12), expected_on="2026-06-15", confirmed=True)

    told = story.told(tmp_path, at(27, 18))

    assert told.kinds() == ["first-notice", "production-changed"]
    assert told.outcomes()[0] == "early"
    assert "nothing further follows on that date" in " ".join(told.text(0, "production-changed").split())


def test_r23_an_update_between_checkpoints_restates_the_one_that_somebody_set(tmp_path):
    story = Story().opened(at(20, 9), next_checkpoint="2026-06-03").line("stock.allocated", at(22, 9), available=100)

    told = story.told(tmp_path, at(22, 18))

    assert told.outcomes() == ["open"]
    assert told.mails[1]["X-Backorder-Checkpoint"] == at(3, 10, month=6).isoformat()


def test_r23_a_checkpoint_by_cadence_rolls_forward(tmp_path):
    story = Story().opened(at(20, 9)).line("stock.allocated", at(22, 9), available=100)

    assert story.told(tmp_path, at(22, 18)).outcomes() == ["early", "open"]


@pytest.mark.parametrize(
    ("opened", "sent"),
    [
        pytest.param(at(20, 19), at(21, 8), id="evening"),
        pytest.param(at(22, 17, 50), at(22, 17, 58), id="just before closing"),
        pytest.param(at(23, 12), at(26, 8), id="Saturday before Whit Monday"),
    ],
)
def test_r24_nothing_leaves_outside_the_buyers_sending_hours(tmp_path, opened, sent):
    told = Story().opened(opened).told(tmp_path, at(26, 12))

    assert told.to_buyer() == [("first-notice", sent)]


def test_r24_the_buyers_zone_counts(tmp_path):
    contact = {"email": "p@lakeside.example.com", "country": "US", "region": "MI"}
    told = Story().opened(at(20, 9), buyer={"company": "Lakeside", "contact": contact}).told(tmp_path, at(20, 18))

    assert told.to_buyer() == [("first-notice", at(20, 14))]


def test_r20_a_passed_date_is_told_on_the_next_business_day(tmp_path):
    story = Story().opened(at(20, 9), next_checkpoint="2026-06-10", expected_on="2026-06-04", expected_confirmed=True)
    told = story.told(tmp_path, at(5, 18, month=6))

    assert told.to_buyer()[1] == ("production-changed", at(5, 8, month=6))
    assert "has passed" in told.text(0, "production-changed")


def test_r20_a_passed_date_waits_for_a_checkpoint_of_the_same_day(tmp_path):
    story = Story().opened(at(20, 9), expected_on="2026-05-26", expected_confirmed=True)
    told = story.reviewed(at(26, 15)).told(tmp_path, at(27, 18))

    assert told.to_buyer()[1] == ("production-changed", at(27, 10))
    assert told.outcomes()[0] == "kept"


def test_r40_clearing_is_told_once_with_the_shipping_step_and_one_final_note_follows(tmp_path):
    story = Story().opened(at(20, 9)).line("stock.cleared", at(21, 12)).line("shipment.sent", at(22, 9), shipped=120)

    told = story.told(tmp_path, at(10, 9, month=6))

    assert told.to_buyer() == [
        ("first-notice", at(20, 9, 15)),
        ("stock-cleared", at(21, 12, 15)),
        ("final-note", at(22, 9, 15)),
    ]
    assert told.outcomes() == ["early", "early"]
    assert told.mails[-1]["X-Backorder-Checkpoint"] is None


def test_r40_without_a_shipment_the_final_note_comes_at_the_shipping_step_and_claims_none(tmp_path):
    told = Story().opened(at(20, 9)).line("stock.cleared", at(21, 12)).told(tmp_path, at(10, 9, month=6))

    assert told.to_buyer()[-1] == ("final-note", at(26, 10))
    assert "ready" in told.text(0, "final-note")
    assert "shipped" not in told.text(0, "final-note")
    assert told.outcomes() == ["early", "kept"]


def test_r40_clearing_and_shipping_in_one_window_give_the_final_note_alone(tmp_path):
    story = Story().opened(at(20, 9)).line("stock.cleared", at(21, 12))
    story.line("shipment.sent", at(21, 12, 10), shipped=120)

    assert story.told(tmp_path, at(10, 9, month=6)).kinds() == ["first-notice", "final-note"]


def test_r40_units_delayed_again_reopen_a_closed_case_in_the_same_thread(tmp_path):
    story = Story().opened(at(20, 9)).line("stock.cleared", at(21, 12))
    story.line("stock.allocated", at(28, 9), available=100)

    told = story.told(tmp_path, at(28, 18))

    assert told.to_buyer()[-1] == ("units-taken-back", at(28, 9, 15))
    buyer = [mail for mail in told.mails if mail["To"].addresses[0].addr_spec == "p@muster.example.com"]
    assert len({mail["References"].split()[0] for mail in buyer}) == 1
    assert told.outcomes()[-1] == "open"


def test_r25_orders_of_one_contact_that_are_due_together_share_a_mail(tmp_path):
    story = Story().opened(at(20, 9)).then("backorder.opened", at(20, 9, 4), **opening(order="B-1043", po="77"))

    told = story.told(tmp_path, at(20, 18))

    assert told.to_buyer() == [("first-notice", at(20, 9, 15))]
    assert told.to_buyer("B-1043") == [("first-notice", at(20, 9, 15))]
    assert told.mails[0]["X-Backorder-Orders"] == "B-1042, B-1043"
    assert [row["order"] for row in told.decisions("merged", "R25")] == ["B-1043"]


def test_r28_the_journal_has_no_two_equal_neighbours(tmp_path):
    told = (
        Story().opened(at(20, 9)).line("stock.allocated", at(22, 9), available=100).told(tmp_path, at(10, 9, month=6))
    )
    rows = [{name: value for name, value in row.items() if name != "at"} for row in told.journal]

    assert all(one != other for one, other in pairwise(rows))


def test_replay_is_byte_equal_for_the_same_input_whatever_the_order_of_the_file(tmp_path):
    first, second = Story().opened(at(20, 9)).line("stock.cleared", at(21, 12)), Story()
    second.events = list(reversed(first.events))
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()

    one, two = first.told(tmp_path / "one", at(27, 9)), second.told(tmp_path / "two", at(27, 9))

    for path in sorted(one.folder.rglob("*.*")):
        if path.name != "summary.json":
            assert path.read_bytes() == (two.folder / path.relative_to(one.folder)).read_bytes()


def test_r3_late_and_disordered_arrival_ends_in_the_same_facts(tmp_path):
    story = Story().opened(at(20, 9))
    story.line("stock.allocated", at(21, 9), seen=at(21, 12), available=90)
    story.line("stock.allocated", at(21, 11), seen=at(21, 11), available=110)

    told = story.told(tmp_path, at(22, 18))

    assert "Ordered 120 | ready 110 | delayed 10" in told.text(1)


def test_r4_an_event_before_its_opening_waits_and_applies_by_itself(tmp_path):
    story = Story()
    story.events.append(
        cloud("stock.allocated", at(20, 8), {"seller": "bergmann", "order": "B-1042", "line": "1", "available": 90})
    )
    story.then("backorder.opened", at(20, 7), seen=at(20, 9), **opening())

    told = story.told(tmp_path, at(20, 18))

    assert told.summary["events"]["waiting"] == 0
    assert "ready 90" in told.text(0)


def test_r6_an_owner_hears_after_an_hour_of_an_event_that_waits(tmp_path):
    story = Story().opened(at(20, 9)).line("stock.allocated", at(20, 11), available=500)

    told = story.told(tmp_path, at(20, 18))

    assert told.summary["events"]["waiting"] == 1
    assert [row["at"] for row in told.decisions("reminded", "R6")] == ["2026-05-20T10:00:00Z"]
    assert "is more than ordered 120" in " ".join(told.text(0, "facts-missing").split())
