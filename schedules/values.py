"""Values that nobody changes, and such as are like them but for some fields.

Type checkers hold them to be frozen; Python's own check would triple what one costs.
"""

import dataclasses
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass, replace
else:
    from schedules.shapes import replaced as replace

    def dataclass(*, frozen: bool, slots: bool, kw_only: bool = False) -> Any:
        """Make a dataclass that compares and hashes like a frozen one, without setting each field through a check."""
        return dataclasses.dataclass(slots=slots, kw_only=kw_only, unsafe_hash=frozen)


__all__ = ["dataclass", "replace"]
