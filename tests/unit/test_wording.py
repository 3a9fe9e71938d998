import pytest

from worker.updates.wording import lint


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("Our supplier failed to deliver", "blame", id="blames a supplier"),
        pytest.param("Delayed because of the holidays", "blame", id="blames holidays"),
        pytest.param("Our warehouse team is short-staffed", "blame", id="blames a team"),
        pytest.param("It will definitely be ready", "guarantee", id="guarantees"),
        pytest.param("Units will arrive on Friday", "guarantee", id="says what will surely be"),
        pytest.param("Blocked by SAP-4711", "code", id="internal code"),
        pytest.param("Status QM_HOLD", "code", id="status code"),
        pytest.param("See <b>here</b>", "markup", id="markup"),
        pytest.param("{{ order }} waits", "markup", id="template syntax"),
        pytest.param("Details at https://example.com", "markup", id="link"),
        pytest.param("Almost there!", "exclamation", id="exclamation mark"),
        pytest.param("We are sorry for the delay", "excuse", id="excuse"),
        pytest.param("One\nTwo", "control", id="line break"),
        pytest.param("", "empty", id="nothing"),
        pytest.param("…", "unfilled", id="a placeholder"),
        pytest.param("x" * 121, "length", id="too long"),
        ("The carrier lost a pallet", "blame"),
        ("DHL was late", "blame"),
        ("Delayed due to bad weather", "blame"),
        ("Waiting on the vendor", "blame"),
        ("Our planners made a mistake", "blame"),
        ("The manufacturer cannot deliver", "blame"),
        ("Closed over Christmas", "blame"),
        ("A strike at the port", "blame"),
        ("It is beyond our control", "blame"),
        ("Nobody is to blame", "blame"),
        ("We guarantee delivery", "guarantee"),
        ("Ready on Friday at the latest", "guarantee"),
        ("Without fail next week", "guarantee"),
        ("Rest assured it is on the way", "guarantee"),
        ("100 % certain", "guarantee"),
        ("Units will be shipped on Monday", "guarantee"),
        ("Lot 4711 is blocked", "code"),
        ("See ticket #88", "code"),
        ("po_line_status is 3", "code"),
        ("Bin A12-03-B is empty", "code"),
        ("Order 4500017733 first", "code"),
        ("**Urgent** check", "markup"),
        ("Write to desk@example.com", "markup"),
        ("${order}", "markup"),
        ("Fish &amp; chips", "markup"),
        ("Unfortunately not ready", "excuse"),
        ("We regret the delay", "excuse"),
        ("Thank you for your patience, for your understanding", "excuse"),
        ("Great news on your order", "marketing"),
        ("As a valued customer you come first", "marketing"),
        ("Reason: ____", "unfilled"),
        ("Right\u202eleft", "control"),
    ],
)
def test_r31_a_free_text_that_breaks_a_rule_names_it(text, code):
    assert code in {finding.code for finding in lint(text)}


@pytest.mark.parametrize(
    "text",
    [
        "Waiting for final production inspection",
        "A worn tool is being replaced before the next lot",
        "Incoming material for this item is scheduled later than planned",
        "The units are in customs clearance",
        "Final inspection is under way",
        "The lot is being reworked",
        "A second measurement of the bore is under way",
        "The paint line is being set up for this colour",
        "Packaging material for this item is on order",
        "The stock count was corrected",
        "Demand for this item is higher than the stock at hand",
        "Units are in transport to the shipping location",
        "Waiting for the export documents",
        "The test bench is being calibrated",
        "Two of three production steps are finished",
        "The drawing is being revised",
        "Heat treatment takes place next",
        "Assembly starts when the housings have come in",
        "Replenishment for this item is on order",
        "Spare parts for the press have been ordered",
    ],
)
def test_r31_a_factual_text_passes(text):
    assert lint(text) == ()


def test_r31_a_finding_says_what_was_found_where_why_and_what_is_allowed():
    (finding,) = lint("Ready soon!")

    assert str(finding) == "exclamation: found “!” at character 11; updates are calm; allowed: a full stop, or none"
