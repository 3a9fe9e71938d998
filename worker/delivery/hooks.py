"""Call a webhook: one POST, no redirects, little patience."""

from dataclasses import dataclass
from typing import Final

import urllib3

SECONDS: Final = 10.0
LONGEST_REPLY: Final = 200
SUCCESS: Final = range(200, 300)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a target answered; only a status of success counts as heard."""

    heard: bool
    words: str


class Caller:
    """Keeps connections to targets."""

    def __init__(self) -> None:
        self._pool = urllib3.PoolManager(num_pools=20, timeout=urllib3.Timeout(total=SECONDS), retries=False)

    def call(self, url: str, body: bytes, headers: dict[str, str]) -> Reply:
        """Post a body; whatever goes wrong is a reply."""
        try:
            answer = self._pool.request("POST", url, body=body, headers=headers, redirect=False, preload_content=False)
            answer.drain_conn()
            answer.release_conn()
        except (urllib3.exceptions.HTTPError, ValueError) as fault:
            return Reply(heard=False, words=type(fault).__name__)
        return Reply(heard=answer.status in SUCCESS, words=f"status {answer.status}"[:LONGEST_REPLY])
