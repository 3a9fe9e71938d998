"""Serve the web on a socket; several processes may share one port."""

import socket
from pathlib import Path
from typing import Final

import uvicorn

from worker.delivery.catcher import mailbox
from worker.rendering.pages import Pages
from worker.web.app import make_app
from worker.web.forms import Forms
from worker.web.room import Room
from worker.wiring import House

CONNECTIONS: Final = 20
KEEP_ALIVE_SECONDS: Final = 20
STOPS_WITHIN_SECONDS: Final = 10
MOST_AT_ONCE: Final = 500
LARGEST_HEADERS: Final = 32 * 1024


def room_of(home: House, caught: Path | None = None) -> Room:
    """Wire a room in a house; the mailbox is shown where the local mail catcher is the way out."""
    settings = home.settings
    local = caught or (mailbox(settings.state) if settings.mail is None else None)
    return Room(settings=settings, parts=home.parts, pages=Pages(), forms=Forms(settings.secret_key), mailbox=local)


def listening(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """Give a socket that listens; OSError if somebody has the port. A shared one may be listened to by several."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        found.bind((host, port))
        found.listen(MOST_AT_ONCE)
    except OSError:
        found.close()
        raise
    found.set_inheritable(True)
    return found


def serve(room: Room, listener: socket.socket) -> None:
    """Serve until the process is asked to stop."""
    server_of(room).run(sockets=[listener])


def server_of(room: Room) -> uvicorn.Server:
    """Give a server that is ready to run."""
    config = uvicorn.Config(
        make_app(room),
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=STOPS_WITHIN_SECONDS,
        limit_concurrency=MOST_AT_ONCE,
        h11_max_incomplete_event_size=LARGEST_HEADERS,
        lifespan="off",
    )
    return uvicorn.Server(config)
