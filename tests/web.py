"""A real web server for tests: uvicorn in a thread, on a database of its own, with a clock that tests set."""

import json
import re
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import urllib3
from sqlalchemy import text

from tests.builders import OPENED_AT, at, cloud, opening, seller
from tests.servers import fresh_database, test_servers
from worker.links import Links
from worker.replay.run import Arrival, Feed, Stepper
from worker.replay.world import World
from worker.settings import Settings
from worker.storage import instances
from worker.storage.engine import make_engine
from worker.updates.returnpath import ReturnPath
from worker.usecases import accounts, source_keys
from worker.web.serve import listening, room_of, server_of
from worker.wiring import House, parts_for

KEY = "only-for-tests-0123456789"
PASSWORD = "correct horse battery"


@dataclass
class Site:
    """A running server, its house, and a virtual clock with the mails that left."""

    url: str
    home: House
    world: World
    stepper: Stepper
    http: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(maxsize=60, retries=False))

    @property
    def now(self) -> datetime:
        return self.world.now

    def tell(self, *events: dict[str, Any], until: datetime | None = None) -> None:
        """Record events as they are seen, and let the clock run on."""
        from worker.intake.reading import Incoming, read_event

        feed = Feed()
        for number, event in enumerate(events):
            read = read_event(json.dumps(event), received_at=until or self.now)
            assert isinstance(read, Incoming), read
            feed.arrivals.append(Arrival(max(read.event.time, self.now), number, read))
        feed.arrivals.sort(key=lambda one: one.at)
        self.stepper.run(feed, until or self.now)
        if until:
            self.world.now = until

    def run(self, **span: float) -> None:
        """Let everything happen that is due within a span."""
        self.tell(until=self.now + timedelta(**span))

    def mails(self, kind: str | None = None, order: str | None = None) -> list[Any]:
        found = [
            message_from_bytes(path.read_bytes(), policy=default) for path in sorted(self.world.folder.glob("*.eml"))
        ]
        return [
            mail
            for mail in found
            if kind in {None, mail["X-Backorder-Kind"]} and (order is None or order in str(mail["X-Backorder-Orders"]))
        ]

    def link(self, purpose: str, kind: str | None = None, order: str | None = None) -> str:
        """The page of a purpose in the latest mail (of a kind) that has it, as its reader copies it."""
        for mail in reversed(self.mails(kind, order)):
            words = mail.get_body(("plain",)).get_content()
            for line in words.splitlines():
                if f"/{purpose}/" in line and line.startswith("http"):
                    return line.strip()
        raise AssertionError(f"no link to /{purpose}/ in a mail")

    def rows(self, query: str, **values: Any) -> list[Any]:
        with self.home.engine.connect() as connection:
            return list(connection.execute(text(query), values))

    def value(self, query: str, **values: Any) -> Any:
        return self.rows(query, **values)[0][0]

    def bearer(self, source: str = "erp", seller_slug: str | None = None) -> str:
        with self.home.engine.begin() as connection:
            return source_keys.add_bearer(connection, source, seller_slug, self.now)[1]

    def webhook(self, source: str = "erp") -> tuple[int, str]:
        with self.home.engine.begin() as connection:
            return source_keys.add_webhook(connection, source, None, KEY, self.now)

    def user(self, name: str = "ops", role: str = "operator", sellers: tuple[str, ...] | None = None) -> str:
        with self.home.engine.begin() as connection:
            accounts.add_user(connection, name, PASSWORD, role, sellers, self.now)
        return name

    def get(self, path: str, **headers: str) -> Any:
        return self.http.request("GET", self._at(path), headers=headers, redirect=False)

    def post(self, path: str, body: Any = b"", **headers: str) -> Any:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"content-type": "application/json"} | {name.replace("_", "-"): one for name, one in headers.items()}
        return self.http.request("POST", self._at(path), body=content, headers=sent, redirect=False)

    def send(self, path: str, cookie: str = "", **fields: str) -> Any:
        """Fill in the form of a page as a browser would: its token, and these fields."""
        page = self.get(path, **({"cookie": cookie} if cookie else {})).data.decode()
        found = re.search(r'name="form" value="([^"]+)"', page)
        return self.form(path, cookie, form=found[1] if found else "", **fields)

    def form(self, path: str, cookie: str = "", **fields: str) -> Any:
        headers = {"cookie": cookie} if cookie else {}
        kind = "application/x-www-form-urlencoded"
        return self.post(path, urlencode(fields).encode(), content_type=kind, **headers)

    def upload(self, path: str, cookie: str, files: dict[str, tuple[str, bytes]], **fields: str) -> Any:
        """Send a form with files as a browser would, with the token that the page shows."""
        page = self.get(path, cookie=cookie).data.decode()
        found = re.search(r'name="form" value="([^"]+)"', page)
        shown = {"form": found[1] if found else ""} | fields
        body, kind = urllib3.encode_multipart_formdata({**shown, **files})
        return self.post(path, body, content_type=kind, cookie=cookie)

    def log_in(self, name: str = "ops", password: str = PASSWORD) -> str:
        """Log in; give the session's cookie."""
        answer = self.send("/login", name=name, password=password)
        return answer.headers["set-cookie"].split(";")[0] if answer.status == 303 else ""

    def _at(self, path: str) -> str:
        return path if path.startswith("http") else self.url + path


@contextmanager
def site(name: str, folder: Path, start: datetime = OPENED_AT, *, live_clock: bool = False):
    """Run a server until the block ends."""
    database = fresh_database(name)
    listener = listening("127.0.0.1", 0)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    settings = Settings(
        database_url=database,
        broker_url=test_servers().broker_url,
        secret_key=KEY,
        public_url=address,
        state=folder,
        sources=folder / "sources",
    )
    (folder / "mailbox").mkdir(parents=True, exist_ok=True)
    engine = make_engine(database, pool_size=20, durable=False)
    world = World(folder=folder / "mailbox", now=start)
    from worker.storage.engine import database_clock

    clock = database_clock if live_clock else (lambda _: world.now)
    path = ReturnPath("bounces@updates.example", KEY)
    parts = replace(
        parts_for(engine, clock, "updates.example"),
        links=Links(KEY, address),
        return_path=path.address_of,
        mail_of_return_path=path.mail_of,
    )
    home = House(settings, database, settings.broker_url, parts)
    stepper = Stepper(parts, world, lambda _: None)
    with engine.begin() as connection:
        stepper.sender.instance = instances.register(connection, "test", start)
    server = server_of(room_of(home))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    end = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < end, "the server did not start"
        time.sleep(0.02)
    running = Site(address, home, world, stepper)
    try:
        yield running
    finally:
        server.should_exit = True
        thread.join(15)
        engine.dispose()
        listener.close()


def standing_case(running: Site, **changed: Any) -> None:
    """The seller and his order B-1042, told by a first notice."""
    events = [cloud("seller.configured", at(11), seller(), "seller")]
    events.append(cloud("backorder.opened", OPENED_AT, opening(**changed), f"open-{changed.get('order', 'B-1042')}"))
    running.tell(*events, until=OPENED_AT + timedelta(minutes=30))
