import json

import pytest

from tests.unit.intake.door import ALLOCATED, event, knock, reasons
from worker.intake.models import MODELS

KNOWN = ", ".join(MODELS)
RAW = json.dumps(event())


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        pytest.param(
            '{"id": ', "(event): found no JSON: Expecting value at line 1, column 7; allowed: one JSON object", id="cut"
        ),
        pytest.param(
            RAW + RAW,
            f"(event): found no JSON: Extra data at line 1, column {len(RAW) + 1}; allowed: one JSON object",
            id="two in one",
        ),
        pytest.param("[]", "(event): found a list; allowed: one JSON object", id="a list"),
        pytest.param("null", "(event): found null; allowed: one JSON object", id="null"),
        pytest.param(b"\xff\xfe{", "(event): found bytes that are no UTF-8; allowed: JSON in UTF-8", id="no UTF-8"),
        pytest.param("\ud800", "(event): found bytes that are no UTF-8; allowed: JSON in UTF-8", id="half a character"),
        pytest.param(
            RAW.replace("100", "NaN"), "(event): found NaN; allowed: numbers that JSON knows", id="a constant: NaN"
        ),
        pytest.param(
            RAW.replace("100", "-Infinity"),
            "(event): found -Infinity; allowed: numbers that JSON knows",
            id="a constant: -Infinity",
        ),
        pytest.param(
            RAW.replace("100", 5000 * "1"),
            "(event): found a number of thousands of digits; allowed: numbers that are quantities",
            id="an endless number",
        ),
        pytest.param(
            RAW.replace('"line"', '"order"'),
            "order: found the same key twice; allowed: each key once",
            id="a key twice",
        ),
        pytest.param(
            RAW.replace("100", 30 * "[" + 30 * "]"),
            "(event): found deep nesting; allowed: at most 20 levels",
            id="deep nesting",
        ),
        pytest.param(100_000 * "[", "(event): found endless nesting; allowed: a few levels", id="endless nesting"),
        pytest.param(
            RAW + 300_000 * " ",
            f"(event): found {len(RAW) + 300_000} bytes; allowed: at most 262144 bytes",
            id="more than 256 KiB",
        ),
    ],
)
def test_what_is_no_single_readable_object_is_refused(raw, reason):
    assert reasons(raw) == [reason]


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        pytest.param({"specversion": "0.3"}, "specversion: found 0.3; allowed: 1.0", id="an old version"),
        pytest.param({"id": ...}, "id: found nothing; allowed: this attribute is required", id="no id"),
        pytest.param({"id": 201 * "x"}, "id: found 201 characters; allowed: at most 200 characters", id="a long id"),
        pytest.param({"id": 7}, "id: found 7; allowed: text", id="an id that is a number"),
        pytest.param(
            {"time": "2026-05-20T09:00:00"},
            "time: found 2026-05-20T09:00:00; allowed: a moment with its offset, such as 2026-05-20T09:00:00+02:00",
            id="a naive time",
        ),
        pytest.param(
            {"time": "2026-02-30T09:00:00Z"},
            "time: found 2026-02-30T09:00:00Z; allowed: a moment that exists, such as 2026-05-20T09:00:00+02:00",
            id="an impossible time",
        ),
        pytest.param(
            {"time": "2026-05-20T08:05:01Z"},
            "time: found 2026-05-20T08:05:01+00:00, which lies ahead of its receipt at 2026-05-20T08:00:00+00:00; "
            "allowed: at most 5 minutes ahead",
            id="a time in the future",
        ),
        pytest.param(
            {"seenat": "soon"},
            "seenat: found soon; allowed: a moment such as 2026-05-20T09:00:00+02:00",
            id="an arrival that is no moment",
        ),
        pytest.param(
            {"datacontenttype": "text/xml"}, "datacontenttype: found text/xml; allowed: application/json", id="xml"
        ),
        pytest.param({"subject": {"a": 1}}, "subject: found an object; allowed: text", id="a subject that is no text"),
        pytest.param({"data": [ALLOCATED]}, "data: found a list; allowed: an object", id="a list of data"),
        pytest.param(
            {"colour": "a"},
            "colour: found an unknown attribute; allowed: specversion, id, source, type, time, subject, "
            "datacontenttype, dataschema, seenat, asof, data",
            id="an unknown attribute",
        ),
    ],
)
def test_an_envelope_that_is_no_cloudevent_is_refused(attributes, reason):
    assert reasons(event(**attributes)) == [reason]


def test_an_unknown_type_is_refused_with_the_known_ones_and_the_closest():
    assert reasons(event("stock.alloc")) == [
        f"type: found stock.alloc; allowed: {KNOWN}; did you mean `stock.allocated`?"
    ]


def test_a_time_five_minutes_ahead_is_a_clock_that_differs_and_comes_in():
    assert knock(event(time="2026-05-20T08:05:00Z")).seen_at is None


@pytest.mark.parametrize(
    ("identity", "kept"),
    [
        pytest.param(200 * "x", 200 * "x", id="whole if it is one"),
        pytest.param("a\nb", "a·b", id="shown if it is none"),
        pytest.param(7, "", id="empty if it is no text"),
    ],
)
def test_a_refusal_carries_the_identity_so_that_its_sender_finds_it(identity, kept):
    refusal = knock(event(id=identity, specversion="0"))

    assert (refusal.source, refusal.id) == ("erp.bergmann.example", kept)
