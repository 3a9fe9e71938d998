"""Open backorders in any number, made set by set, with facts, told and promises that the planner reads as its own."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, text

from tests.builders import OWNER, cloud, opening, seller
from worker.intake.reading import Incoming, read_event
from worker.replay.run import Arrival, Feed, Stepper
from worker.replay.world import World
from worker.storage import instances
from worker.storage.engine import make_engine
from worker.storage.migrate import migrate
from worker.wiring import parts_for

SELLERS: Final = 5
SLICE: Final = 50_000
DUE_AT: Final = datetime(2026, 6, 9, 10, tzinfo=UTC)
"""A Tuesday; the benchmark's database clock is set to stand a little before it."""

COPY: Final = """
create temporary table copy on commit drop as
 select k.n, t.id as thread_id, t.correspondence_id, t.order_no, t.order_no || '-' || k.n as new_order,
  'BX-' || k.n / 1000 as new_sku,
  nextval(pg_get_serial_sequence('correspondence', 'id')) as new_correspondence,
  nextval(pg_get_serial_sequence('thread', 'id')) as new_thread
 from generate_series(cast(:first as bigint), cast(:last as bigint)) k (n), thread t where t.order_no = any(:seeds);
insert into correspondence (id, seller_id, audience, address_key, contact, preference, wake_at, last_update_at, rev)
 overriding system value select k.new_correspondence, c.seller_id, 'buyer', 'p' || k.n || '.' || c.address_key,
  jsonb_set(c.contact, '{email}', to_jsonb('p' || k.n || '.' || (c.contact ->> 'email'))), c.preference, c.wake_at,
  c.last_update_at, 1 from copy k join correspondence c on c.id = k.correspondence_id;
insert into thread (id, correspondence_id, seller_id, order_no, company, order_facts, facts_rev, told_rev,
  told_facts_rev, told, opened_at, root_message_id, last_message_id) overriding system value
 select k.new_thread, k.new_correspondence, t.seller_id, k.new_order, 'Company ' || k.n, t.order_facts, t.facts_rev,
  t.told_rev, t.told_facts_rev,
  replace(replace(t.told \\:\\: text, '"' || t.order_no || '"', '"' || k.new_order || '"'), '"BX-120"',
   '"' || k.new_sku || '"') \\:\\: jsonb, t.opened_at,
  t.root_message_id, t.last_message_id from copy k join thread t on t.id = k.thread_id;
insert into line (thread_id, seller_id, order_no, line_no, sku, ordered, available, shipped, cancelled, delayed, facts)
 select k.new_thread, l.seller_id, k.new_order, l.line_no, k.new_sku, l.ordered, l.available, l.shipped, l.cancelled,
  l.delayed, replace(replace(l.facts \\:\\: text, '"' || k.order_no || '"', '"' || k.new_order || '"'), '"BX-120"',
   '"' || k.new_sku || '"') \\:\\: jsonb
 from copy k join line l on l.thread_id = k.thread_id;
insert into promise (thread_id, seller_id, order_no, line_no, contact, made_at, made_in, due_at, promised_as, set_by,
  kept_until, owner, sku, cause)
 select k.new_thread, p.seller_id, k.new_order, p.line_no, 'p' || k.n || '.' || p.contact, p.made_at, p.made_in,
  p.due_at, p.promised_as, p.set_by, p.kept_until, p.owner, k.new_sku, p.cause
 from copy k join promise p on p.thread_id = k.thread_id and p.outcome = 'open'
"""

BUSY: Final = "insert into mail_hour (seller_id, hour, mails) select id, :hour, 1000000 from seller"
"""Sellers who have written as much before, so that the circuit breaker knows them."""


def seed(url: str, dues: Sequence[datetime], folder: Path, sellers: int = SELLERS) -> Engine:
    """Make the tables, and one told order for each seller and promised moment, by the road of all orders."""
    engine = make_engine(url)
    migrate(engine)
    start = min(dues) - timedelta(days=7)
    feed = Feed()
    for number, event in enumerate(_events(start, dues, sellers)):
        read = read_event(json.dumps(event), received_at=max(dues))
        assert isinstance(read, Incoming), read
        feed.arrivals.append(Arrival(read.event.time, number, read))
    folder.mkdir(parents=True, exist_ok=True)
    world = World(folder=folder, now=start)
    stepper = Stepper(parts_for(engine, lambda _: world.now, "bench.example"), world, lambda _: None)
    with engine.begin() as connection:
        stepper.sender.instance = instances.register(connection, "preparation", start)
    stepper.run(feed, start + timedelta(hours=3))
    with engine.begin() as connection:
        connection.execute(text("delete from obligation"))
        connection.execute(text("update correspondence set wake_at = null where audience = 'owner'"))
        connection.execute(text(BUSY), {"hour": min(dues) - timedelta(days=20)})
        found = connection.execute(text("select count(*) from promise where outcome = 'open'")).scalar_one()
    assert found == sellers * len(dues), f"{found} open promises of {sellers * len(dues)}"
    return engine


def grow(engine: Engine, seeds: Sequence[str], first: int, last: int) -> None:
    """Copy these orders, numbered from first to last, in slices with a commit each."""
    step = max(1, SLICE // len(seeds))
    for start in range(first, last + 1, step):
        values = {"first": start, "last": min(last, start + step - 1), "seeds": list(seeds)}
        with engine.begin() as connection:
            connection.execute(text("set local session_replication_role = replica"))  # the copies point where they must
            for statement in COPY.strip().split(";\n"):
                wanted = {name: value for name, value in values.items() if f":{name}" in statement}
                connection.execute(text(statement), wanted)


def settle_down(engine: Engine) -> None:
    """Vacuum and count, as autovacuum would have done meanwhile."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze"))


def set_clock(connection: Connection, now: datetime) -> None:
    """Let the database's clock go on from a moment, in this database only."""
    connection.execute(
        text(
            "do $$ begin execute format('create or replace function backorder_now() returns timestamptz"
            " language sql volatile as %L', format('select clock_timestamp() + interval ''%s seconds''',"
            f" extract(epoch from timestamptz '{now.isoformat()}' - clock_timestamp()))); end $$"
        )
    )


def order_of(seller_number: int, due_number: int) -> str:
    """Give the number of a seed's order."""
    return f"S{seller_number}D{due_number}"


def _events(start: datetime, dues: Sequence[datetime], sellers: int) -> Iterator[dict[str, Any]]:
    slugs = [f"seller{number}" for number in range(sellers)]
    for slug in slugs:
        yield cloud("seller.configured", start - timedelta(days=1), seller(seller=slug), slug)
    for number, slug in enumerate(slugs):
        for place, due_at in enumerate(dues):
            order = order_of(number, place)
            contact = {"name": "Purchasing", "email": f"p@muster{number}-{place}.example.com"}
            buyer = {"company": f"Muster {number}", "contact": contact}
            data = opening(seller=slug, order=order, buyer=buyer, next_checkpoint=due_at.isoformat())
            yield cloud("backorder.opened", start, data, f"o{order}")
    for number, slug in enumerate(slugs):
        for place, _ in enumerate(dues):
            review = {"seller": slug, "order": order_of(number, place), "by": OWNER.name}
            yield cloud("review.recorded", start + timedelta(hours=2), review, f"r{order_of(number, place)}")
