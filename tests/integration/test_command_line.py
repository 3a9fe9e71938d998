"""The command line, as somebody uses it who has never seen it: real processes, a real database."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from tests.builders import at, cloud, of_line, opening, seller
from tests.servers import fresh_database, test_servers


@pytest.fixture(scope="module")
def backorder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("command-line")
    env = os.environ | {
        "BACKORDER_DATABASE_URL": fresh_database("cli"),
        "BACKORDER_BROKER_URL": test_servers().broker_url,
        "BACKORDER_MAIL_URL": f"file://{folder}/mail",
        "BACKORDER_SECRET_KEY": "only-for-tests-0123456789",
        "COLUMNS": "200",
    }

    def run(*words, stdin=None, **changed):
        command = [sys.executable, "-m", "worker.cli.main", *map(str, words)]
        return subprocess.run(
            command, env=env | changed, input=stdin, capture_output=True, text=True, check=False, cwd=folder
        )

    return run


def lines(*events):
    return "".join(json.dumps(event) + "\n" for event in events)


def test_a_first_time_user_records_explains_previews_and_counts(backorder):
    yesterday = datetime.now(UTC) - timedelta(days=1)
    given = lines(
        cloud("seller.configured", yesterday, seller(), "s"), cloud("backorder.opened", yesterday, opening(), "o")
    )

    recorded = backorder("record", "-", stdin=given)
    explained = backorder("explain", "B-1042")
    shown = backorder("preview", "B-1042")

    assert (recorded.returncode, recorded.stdout.strip()) == (0, "2 accepted, 0 repeated, 0 waiting, 0 rejected")
    assert "Told: nothing yet" in explained.stdout
    assert "· line 1 opened ordered 120, available 80" in explained.stdout
    assert "the buyer is told what changed (R" in explained.stdout
    assert "Subject: Order B-1042 (your PO 4500017733): 40 of 120" in shown.stdout
    assert "reason ok" in shown.stdout
    assert json.loads(backorder("explain", "B-1042", "--json").stdout)[0]["told"] is None
    assert json.loads(backorder("promises", "--json").stdout) == []
    assert json.loads(backorder("due", "--within", "7d", "--json").stdout)[0]["orders"] == "B-1042"


def test_r2_a_repeat_changes_nothing_and_a_conflict_is_refused(backorder):
    one = cloud("seller.configured", at(11), seller(seller="repeats"), "r1")
    other = cloud("seller.configured", at(11), seller(seller="repeats", name="Another"), "r1")

    found = backorder("record", "-", stdin=lines(one, one, other))

    assert found.returncode == 1
    assert "1 accepted, 1 repeated, 0 waiting, 1 rejected" in found.stdout
    assert "line 3 (r1) rejected: id: found an event of this source and id with other content" in " ".join(
        found.stderr.split()
    )


BAD = [
    pytest.param('{"broken', "no JSON", id="a broken line"),
    pytest.param(
        json.dumps(cloud("stock.vanished", at(20), of_line())), "type: found stock.vanished", id="unknown type"
    ),
    pytest.param(json.dumps(cloud("stock.cleared", at(20), of_line(colour=1))), "data.colour", id="unknown field"),
    pytest.param(
        json.dumps(cloud("stock.cleared", at(20), of_line()) | {"time": "2026-05-20T09:00:00"}), "time", id="naive time"
    ),
    pytest.param(
        json.dumps(cloud("stock.cleared", at(20), of_line()) | {"time": "2026-02-30T09:00:00Z"}),
        "time",
        id="impossible time",
    ),
    pytest.param(
        json.dumps(cloud("stock.cleared", at(20), of_line()) | {"time": "2090-02-03T09:00:00Z"}),
        "ahead",
        id="future time",
    ),
    pytest.param(json.dumps(cloud("backorder.opened", at(20), opening(ordered=-3))), "data.ordered", id="below zero"),
    pytest.param(
        json.dumps(cloud("backorder.opened", at(20), opening())).replace('"ordered": 120', '"ordered": NaN'),
        "NaN",
        id="NaN",
    ),
    pytest.param(
        json.dumps(cloud("seller.configured", at(20), seller(timezone="Mars/Base"))), "zone", id="a zone of no world"
    ),
    pytest.param(json.dumps(cloud("seller.configured", at(20), seller(country="XX"))), "country", id="no country"),
    pytest.param(
        json.dumps(cloud("seller.configured", at(20), seller(order_desk="a@@b"))), "order_desk", id="naughty address"
    ),
    pytest.param(
        json.dumps(cloud("seller.configured", at(20), seller(name="a\r\nBcc: b"))), "data.name", id="line break"
    ),
    pytest.param(
        json.dumps(cloud("seller.configured", at(20), seller(name="x" * 5_000_000))), "bytes", id="a name of 5 MB"
    ),
    pytest.param('{"id": "1", "id": "2"}', "twice", id="duplicate keys"),
]


@pytest.mark.parametrize(("line", "told"), BAD)
def test_bad_input_is_refused_with_line_and_reason_and_the_good_rest_lands(backorder, line, told, request):
    number = abs(hash(request.node.name))
    before, after = (
        json.dumps(cloud("seller.configured", at(11), seller(seller=f"good-{number}-{side}"), f"{number}-{side}"))
        for side in ("a", "b")
    )

    found = backorder("record", "-", stdin=f"{before}\n{line}\n{after}\n")

    assert found.returncode == 1
    assert "2 accepted, 0 repeated, 0 waiting, 1 rejected" in found.stdout
    assert found.stderr.startswith("line 2")
    assert told in found.stderr


def test_r6_what_does_not_add_up_waits_and_is_shown(backorder):
    given = lines(
        cloud("seller.configured", at(11), seller(seller="waits"), "w1"),
        cloud("backorder.opened", at(20), opening(seller="waits", order="W-1"), "w2", source="waits"),
        cloud(
            "stock.allocated",
            at(21),
            {"seller": "waits", "order": "W-1", "line": "1", "available": 500},
            "w3",
            source="waits",
        ),
        cloud(
            "stock.allocated",
            at(21),
            {"seller": "waits", "order": "W-2", "line": "1", "available": 5},
            "w4",
            source="waits",
        ),
    )

    found = backorder("record", "-", stdin=given)
    rows = {row["ext_id"]: row for row in json.loads(backorder("events", "--source", "waits", "--json").stdout)}

    assert "2 accepted, 0 repeated, 2 waiting, 0 rejected" in found.stdout
    assert "is more than ordered 120" in rows["w3"]["reasons"][0]
    assert "its line is not opened yet" in rows["w4"]["reasons"][0] or "order" in rows["w4"]["reasons"][0]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(("record", "missing.jsonl"), "found no such file", id="missing file"),
        pytest.param(("due", "--within", "soon"), "allowed: a number with m, h or d", id="no span"),
        pytest.param(("preview", "B-1042", "--at", "tomorrow"), "allowed: a moment", id="no moment"),
        pytest.param(("promises", "--by", "colour"), "colour", id="no such way to count"),
    ],
)
def test_wrong_use_says_what_is_allowed_and_ends_with_2(backorder, words, told):
    found = backorder(*words)

    assert found.returncode == 2
    assert told in " ".join(found.stderr.split())


def test_settings_that_cannot_be_used_are_told_before_anything_starts(backorder):
    found = backorder("due", BACKORDER_MAIL_URL="imap://x", BACKORDER_LOG="loud")

    assert found.returncode == 2
    assert "BACKORDER_MAIL_URL" in found.stderr
    assert "BACKORDER_LOG" in found.stderr


def test_an_order_that_nobody_knows_is_a_finding(backorder):
    assert backorder("explain", "NO-SUCH").returncode == 1


def test_doctor_says_that_no_beat_has_ticked(backorder):
    rows = {row["check"]: row for row in json.loads(backorder("doctor", "--json").stdout)}

    assert rows["database"]["ok"]
    assert rows["broker"]["ok"]
    assert not rows["beat"]["ok"]


def test_phrases_are_linted(backorder, tmp_path):
    (tmp_path / "phrases").mkdir()
    (tmp_path / "email").mkdir()
    text = '[transport]\ntext = "The carrier lost it!"\nversion = "1"\napproved_by = "nobody"\n'
    (tmp_path / "phrases" / "en.toml").write_text(text)

    assert backorder("phrases", "lint").returncode == 0
    assert backorder("phrases", "lint", tmp_path).returncode == 1


def test_what_was_set_aside_is_let_go_and_what_came_back_is_shown(backorder):
    assert "0 correspondences, 0 mails and 0 events of items go on" in backorder("unpark").stdout
    assert "nothing has come back" in backorder("bounces").stdout
    assert json.loads(backorder("bounces", "--json").stdout) == []
    refused = backorder("release", "nobody")
    assert refused.returncode == 1
    assert "found no seller of this name whose mail was stopped" in " ".join(refused.stderr.split())


def test_settings_of_bounces_and_keys_that_cannot_be_used_are_told(backorder):
    found = backorder(
        "due",
        BACKORDER_BOUNCE_ADDRESS="nobody",
        BACKORDER_BOUNCE_MAILBOX="pop://x",
        BACKORDER_DKIM_KEYS="/no/such/folder",
        BACKORDER_MAIL_URL="smtp://localhost?connections=900",
    )

    assert found.returncode == 2
    for name in ("BOUNCE_ADDRESS", "BOUNCE_MAILBOX", "DKIM_KEYS", "connections=900"):
        assert name in found.stderr
