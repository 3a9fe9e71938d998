"""Moments are written as `isoformat` writes them, whatever their zone: ids and kept rows hold that text."""

from datetime import UTC, timedelta, timezone
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from worker.isotext import iso

PLACES = (ZoneInfo("Europe/Berlin"), ZoneInfo("UTC"), timezone(timedelta(hours=-3, minutes=-30)))
ZONES = st.sampled_from([UTC, None, *PLACES])


@given(st.datetimes(timezones=ZONES))
def test_a_moment_is_written_as_the_standard_library_writes_it(moment):
    assert iso(moment) == moment.isoformat()
