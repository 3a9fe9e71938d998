"""Read a mailbox over IMAP, a bounded number of bounded mails at a time; what was taken is marked as seen."""

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

ANSWERS_WITHIN_SECONDS: Final = 20.0
MOST_BYTES: Final = 512 * 1024
MOST_MAILS: Final = 100


class MailboxError(Exception):
    """A mailbox that could not be read; the text says what the server said, without addresses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxServer:
    """Where the mailbox is."""

    host: str
    port: int
    user: str
    password: str
    folder: str
    tls: bool


class OpenMailbox:
    """An open mailbox: mails that nobody has marked yet, and a mark."""

    def __init__(self, connection: imaplib.IMAP4) -> None:
        self._connection = connection

    def unseen(self) -> Iterator[tuple[bytes, bytes]]:
        """Give number and first half megabyte of mails that are not marked."""
        for number in self._asked("SEARCH", "UNSEEN")[0].split()[:MOST_MAILS]:
            content = next((part[1] for part in self._fetched(number) if isinstance(part, tuple)), b"")
            yield number, content

    def mark(self, number: bytes, *, flagged: bool = False) -> None:
        """Mark a mail as seen; flagged too if somebody should look at it."""
        flags = r"(\Seen \Flagged)" if flagged else r"(\Seen)"
        self._asked("STORE", number.decode(), "+FLAGS", flags)

    def _fetched(self, number: bytes) -> list[bytes | tuple[bytes, bytes]]:
        return self._asked("FETCH", number.decode(), f"(BODY.PEEK[]<0.{MOST_BYTES}>)")

    def _asked(self, command: str, *words: str) -> list:  # type: ignore[type-arg] # imaplib's answers have no shape
        status, data = self._connection.uid(command, *words)
        if status != "OK":
            raise MailboxError(f"{command} was answered with {status}")
        return [part for part in data if part is not None] or [b""]


@contextmanager
def opened_mailbox(server: MailboxServer) -> Iterator[OpenMailbox]:
    """Open a mailbox for the length of the block; MailboxError says what stood in the way."""
    try:
        if server.tls:
            context = ssl.create_default_context()
            connection: imaplib.IMAP4 = imaplib.IMAP4_SSL(
                server.host, server.port, ssl_context=context, timeout=ANSWERS_WITHIN_SECONDS
            )
        else:
            connection = imaplib.IMAP4(server.host, server.port, timeout=ANSWERS_WITHIN_SECONDS)
        with connection:
            connection.login(server.user, server.password)
            status, _ = connection.select(f'"{server.folder}"')
            if status != "OK":
                raise MailboxError(f"the folder could not be opened ({status})")
            yield OpenMailbox(connection)
    except imaplib.IMAP4.error as fault:
        raise MailboxError(re.sub(r"\S+@\S+", "…", str(fault))[:200]) from None
    except OSError as fault:
        raise MailboxError((fault.strerror or type(fault).__name__).lower()) from None
