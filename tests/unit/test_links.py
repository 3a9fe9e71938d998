"""Links into mails: for one reader, one order, one purpose, until their time is over (R37)."""

import json
from datetime import timedelta
from hashlib import sha256

import pytest
from itsdangerous import URLSafeSerializer, base64_encode

from tests.builders import at
from worker.links import LASTS, Grant, Links, Purpose, Unusable, reader_of

LINKS = Links("a key of tests, long enough", "https://updates.example.com/")
ADDRESS = "P@muster.example.com"


NOON = at(20)


def token(purpose=Purpose.DECIDE, links=LINKS, now=NOON):
    return links.token(purpose, "bergmann", "B-1042", ADDRESS, now)


def test_r37_a_link_names_order_and_reader_without_his_address():
    grant = LINKS.read(Purpose.DECIDE, token(), at(21))

    assert grant == Grant(
        purpose=Purpose.DECIDE,
        seller="bergmann",
        order="B-1042",
        reader=reader_of("bergmann", "p@muster.example.com"),
        expires_at=at(20) + LASTS[Purpose.DECIDE],
    )
    assert grant.made_at == at(20)
    assert LINKS.url(Purpose.DECIDE, "bergmann", "B-1042", ADDRESS, at(20)).startswith("https://updates.example.com/d/")


def test_the_same_link_is_the_same_text_so_that_a_replay_repeats_itself():
    assert token() == token()


def test_a_token_is_what_the_library_that_checks_it_would_write():
    key_of_decisions = URLSafeSerializer(
        "a key of tests, long enough", salt="link/d", signer_kwargs={"key_derivation": "hmac", "digest_method": sha256}
    )
    payload, _, _ = token().rpartition(".")

    assert key_of_decisions.make_signer().sign(payload).decode() == token()


@pytest.mark.parametrize("order", ['a"b', "a\\b", "a/b<c>&'", "a\tb\x1f", "a\x7fb", "Größe", "注文", "\u2028", "🧵"])
def test_a_token_holds_json_as_the_library_writes_it(order):
    made = LINKS.token(Purpose.DECIDE, "bergmann", order, ADDRESS, NOON)
    expires = int((NOON + LASTS[Purpose.DECIDE]).timestamp())
    said = ["bergmann", order, reader_of("bergmann", ADDRESS), expires]

    payload = made.partition(".")[0]
    assert payload == base64_encode(json.dumps(said, separators=(",", ":"))).decode()
    grant = LINKS.read(Purpose.DECIDE, made, NOON)
    assert isinstance(grant, Grant)
    assert grant.order == order


@pytest.mark.parametrize("purpose", Purpose)
def test_a_link_expires_to_the_second(purpose):
    made = token(purpose)
    end = at(20) + LASTS[purpose]

    assert isinstance(LINKS.read(purpose, made, end - timedelta(seconds=1)), Grant)
    assert LINKS.read(purpose, made, end) is Unusable.EXPIRED


def test_a_token_cut_or_changed_anywhere_opens_nothing():
    made = token()
    changed = [made[:place] + ("A" if made[place] != "A" else "B") + made[place + 1 :] for place in range(len(made))]
    cut = [made[:size] for size in range(len(made))]

    assert all(LINKS.read(Purpose.DECIDE, one, at(21)) is Unusable.BROKEN for one in [*changed, *cut, made + "="])


@pytest.mark.parametrize(
    "other",
    [token(Purpose.REVIEW), token(links=Links("another key, long enough", "https://x.example")), "", "x" * 9999],
)
def test_a_token_of_another_purpose_or_key_opens_nothing(other):
    assert LINKS.read(Purpose.DECIDE, other, at(21)) is Unusable.BROKEN


def test_another_contact_is_another_reader():
    assert reader_of("bergmann", "a@muster.example.com") != reader_of("bergmann", "b@muster.example.com")
    assert reader_of("bergmann", "a@muster.example.com") != reader_of("other", "a@muster.example.com")


def test_a_link_that_was_packed_in_an_older_mail_still_opens():
    order = "B-" + "1042" * 20
    said = ["bergmann", order, reader_of("bergmann", ADDRESS), int((NOON + LASTS[Purpose.DECIDE]).timestamp())]
    packed = LINKS._serializers[Purpose.DECIDE].dumps(said)

    assert packed.startswith("."), "this one is not packed"
    assert packed != LINKS.token(Purpose.DECIDE, "bergmann", order, ADDRESS, NOON)
    grant = LINKS.read(Purpose.DECIDE, packed, NOON)
    assert isinstance(grant, Grant)
    assert grant.order == order
