"""Addresses that are taken at a glance are those that the whole check takes."""

from email_validator import validate_email
from hypothesis import given
from hypothesis import strategies as st

from worker.intake.addresses import LONGEST_PLAIN, PLAIN, is_address


@given(st.from_regex(PLAIN, fullmatch=True).filter(lambda text: len(text) <= LONGEST_PLAIN))
def test_whatever_is_plain_passes_the_whole_check(address):
    found = validate_email(address, check_deliverability=False, test_environment=True, strict=True)

    assert found.original == address
    assert is_address(address)


def test_what_is_not_plain_is_checked_in_whole():
    assert is_address("Orders@Example.com")
    assert is_address("einkauf@m\u00fcller.example")
    assert not is_address("orders@localhost")
    assert not is_address("orders@example..com")
    assert not is_address("a" * 65 + "@example.com")
