"""Email addresses as the door takes them."""

import re
from functools import lru_cache
from typing import Final

from email_validator import EmailNotValidError, validate_email

PLAIN: Final = re.compile(
    r"[a-z0-9]+(?:[._+-][a-z0-9]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.){1,4}(?:com|net|org|de|at|ch|fr|uk|nl|eu|us|test)"
)
"""Addresses as most are: any of them that is short enough is valid, and need not be taken apart (RFC 5321, 4.5.3.1)."""
LONGEST_PLAIN: Final = 63


@lru_cache(maxsize=50_000)
def is_address(value: str) -> bool:
    """Tell whether mail could go there, without asking the network; domains under `.test` are for trying out."""
    if len(value) <= LONGEST_PLAIN and PLAIN.fullmatch(value):
        return True
    try:
        validate_email(value, check_deliverability=False, test_environment=True, strict=True)
    except EmailNotValidError:
        return False
    return True
