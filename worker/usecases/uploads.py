"""Import by upload: looked at first, then written from the same bytes, and only as it was shown (R49)."""

import tempfile
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import structlog

from worker.sources.faults import DefinitionError, ReadError
from worker.storage import people, uploads
from worker.storage.codec import encode
from worker.storage.uploads import Upload
from worker.usecases.accounts import User
from worker.usecases.import_mapping import source_of
from worker.usecases.import_orders import OvertakenError, Scope, Summary, import_file
from worker.usecases.parts import Parts

log = structlog.get_logger()
MOST_ROWS: Final = 20_000
"""A page waits for an answer; larger files go by the command line."""
KEPT_FOR: Final = timedelta(days=1)
REMEMBERED_FOR: Final = timedelta(days=90)
HELD_FOR: Final = timedelta(minutes=15)
MOST_FAULTS_KEPT: Final = 200
NO_VARIABLES: Final[Mapping[str, str]] = {}
"""A mapping that came from outside names no variable of ours."""


class UnreadableError(ValueError):
    """A file or mapping that cannot be read; `faults` say what was found, where, and what is allowed."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


def look_at(parts: Parts, user: User, name: str, content: bytes, mapping: str | None, seller: str) -> int:
    """Look at a file and keep it with what it would write; give its number. Nothing is written."""
    summary = _read(
        parts, user, content, mapping, seller, Scope(sellers=user.sellers, most_rows=MOST_ROWS), apply=False
    )
    row = {"user_id": user.id, "name": name, "seller": seller, "mapping": mapping, "content": content}
    with parts.engine.begin() as connection:
        now = parts.clock(connection)
        kept = {"summary": _kept(summary), "plan": summary.plan, "at": now}
        return uploads.keep(connection, row | kept, now - KEPT_FOR, now - REMEMBERED_FOR)


def shown(parts: Parts, user: User, upload_id: int) -> Upload | None:
    """Give a user's own upload; None if he has no such one."""
    with parts.engine.connect() as connection:
        return uploads.find(connection, upload_id, user.id)


def write(parts: Parts, user: User, upload_id: int) -> bool:
    """Write an upload as it was shown; False if it would be written otherwise by now, and is to be looked at again.

    Writing twice changes nothing. UnreadableError if its bytes are gone.
    """
    found = shown(parts, user, upload_id)
    if found is None:
        raise UnreadableError(["This file is not kept any more. Please choose it again."])
    with parts.engine.begin() as connection:
        now = parts.clock(connection)
        held = uploads.hold(connection, upload_id, now, now + HELD_FOR)
    if not held or found.content is None:
        return True
    scope = Scope(sellers=user.sellers, most_rows=MOST_ROWS, plan=found.plan)
    try:
        summary = _read(parts, user, found.content, found.mapping, found.seller, scope, apply=True)
    except OvertakenError:
        _look_again(parts, user, found)
        return False
    except BaseException:
        with parts.engine.begin() as connection:
            uploads.let_go(connection, upload_id)
        raise
    with parts.engine.begin() as connection:
        now = parts.clock(connection)
        uploads.written(connection, upload_id, _kept(summary), now)
        detail = {"file": found.name, "sha256": sha256(found.content).hexdigest(), "verdicts": dict(summary.verdicts)}
        people.note_act(
            connection,
            {"at": now, "who": user.name, "what": "import.applied", "seller": found.seller, "detail": detail},
        )
    log.info("import_applied", upload=upload_id, rows=summary.rows)
    return True


def _look_again(parts: Parts, user: User, found: Upload) -> None:
    scope = Scope(sellers=user.sellers, most_rows=MOST_ROWS)
    summary = _read(parts, user, found.content or b"", found.mapping, found.seller, scope, apply=False)
    with parts.engine.begin() as connection:
        uploads.show(connection, found.id, _kept(summary), summary.plan)


def _read(
    parts: Parts, user: User, content: bytes, mapping: str | None, seller: str, scope: Scope, *, apply: bool
) -> Summary:
    if seller and not user.sees(seller):
        raise UnreadableError([f"seller: found {seller}; allowed: {', '.join(user.sellers or ())}"])
    with tempfile.TemporaryDirectory(prefix="import-") as folder:
        path = Path(folder) / "file.csv"
        path.write_bytes(content)
        try:
            source = source_of(path, _mapping(mapping), seller or None, environ=NO_VARIABLES)
            return import_file(parts, source, path, apply=apply, scope=scope)
        except DefinitionError as fault:
            raise UnreadableError(fault.faults) from None
        except ReadError as fault:
            raise UnreadableError([str(fault)]) from None


def _mapping(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as fault:
        words = str(fault) if isinstance(fault, ValueError) else "tables too deep"
        raise UnreadableError([f"mapping: found no TOML: {words}"]) from None


def _kept(summary: Summary) -> dict[str, Any]:
    """Give a summary as it is kept and shown: the first doubtful rows, and how many there are."""
    said: dict[str, Any] = encode(summary)
    return said | {"faults": summary.faults[:MOST_FAULTS_KEPT], "fault_count": len(summary.faults)}
