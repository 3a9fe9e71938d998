import json

import pytest

from tests.unit.intake.door import BUYER, CONFIGURED, LINE, OPENED, SOMEBODY, accepted, event, reasons

NUMBER = "allowed: a number, or a decimal string such as 40 or 2.5"
CLEAN = "allowed: text without control characters or line breaks"
FILLED = "allowed: text that is not blank, without control characters or line breaks"


@pytest.mark.parametrize(
    ("literal", "reason"),
    [
        pytest.param("-3", "found -3; allowed: 0 or more", id="negative"),
        pytest.param("2.1234", "found 2.1234; allowed: at most 3 decimal places", id="a fourth place"),
        pytest.param(
            "1." + 40 * "0" + "1", f"found 1.{40 * '0'}1; allowed: at most 3 decimal places", id="a place far behind"
        ),
        pytest.param(
            "1e15", "found a number above 1 000 000 000 000; allowed: at most that", id="more than anybody orders"
        ),
        pytest.param("-1e99999999", "found -1E+99999999; allowed: 0 to 1000000000000", id="a number too long to write"),
        pytest.param(f"1e{20 * '9'}", f"found 1e{20 * '9'}; {NUMBER}", id="a number nobody can hold"),
        pytest.param('"1_0"', f"found 1_0; {NUMBER}", id="digits in Python's way"),
        pytest.param('"１２"', f"found １２; {NUMBER}", id="digits of another script"),
        pytest.param('" 40 "', f"found  40 ; {NUMBER}", id="spaces"),
        pytest.param('"NaN"', f"found NaN; {NUMBER}", id="NaN as text"),
        pytest.param("true", f"found true; {NUMBER}", id="a truth"),
        pytest.param("null", f"found null; {NUMBER}", id="null"),
        pytest.param("[1]", f"found a list; {NUMBER}", id="a list"),
    ],
)
def test_a_quantity_is_an_exact_number_of_at_most_three_places(literal, reason):
    raw = json.dumps(event()).replace('"available": 100', f'"available": {literal}')

    assert reasons(raw) == [f"data.available: {reason}"]


@pytest.mark.parametrize("literal", ["0", "40", "40.0", "40.000", "4e1", "2.125", '"40"', '"2.125"', "1000000000000"])
def test_a_quantity_may_be_written_as_number_or_as_text(literal):
    accepted(json.dumps(event()).replace('"available": 100', f'"available": {literal}'))


