"""What stands around every request: headers of every answer, one line in the log without addresses and tokens."""

import time
from typing import Final

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from worker.web.meters import ANSWERED, SECONDS

log = structlog.get_logger()
CONTENT: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
ALWAYS: Final = {
    b"content-security-policy": CONTENT.encode(),
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
    b"x-robots-tag": b"noindex, nofollow",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=()",
    b"cache-control": b"no-store",
}
"""Headers of every answer; one that sets its own keeps it."""
OVER_HTTPS: Final = {b"strict-transport-security": b"max-age=31536000"}


class Guard:
    """Sets the headers, counts and logs; the log names the route, never the address that was asked for."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._headers = {**ALWAYS, **(OVER_HTTPS if secure else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.monotonic()
        status = 500

        async def guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                have = {name.lower() for name, _ in message["headers"]}
                message["headers"] += [(name, value) for name, value in self._headers.items() if name not in have]
            await send(message)

        try:
            await self._app(scope, receive, guarded)
        finally:
            took = time.monotonic() - began
            route = getattr(scope.get("route"), "path", "(none)")
            ANSWERED.labels(route, scope["method"] if route != "(none)" else "", status).inc()
            SECONDS.labels(route).observe(took)
            log.info("answered", route=route, method=scope["method"][:10], status=status, ms=round(took * 1000))
