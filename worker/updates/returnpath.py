"""The envelope sender of each mail: an address of its own, signed, so that what comes back proves what it answers."""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import Final

DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
TOKEN: Final = re.compile(r"\+([0-9a-z]{1,13})-([a-z2-7]{16})@")
LARGEST: Final = 2**63


@dataclass(frozen=True, slots=True)
class ReturnPath:
    """Addresses like `bounces+1z-k3v…@example.com`; the signature knows the mail's number and nothing else."""

    mailbox: str | None
    key: str = field(repr=False)

    def address_of(self, mail_id: int) -> str | None:
        """Give the address to which a mail comes back; None where no mailbox is set."""
        if self.mailbox is None:
            return None
        local, _, domain = self.mailbox.rpartition("@")
        return f"{local}+{_base36(mail_id)}-{self._signature(mail_id)}@{domain}"

    def mail_of(self, address: str) -> int | None:
        """Give the number of the mail that an address was made for; None if we did not make it."""
        if self.mailbox is None:
            return None
        found = TOKEN.search(address.casefold())
        local, _, domain = self.mailbox.casefold().rpartition("@")
        if found is None or not address.casefold().strip().strip("<>").startswith(f"{local}+"):
            return None
        if not address.casefold().strip().strip("<>").endswith(f"@{domain}"):
            return None
        mail_id = int(found[1], 36)
        genuine = mail_id < LARGEST and hmac.compare_digest(found[2], self._signature(mail_id))
        return mail_id if genuine else None

    def _signature(self, mail_id: int) -> str:
        digest = hmac.new(self.key.encode(), b"return-path\x1f%d" % mail_id, hashlib.sha256).digest()
        return base64.b32encode(digest[:10]).decode().lower()


def _base36(number: int) -> str:
    digits = ""
    while True:
        number, rest = divmod(number, 36)
        digits = DIGITS[rest] + digits
        if not number:
            return digits
