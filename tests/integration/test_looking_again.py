"""A mail that leaves something out on purpose is as true as one that does not: it is not replaced for it (R46)."""

import json

from tests.builders import at, of_line, opening, seller
from tests.lanes import feed_of, left_by
from worker.replay.run import Stepper

ESCALATION = {"name": "Head of order desk", "email": "head@bergmann.example.com"}
PAUSED = {"seller": "bergmann", "sku": "OTHER-1", "by": "Order desk"}
"""A pause of another item: with it, each mail of the seller is looked at again before it leaves."""


def journal_of(folder, *events):
    given = [
        ("seller.configured", at(4, 8), seller(escalation=ESCALATION)),
        ("seller.paused", at(4, 8, 30), PAUSED),
        ("backorder.opened", at(4), opening()),
        *events,
    ]
    files, _, _ = left_by(feed_of(given), folder, (), Stepper)
    rows = [json.loads(line) for line in files["journal.jsonl"].decode().splitlines()]
    return [(row["action"], row["kind"]) for row in rows if row.get("kind") in {"checkpoint-review", "holding-note"}]


def test_r46_a_change_that_is_held_back_because_it_is_incomplete_replaces_no_mail(tmp_path):
    journal = journal_of(
        tmp_path,
        ("line.changed", at(5, 10), of_line(cause="other")),
        ("review.recorded", at(11, 8), {"seller": "bergmann", "order": "B-1042", "by": "Order desk"}),
    )

    assert ("sent", "checkpoint-review") in journal
    assert not [row for row in journal if row[0] == "replaced"]


def test_r46_a_note_in_the_name_of_the_escalation_contact_is_not_replaced(tmp_path):
    journal = journal_of(tmp_path)

    assert journal.count(("sent", "holding-note")) > 2
    assert not [row for row in journal if row[0] == "replaced"]
