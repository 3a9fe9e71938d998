"""`file:///dir`: one .eml per mail, complete or not there at all."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from worker.delivery.transport import NOT_STARTED, Outgoing, always
from worker.updates.outcomes import Accepted, Deferred, Outcome


class FileTransport:
    """Writes mails into a folder; the name orders them and repeats overwrite themselves."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, mails: Sequence[Outgoing], may_start: Callable[[], bool] = always) -> list[Outcome]:
        return [self._write(mail) if may_start() else NOT_STARTED for mail in mails]

    def close(self) -> None:
        """Nothing is held."""

    def _write(self, mail: Outgoing) -> Outcome:
        path = self._folder / f"{mail.mail_id:08d}.eml"
        draft = path.with_suffix(".part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with draft.open("wb") as target:
                target.write(mail.content)
                target.flush()
                os.fsync(target.fileno())
            draft.rename(path)
        except OSError as fault:
            return Deferred(f"{fault.strerror}: {self._folder}")
        return Accepted(path.name)
