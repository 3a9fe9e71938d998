"""Presets are validated data: every fault with field, value and range; contradictions are found (R29)."""

from datetime import time, timedelta

import pytest

from schedules.policies import RANGES, PolicyError, figure_from, range_of, rhythm_from, written
from schedules.rhythm import DEFAULT
from worker.presets import FOLDER, presets, read_preset, rhythm_of


def faults(**values):
    with pytest.raises(PolicyError) as refused:
        rhythm_from("ours", values)
    return [str(fault) for fault in refused.value.faults]


def test_a_preset_says_what_differs_from_the_default():
    made = rhythm_from("ours", {"settle": "20m", "sending_opens": "07:30", "updates_per_week": 4})

    assert (made.name, made.settle, made.sending_opens) == ("ours", timedelta(minutes=20), time(7, 30))
    assert made.notable_gap == DEFAULT.notable_gap


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"settle": "5h"}, "settle: found 5h; allowed: 0m to 4h"),
        ({"settle": "soon"}, "settle: found soon; allowed: 0m to 4h"),
        ({"updates_per_week": 0}, "updates_per_week: found 0; allowed: 1 to 50"),
        ({"updates_per_week": True}, "updates_per_week: found True; allowed: 1 to 50"),
        ({"sending_opens": "25:00"}, "sending_opens: found 25:00; allowed: 00:00 to 12:00"),
        ({"settle_at_most": "10m"}, "settle: found 15m; allowed: at most settle_at_most (10m)"),
        ({"decisive_gap": "20h", "notable_gap": "10h"}, "decisive_gap: found 20h; allowed: at most notable_gap (10h)"),
        ({"day_means": "19:00"}, "day_means: found 19:00; allowed: within sending hours (08:00 to before 18:00)"),
        ({"cadence_business_days": 25}, "cadence_business_days: found 25; allowed: at most cadence_at_most"),
    ],
)
def test_a_fault_names_field_value_and_what_is_allowed(values, said):
    assert any(fault.startswith(said) for fault in faults(**values))


def test_an_unknown_figure_is_named_with_the_known_ones_and_all_faults_come_together():
    found = faults(setle="15m", settle="9h", updates_per_week=99)

    assert len(found) == 3
    assert found[0].startswith("setle: found an unknown figure; allowed: settle,")


def test_every_figure_has_a_range_that_holds_its_default():
    assert set(RANGES) == set(written(DEFAULT))
    assert all(least <= getattr(DEFAULT, name) <= most for name, (least, most) in RANGES.items())


def test_every_preset_of_the_house_can_be_used_and_the_default_says_nothing_new():
    assert {path.stem for path in FOLDER.glob("*.toml")} == set(presets()) >= {"default", "calm", "brisk"}
    assert presets()["default"] == DEFAULT
    assert rhythm_of({"policy": "calm"}).notable_gap == timedelta(hours=48)
    assert rhythm_of({}) is presets()["default"]


def test_a_file_that_is_no_toml_is_refused_by_name(tmp_path):
    (tmp_path / "mine.toml").write_text("settle = ")

    with pytest.raises(PolicyError, match=r"preset mine.toml: \(file\): found"):
        read_preset(tmp_path / "mine.toml")


def test_own_figures_stand_on_top_of_the_preset_and_name_their_version():
    own = rhythm_of({"policy": "calm", "figures": {"settle": "20m"}, "policy_version": 3})

    assert (own.name, own.settle, own.notable_gap) == ("calm/3", timedelta(minutes=20), timedelta(hours=48))


def test_own_figures_that_are_no_longer_allowed_yield_to_the_preset():
    assert rhythm_of({"policy": "calm", "figures": {"settle": "99h"}}) is presets()["calm"]
    assert rhythm_of({"policy": "calm", "figures": {}}) is presets()["calm"]


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("updates_per_week", "4", 4),
        ("updates_per_week", "four", "four"),
        ("settle", "15m", "15m"),
        ("settle", "7", "7"),
    ],
)
def test_what_somebody_types_is_read_as_the_figure_is(field, text, value):
    assert figure_from(field, text) == value


def test_a_range_is_said_as_a_preset_says_it():
    assert range_of("settle") == ("0m", "4h")
