"""What can be wrong with a source, its file, or one of its rows, in words for a person."""

from dataclasses import dataclass
from datetime import timedelta

from worker.intake.reasons import shown


class DefinitionError(ValueError):
    """A source file that cannot be used; the text lists every fault with file, field and what is allowed."""

    def __init__(self, file: str, faults: list[str]) -> None:
        super().__init__("\n".join(f"{file}: {fault}" for fault in faults))
        self.file = file
        self.faults = faults


class ReadError(Exception):
    """A read that did not come to its end: nothing of it is believed."""

    def __init__(self, found: str, todo: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(f"found {found}; {todo}")
        self.retry_after = retry_after


class NotReadyError(Exception):
    """There is nothing to read yet, such as a file that is still being written; no fault of the source."""


class UnchangedError(Exception):
    """The source says itself that nothing changed since the last accepted read."""


@dataclass(frozen=True, slots=True)
class RowFault:
    """Why one row is left out: its number in the read, its key if that could be read, the column."""

    row: int
    key: str
    column: str
    found: str
    allowed: str

    def __str__(self) -> str:
        of_key = f" ({shown_key(self.key)})" if self.key else ""
        column = f", column `{self.column}`" if self.column else ""
        return f"row {self.row}{of_key}{column}: found {self.found}; allowed: {self.allowed}"


def shown_key(key: str) -> str:
    """Give a row's key as a person reads it."""
    return shown(key.replace("\t", "/"))
