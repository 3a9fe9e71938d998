"""`file:///dir`: one .eml per mail, complete or not there at all."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from worker.delivery.transport import CLAIM_UNSURE, Ended, EndsAtOnce, MayGo, Outgoing
from worker.updates.outcomes import Accepted, Deferred, Outcome

ROOM: Final = 1000


class FileTransport(EndsAtOnce):
    """Writes mails into a folder; the name orders them and repeats overwrite themselves."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def room(self) -> int:
        return ROOM

    def submit(self, mails: Sequence[Outgoing], may_go: MayGo, ended: Ended) -> None:
        for mail in mails:
            ended(mail.mail_id, self._write(mail) if may_go() else CLAIM_UNSURE)

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
