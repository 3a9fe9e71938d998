"""The web: events recorded and folded per second by POST /events, and console pages at 100,000 open backorders."""

import json
import os
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import urllib3
from sqlalchemy import text

from tests.builders import cloud, of_line, opening, seller
from tests.servers import fresh_database, test_servers
from tests.web import site, standing_case
from worker.delivery.catcher import free_port
from worker.settings import load_settings
from worker.usecases import source_keys
from worker.wiring import house

BATCH = 500
BATCHES = 40
SENDERS = 8
PROCESSES = 2
BACKORDERS = 100_000
ROUNDS = 25
LISTENS = "0A"
"""How /proc/net/tcp writes the state of a socket that listens."""
PAGES = {
    "now": "/",
    "orders": "/orders",
    "search": "/orders?q=X-5000",
    "search by company": "/orders?q=Company%20777",
    "search by item": "/orders?q=SKU-77",
    "order": "/orders/bergmann/B-1042",
    "promises": "/promises",
    "promises by item": "/promises?by=sku",
    "review": "/review",
    "policies": "/policies",
    "policy": "/policies/bergmann",
    "sources": "/sources",
    "import": "/import",
}

CLONE = """
insert into correspondence (seller_id, audience, address_key, contact, wake_at)
select c.seller_id, 'buyer', 'x' || n || '@example.com', c.contact, backorder_now() + interval '1 day'
from correspondence c join thread t on t.correspondence_id = c.id and t.order_no = 'B-1042',
generate_series(1, :orders) n;
insert into thread (correspondence_id, seller_id, order_no, company, order_facts, opened_at, told, told_rev,
last_verdict)
select c.id, c.seller_id, 'X-' || substr(c.address_key, 2, strpos(c.address_key, '@') - 2), 'Company ' || c.id,
t.order_facts, t.opened_at, t.told, 1,
case when c.id % 50 = 0 then '["R9", "held", null, 1, 1]'::jsonb else '["R12", "waiting", null, 1, 1]'::jsonb end
from correspondence c, thread t where t.order_no = 'B-1042' and c.address_key like 'x%';
insert into line (thread_id, seller_id, order_no, line_no, sku, ordered, available, shipped, cancelled, delayed, facts)
select x.id, x.seller_id, x.order_no, '1', 'SKU-' || x.id % 1000, 120, 80, 0, 0, 40, l.facts
from thread x, line l where x.order_no like 'X-%' and l.order_no = 'B-1042';
insert into promise (thread_id, seller_id, order_no, line_no, contact, made_at, made_in, due_at, promised_as, set_by,
kept_until, outcome, owner, sku, cause)
select x.id, x.seller_id, x.order_no, '1', 'x', p.made_at, p.made_in, p.due_at + x.id * interval '2 seconds',
p.promised_as, p.set_by, p.kept_until + interval '30 days', 'open', p.owner, 'SKU-' || x.id % 1000, p.cause
from thread x, promise p where x.order_no like 'X-%' and p.order_no = 'B-1042';
insert into listing (seller_id, sku, listing, paid_clicks, key)
select s.id, 'SKU-' || n * 10, 'ready', 20, '["2026-05-20T00:00:00+00:00", "shop", "1"]'
from seller s, generate_series(0, 99) n;
"""


def measure(folder: Path) -> dict[str, Any]:
    return {"events": _events(folder), "pages": _pages(folder)}


def _events(folder: Path) -> dict[str, Any]:
    """Push openings and then allocations through two web processes, each request on a connection of its own.

    The sender runs beside them on the same cores.
    """
    port = free_port((0,))
    named = {
        "BACKORDER_DATABASE_URL": fresh_database("bench_web"),
        "BACKORDER_BROKER_URL": test_servers().broker_url,
        "BACKORDER_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "BACKORDER_SECRET_KEY": "only-for-benchmarks-0123",
        "BACKORDER_LOG": "json",
    }
    with house(load_settings(named)) as home, home.engine.begin() as connection:
        token = source_keys.add_bearer(connection, "erp", None, datetime.now(UTC))[1]
    command = [sys.executable, "-m", "worker.cli.main", "web", "--processes", str(PROCESSES)]
    with (folder / "web.log").open("wb") as log:
        server = subprocess.Popen(command, env={**os.environ, **named}, stdout=log, stderr=log)
        try:
            return _pushed(f"http://127.0.0.1:{port}", token)
        finally:
            server.terminate()
            server.wait(30)


