import io
import json
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.intake.door import ALLOCATED, CONFIGURED, OPENED, RECEIVED_AT, accepted, event, knock
from worker.intake.models import MODELS
from worker.intake.reading import Incoming, Refusal, read_lines, read_value
from worker.intake.stored import to_event

EVENTS = [event(), event("backorder.opened", OPENED), event("seller.configured", CONFIGURED)]
NAMES = sorted({name for one in EVENTS for name in [*one, *one["data"]]})

leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
json_values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(), inner, max_size=4),
    max_leaves=12,
)


def judged(found):
    if isinstance(found, Incoming):
        assert to_event(found.body) == found.event
        return
    assert isinstance(found, Refusal)
    assert found.reasons
    for reason in found.reasons:
        assert str(reason).isprintable()
        assert len(reason.path) <= 80


@given(st.binary(max_size=300))
@example(b"")
@example(b"\xef\xbb\xbf")
def test_no_bytes_whatever_make_the_door_raise(raw):
    judged(knock(raw))


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=200))
@example('{"type": "stock.allocated", "data": {"\\ud800": 1}}')
def test_no_text_whatever_makes_the_door_raise(text):
    judged(knock(text))


@given(st.sampled_from(EVENTS), st.data())
def test_no_event_with_torn_bytes_makes_the_door_raise(one, data):
    raw = bytearray(json.dumps(one).encode())
    for _ in range(data.draw(st.integers(1, 5))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))

    judged(knock(bytes(raw)))


@given(st.sampled_from(sorted(MODELS)), st.data())
def test_no_value_in_any_field_makes_the_door_raise(kind, data):
    names = [field.alias or name for name, field in MODELS[kind].model_fields.items()]
    values = data.draw(st.dictionaries(st.sampled_from(names), json_values, max_size=6))
    known = {**OPENED, **CONFIGURED, **ALLOCATED}

    judged(
        read_value(
            event(kind, {**{name: known[name] for name in names if name in known}, **values}), received_at=RECEIVED_AT
        )
    )


@given(json_values)
def test_no_parsed_value_makes_the_door_raise(value):
    judged(read_value(value, received_at=RECEIVED_AT))


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_lines_are_numbered_as_an_editor_does_whatever_they_hold(raw):
    text = b"\n".join(raw)
    numbers = [number for number, _ in read_lines(io.BytesIO(text), RECEIVED_AT)]
    filled = [n for n, line in enumerate(text.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1) if line.strip()]

    assert numbers == filled


printable = st.text(alphabet=st.characters(categories=("L", "N", "P")), min_size=1, max_size=60)
figures = st.decimals(min_value=0, max_value=10**9, places=3, allow_nan=False, allow_infinity=False)
moments = st.integers(10**9, int(RECEIVED_AT.timestamp())).map(lambda second: datetime.fromtimestamp(second, UTC))
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(printable, figures, moments)
def test_a_valid_event_survives_the_way_in_and_back(order, ordered, time):
    data = {**OPENED, "order": order, "ordered": str(ordered)}
    found = accepted(event("backorder.opened", data, time=time.isoformat()))

    assert (found.order, found.event.data["ordered"], found.event.time) == (order, ordered, time)
    assert to_event(found.body) == found.event


@given(st.permutations(sorted(OPENED)), moments, zones)
def test_the_digest_ignores_the_order_of_keys_and_the_zone_of_the_time(names, time, zone):
    data = {name: OPENED[name] for name in names}
    found = accepted(event("backorder.opened", data, time=time.astimezone(zone).isoformat()))

    assert found.digest == accepted(event("backorder.opened", OPENED, time=time.isoformat())).digest
