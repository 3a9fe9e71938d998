"""docs/performance.md says what the results file says."""

from benchmarks import results
from benchmarks.page import PAGE, written


def test_every_table_of_the_page_comes_from_the_results_file():
    page = PAGE.read_text("utf-8")

    assert written(page, results.read()) == page


def test_a_section_that_never_ran_is_said_not_to_be_measured():
    page = written(PAGE.read_text("utf-8"), {})

    assert "not measured" in page
    assert "**no**" not in page


def test_a_partial_run_keeps_the_other_sections(tmp_path):
    kept = tmp_path / "results.json"
    results.keep("ticks", {"ratio": 1.0}, kept)

    results.keep("race", {"ratios": {}}, kept)

    found = results.read(kept)
    assert found["ticks"]["figures"] == {"ratio": 1.0}
    assert found["race"]["machine"]["libraries"]
