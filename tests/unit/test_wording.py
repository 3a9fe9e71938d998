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
    ],
)
def test_r31_a_factual_text_passes(text):
    assert lint(text) == ()
