"""The command line: parse, call one use case, answer."""

from typing import Final

WRONG_USE: Final = 2
"""How a call ends that is wrong in itself; findings end with 1."""