def _pushed(url: str, token: str) -> dict[str, Any]:
    http = urllib3.PoolManager(maxsize=SENDERS, retries=False)
    headers = {"content-type": "application/json", "authorization": f"Bearer {token}", "connection": "close"}

    def send(body: bytes) -> None:
        answer = http.request("POST", f"{url}/events", body=body, headers=headers)
        counts = json.loads(answer.data)["counts"]
        assert counts["accepted"] == sum(counts.values()) > 0, answer.data[:500]

    _wait_for(http, url)
    before = datetime.now(UTC) - timedelta(hours=1)
    send(_written([cloud("seller.configured", before, seller(), "seller")]))
    found: dict[str, Any] = {"batch": BATCH, "senders": SENDERS, "processes": PROCESSES}
    for name, batches in (("openings", _openings(before)), ("allocations", _allocations(before))):
        bodies = [_written(batch) for batch in batches]
        began = time.perf_counter()
        with ThreadPoolExecutor(SENDERS) as pool:
            list(pool.map(send, bodies))
        seconds = time.perf_counter() - began
        found[f"{name}_per_second"] = round(BATCH * len(bodies) / seconds)
    return found


def _written(events: list[dict[str, Any]]) -> bytes:
    """Write a body; all are written before the clock runs, as by a system on another machine."""
    return json.dumps(events).encode()


def _wait_for(http: Any, url: str) -> None:
    """Wait until each process listens: one that still starts would take its time from the others."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            if http.request("GET", f"{url}/readyz").status == 200 and _listeners(url) == PROCESSES:
                return
        except urllib3.exceptions.HTTPError:
            pass
        time.sleep(0.1)
    raise AssertionError("the web did not start")


def _listeners(url: str) -> int:
    port = f":{int(url.rpartition(':')[2]):04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]]
    return sum(row[1].endswith(port) and row[3] == LISTENS for row in rows)


def _openings(at: datetime) -> Any:
    for batch in range(BATCHES):
        numbers = range(batch * BATCH, (batch + 1) * BATCH)
        yield [cloud("backorder.opened", at, _order(number), f"o{number}") for number in numbers]


def _order(number: int) -> dict[str, Any]:
    contact = {"name": "Purchasing", "email": f"p{number // 3}@muster.example.com"}
    return opening(order=f"L-{number:06d}", buyer={"company": f"Muster {number // 3}", "contact": contact})


def _allocations(at: datetime) -> Any:
    for batch in range(BATCHES):
        numbers = range(batch * BATCH, (batch + 1) * BATCH)
        yield [
            cloud("stock.allocated", at + timedelta(minutes=1), of_line(order=f"L-{n:06d}", available=100), f"a{n}")
            for n in numbers
        ]


def _pages(folder: Path) -> dict[str, Any]:
    with site("bench_pages", folder) as web:
        standing_case(web)
        with web.home.engine.begin() as connection:
            for statement in CLONE.strip().split(";\n"):
                names = {"orders": BACKORDERS} if ":orders" in statement else {}
                connection.execute(text(statement.rstrip(";")), names)
        with web.home.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("vacuum analyze"))
        web.user("ops")
        cookie = web.log_in("ops")
        found = {name: _median(web, path, cookie) for name, path in PAGES.items()}
        return found | {"what another policy would change": _what_if(web, cookie)}


def _what_if(web: Any, cookie: str) -> dict[str, Any]:
    """Show what another policy would change, from the same 100,000 open backorders."""
    spans, size = [], 0
    for _ in range(ROUNDS // 5):
        began = time.perf_counter()
        answer = web.send("/policies/bergmann", cookie, do="look", preset="calm", version="0")
        spans.append(time.perf_counter() - began)
        assert answer.status == 200, answer.status
        size = len(answer.data)
    return {"median_ms": round(statistics.median(spans) * 1000, 1), "kB": round(size / 1000, 1)}


def _median(web: Any, path: str, cookie: str) -> dict[str, Any]:
    spans, size = [], 0
    for _ in range(ROUNDS):
        began = time.perf_counter()
        answer = web.get(path, cookie=cookie)
        spans.append(time.perf_counter() - began)
        assert answer.status == 200, (path, answer.status)
        size = len(answer.data)
    first, median = round(spans[0] * 1000, 1), round(statistics.median(spans) * 1000, 1)
    return {"median_ms": median, "first_ms": first, "kB": round(size / 1000, 1)}