@pytest.mark.parametrize(
    ("kind", "data", "reason"),
    [
        pytest.param(
            "seller.configured",
            {**CONFIGURED, "timezone": "Europe/Bergheim"},
            "data.timezone: found Europe/Bergheim; allowed: the IANA name of a zone that exists, such as Europe/Berlin",
            id="a zone that does not exist",
        ),
        pytest.param(
            "seller.configured",
            {**CONFIGURED, "timezone": "Factory"},
            "data.timezone: found Factory; allowed: the IANA name of a zone that exists, such as Europe/Berlin",
            id="a zone that is nowhere",
        ),
        pytest.param(
            "seller.configured",
            {**CONFIGURED, "country": "XX"},
            "data.country: found XX; allowed: an ISO 3166 country code in capitals, such as DE",
            id="a country that does not exist",
        ),
        pytest.param(
            "seller.configured",
            {**CONFIGURED, "country": "GB", "region": "BY"},
            "data.region: found BY; allowed: a region of GB: ENG, NIR, SCT, WLS; or none",
            id="a region of another country",
        ),
        pytest.param(
            "backorder.opened",
            {**OPENED, "buyer": {**BUYER, "contact": {"region": "BY"}}},
            "data.buyer.contact.region: found BY; allowed: a region together with its `country`",
            id="a region of no country",
        ),
        pytest.param(
            "backorder.opened",
            {**OPENED, "buyer": {**BUYER, "company": "Muster\r\nBcc: all@muster.example"}},
            f"data.buyer.company: found Muster··Bcc: all@muster.example; {FILLED}",
            id="line breaks in a name",
        ),
        pytest.param(
            "backorder.opened",
            {**OPENED, "product": "block \u202emm 02"},
            f"data.product: found block ·mm 02; {CLEAN}",
            id="a name that turns the writing round",
        ),
        pytest.param(
            "backorder.opened",
            {**OPENED, "po": "4500\ud800"},
            "data.po: found a lone surrogate; allowed: text that is valid Unicode",
            id="a lone surrogate",
        ),
        pytest.param(
            "backorder.opened",
            {**OPENED, "product": 5_000_000 // 20 * "x"},
            "data.product: found 250000 characters; allowed: at most 300 characters",
            id="a name of any length",
        ),
        pytest.param(
            "backorder.opened",
            {**OPENED, "buyer": {**BUYER, "company": " "}},
            f"data.buyer.company: found blank text; {FILLED}",
            id="a company without a name",
        ),
        pytest.param(
            "backorder.opened",
            {**OPENED, "owner": {"email": "eva@bergmann.example\nBcc: all@muster.example"}},
            "data.owner.email: found eva@bergmann.example·Bcc: all@muster.example; "
            "allowed: an email address such as orders@example.com",
            id="a line break in an address",
        ),
        pytest.param(
            "backorder.opened",
            {**OPENED, "owner": {"name": "Eva Brandt"}},
            "data.owner.email: found nothing; allowed: this field is required",
            id="an owner who cannot be reached",
        ),
        pytest.param(
            "backorder.opened",
            {**OPENED, "expected_on": "2026-02-30"},
            "data.expected_on: found 2026-02-30; allowed: a day that exists, such as 2026-05-20",
            id="a day that does not exist",
        ),
        pytest.param(
            "backorder.opened",
            {**OPENED, "next_checkpoint": "2026-05-27T10:00:00"},
            "data.next_checkpoint: found 2026-05-27T10:00:00; "
            "allowed: a moment with its offset, such as 2026-05-20T09:00:00+02:00",
            id="a naive checkpoint",
        ),
        pytest.param(
            "backorder.opened",
            {**OPENED, "cause": "inspektion_hold"},
            "data.cause: found inspektion_hold; allowed: inspection_hold, production_delay, supplier_timing, "
            "fast_moving, promotion, stock_error, transport or other; did you mean `inspection_hold`?",
            id="a misspelt cause",
        ),
        pytest.param(
            "backorder.opened",
            {**OPENED, "choices": ["wait", 7]},
            "data.choices[1]: found 7; allowed: wait, split, substitute, adjust or cancel",
            id="a choice that is none",
        ),
        pytest.param(
            "backorder.opened",
            {**OPENED, "ship_complete": "yes"},
            "data.ship_complete: found yes; allowed: true or false",
            id="a truth as text",
        ),
        pytest.param(
            "backorder.opened",
            {**OPENED, "priority": 1.5},
            "data.priority: found 1.5; allowed: a whole number",
            id="half a priority",
        ),
        pytest.param(
            "seller.configured",
            {**CONFIGURED, "seller": "Bergmann GmbH"},
            "data.seller: found Bergmann GmbH; "
            "allowed: 1 to 63 lower-case letters, digits and hyphens, a letter or digit first",
            id="a seller who is no slug",
        ),
        pytest.param(
            "seller.configured",
            {**CONFIGURED, "support": "javascript:alert(1)"},
            "data.support: found javascript:alert(1); "
            "allowed: a web address such as https://example.com/help, or an email address",
            id="a support address that is a program",
        ),
        pytest.param(
            "seller.configured",
            {**CONFIGURED, "from": {**SOMEBODY, "phone": "1"}},
            "data.from.phone: found an unknown field; allowed: name, email",
            id="an unknown field inside",
        ),
        pytest.param(
            "production.changed",
            {"seller": "bergmann", "sku": "BX-120", "order": "B-1042", "line": "1"},
            "data: found `sku` and `order` and `line`; allowed: either `sku`, or `order` and `line`",
            id="news about an item and a line",
        ),
        pytest.param(
            "production.changed",
            {"seller": "bergmann"},
            "data: found none of `sku`, `order`, `line`; allowed: either `sku`, or `order` and `line`",
            id="news about nothing",
        ),
        pytest.param(
            "review.recorded",
            {"seller": "bergmann", "line": "1", "by": "Eva Brandt"},
            "data: found `line`; allowed: `order`, `order` and `line`, or `sku`",
            id="a review of a line of no order",
        ),
        pytest.param(
            "review.recorded",
            {"seller": "bergmann", "order": "B-1042", "by": ""},
            f"data.by: found blank text; {FILLED}",
            id="a review by nobody",
        ),
    ],
)
def test_what_is_malformed_is_refused_with_what_is_allowed(kind, data, reason):
    assert reasons(event(kind, data)) == [reason]


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        pytest.param("backorder.opened", {**OPENED, "buyer": {"company": "Muster"}}, id="a buyer without a contact"),
        pytest.param(
            "backorder.opened", {**OPENED, "buyer": {**BUYER, "contact": {"name": "Jana"}}}, id="without an address"
        ),
        pytest.param("backorder.opened", {**OPENED, "available": 500}, id="figures that do not add up, they wait"),
        pytest.param("backorder.opened", {**OPENED, "cause": "other"}, id="other without words, its owner is asked"),
        pytest.param("backorder.opened", {**OPENED, "product": "Räder, 20°, 北"}, id="any script"),
        pytest.param("seller.configured", {**CONFIGURED, "country": "AQ"}, id="a country without a holiday table"),
        pytest.param("seller.configured", {**CONFIGURED, "support": "help@bergmann.example"}, id="support by mail"),
        pytest.param("production.changed", {**LINE, "expected_on": None}, id="no date any more"),
    ],
)
def test_what_is_only_incomplete_or_contradicts_itself_comes_in(kind, data):
    accepted(event(kind, data))


def test_all_faults_of_an_event_are_named_at_once():
    data = {**OPENED, "ordered": -1, "available": "x", "colour": "red"}
    found = reasons(event("backorder.opened", data, time="2026-05-20T10:30:00+02:00", id=""))

    assert [reason.split(":")[0] for reason in found] == [
        "id",
        "data.ordered",
        "data.available",
        "data.colour",
        "time",
    ]


def test_an_unknown_field_names_the_one_that_was_probably_meant():
    assert reasons(event(data={**LINE, "avail": 3, "available": 3})) == [
        "data.avail: found an unknown field; allowed: seller, order, line, available; did you mean `available`?"
    ]


def test_thousands_of_faults_are_counted_not_listed():
    found = reasons(event(data={**LINE, "available": 1, **{f"field{n}": n for n in range(9000)}}))

    assert len(found) == 26
    assert found[-1] == "(event): found 8975 more faults; allowed: none"


def test_a_refused_value_is_shown_in_at_most_80_characters():
    (reason,) = reasons(event("seller.configured", {**CONFIGURED, "order_desk": 200 * "x" + "@example.com"}))

    assert reason == f"data.order_desk: found {79 * 'x'}…; allowed: an email address such as orders@example.com"
