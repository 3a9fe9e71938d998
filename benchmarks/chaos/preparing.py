"""Put many promises into the database that fall due at one moment: one order of each seller, the rest as copies."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, text

from tests.builders import OWNER, cloud, opening, seller
from worker.intake.reading import Incoming, read_event
from worker.replay.run import Arrival, Feed, Stepper
from worker.replay.world import World
from worker.storage import instances
from worker.storage.engine import make_engine
from worker.storage.migrate import migrate
from worker.wiring import parts_for

SELLERS = 5
COPIES = """
create temporary table copy as
 select n, t.id as thread_id, t.correspondence_id, t.order_no, t.seller_id from thread t, generate_series(1, :copies) n;
insert into correspondence (seller_id, audience, address_key, contact, preference, wake_at, last_update_at, rev)
 select c.seller_id, 'buyer', 'p' || k.n || '.' || c.address_key,
  jsonb_set(c.contact, '{email}', to_jsonb('p' || k.n || '.' || (c.contact ->> 'email'))), c.preference, c.wake_at,
  c.last_update_at, 1 from copy k join correspondence c on c.id = k.correspondence_id;
insert into thread (correspondence_id, seller_id, order_no, company, order_facts, facts_rev, told_rev, told_facts_rev,
  told, opened_at, root_message_id, last_message_id)
 select c.id, t.seller_id, t.order_no || '-' || k.n, t.company, t.order_facts, t.facts_rev, t.told_rev,
  t.told_facts_rev,
  replace(t.told :: text, '"' || t.order_no || '"', '"' || t.order_no || '-' || k.n || '"') :: jsonb, t.opened_at,
  t.root_message_id, t.last_message_id
 from copy k join thread t on t.id = k.thread_id join correspondence o on o.id = t.correspondence_id
 join correspondence c on c.seller_id = t.seller_id and c.address_key = 'p' || k.n || '.' || o.address_key;
insert into line (thread_id, seller_id, order_no, line_no, sku, ordered, available, shipped, cancelled, delayed, facts)
 select t.id, l.seller_id, t.order_no, l.line_no, l.sku, l.ordered, l.available, l.shipped, l.cancelled, l.delayed,
  replace(l.facts :: text, '"' || k.order_no || '"', '"' || t.order_no || '"') :: jsonb
 from copy k join line l on l.thread_id = k.thread_id
 join thread t on t.seller_id = k.seller_id and t.order_no = k.order_no || '-' || k.n;
insert into promise (thread_id, seller_id, order_no, line_no, contact, made_at, made_in, due_at, promised_as, set_by,
  kept_until, owner, sku, cause)
 select t.id, p.seller_id, t.order_no, p.line_no, c.address_key, p.made_at, p.made_in, p.due_at, p.promised_as,
  p.set_by,
  p.kept_until, p.owner, p.sku, p.cause from copy k join promise p on p.thread_id = k.thread_id
 join thread t on t.seller_id = k.seller_id and t.order_no = k.order_no || '-' || k.n
 join correspondence c on c.id = t.correspondence_id where p.outcome = 'open'
"""


def prepare(url: str, orders: int, due_at: datetime, folder: Path) -> Engine:
    """Bring the tables up and promise `orders` updates for one moment; give an engine."""
    engine = make_engine(url)
    migrate(engine)
    start = datetime(2026, 6, 2, 10, tzinfo=UTC)
    while start > due_at - timedelta(days=1):
        start -= timedelta(days=7)
    feed = Feed()
    for number, event in enumerate(_events(start, due_at)):
        read = read_event(json.dumps(event), received_at=due_at)
        assert isinstance(read, Incoming)
        feed.arrivals.append(Arrival(read.event.time, number, read))
    folder.mkdir()
    world = World(folder=folder, now=start)
    stepper = Stepper(parts_for(engine, lambda _: world.now, "chaos.example"), world, lambda _: None)
    with engine.begin() as connection:
        stepper.sender.instance = instances.register(connection, "preparation", start)
    stepper.run(feed, start + timedelta(hours=3))
    with engine.begin() as connection:
        for statement in COPIES.strip().split(";\n"):
            copies = {"copies": orders // SELLERS - 1} if ":copies" in statement else {}
            connection.execute(text(statement.replace(" :: ", "\\:\\:")), copies)
        connection.execute(text("delete from obligation"))
        connection.execute(text("update correspondence set wake_at = null where audience = 'owner'"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze"))
    return engine


def _events(start: datetime, due_at: datetime) -> list[dict]:
    events = []
    for number in range(SELLERS):
        slug, order = f"seller{number}", f"S{number}"
        contact = {"name": "Purchasing", "email": f"p@muster{number}.example.com"}
        buyer = {"company": f"Muster {number}", "contact": contact}
        data = opening(seller=slug, order=order, buyer=buyer, next_checkpoint=due_at.isoformat())
        review = {"seller": slug, "order": order, "by": OWNER.name}
        events += [
            cloud("seller.configured", start - timedelta(days=1), seller(seller=slug), f"s{number}"),
            cloud("backorder.opened", start, data, f"o{number}"),
            cloud("review.recorded", start + timedelta(hours=2), review, f"r{number}"),
        ]
    return sorted(events, key=lambda event: event["time"])
