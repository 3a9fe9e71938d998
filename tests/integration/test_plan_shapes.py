"""The hot statements keep the shape of their plans at 1,000,000 open backorders, with fresh and with stale statistics.

Nothing is timed: a plan that reads a whole table, or sorts a whole backlog, is slow on any machine.
"""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import postgresql

from tests.servers import fresh_database
from worker.storage import console, dealing, item_slices, journal, mails, orders, packs, planning, slices, threads
from worker.storage.engine import find_by_keys, make_engine
from worker.usecases.take_bounce import SOFT_BEFORE, SOFT_WITHIN

pytestmark = pytest.mark.slow
ROWS = 1_000_000
DUE = 300_000
NOW = datetime(2026, 6, 2, 10, tzinfo=UTC)
FEWER = ROWS // 10
"""Wider tables have a tenth of the rows, and statistics that say ten times as many: the planner sees the same."""
BEFORE = """
set local session_replication_role = replica;
insert into seller (slug, profile, profile_key) select 's' || n, '{}', '[]' from generate_series(1, 5) n;
insert into correspondence (seller_id, audience, address_key, contact, wake_at)
 select n % 5 + 1, 'buyer', 'p' || n, '{}', cast(:now as timestamptz) + n * interval '1 second'
 from generate_series(1, :rows - :due) n;
insert into thread (correspondence_id, seller_id, order_no, company, order_facts, opened_at)
 select n, n % 5 + 1, 'O-' || n, 'Company ' || n, '{}', :now from generate_series(1, :fewer) n;
insert into line (thread_id, seller_id, order_no, line_no, sku, ordered, available, shipped, cancelled, delayed, facts)
 select n, n % 5 + 1, 'O-' || n, '1', 'SKU-' || n % 2000, 120, 80, 0, 0, 40, '{}' from generate_series(1, :fewer) n;
insert into mail (correspondence_id, seller_id, audience, kind, message_id, sender, recipient, created_at, state,
 accepted_at, checklist, policy)
 select n, n % 5 + 1, 'buyer', 'k', n :: text, 'a', 'b', :now, 'sent', :now, '{}', 'd'
 from generate_series(1, :few) n;
insert into mail_thread (mail_id, thread_id, section, live) select id, id, '{}', false from mail
"""
THEN = """
set local session_replication_role = replica;
insert into correspondence (seller_id, audience, address_key, contact, wake_at)
 select n % 5 + 1, 'buyer', 'q' || n, '{}', cast(:now as timestamptz) - interval '1 minute'
 from generate_series(1, :due) n;
insert into mail (correspondence_id, seller_id, audience, kind, message_id, sender, recipient, created_at, send_at,
 checklist, policy) select n, n % 5 + 1, 'buyer', 'k', 'new' || n, 'a', 'b', :now, :now, '{}', 'd'
 from generate_series(1, :few) n;
insert into mail_thread (mail_id, thread_id, told_rev, section)
 select id, id, 1, '{}' from mail where message_id like 'new%'
"""
TEN_TIMES = """
select pg_restore_relation_stats('schemaname', 'public', 'relname', relname :: text, 'relpages', relpages,
 'reltuples', (10 * reltuples) :: real) from pg_class where relname in ('thread', 'line')
"""
MOST_SORTED = 5_000
BIG = {"correspondence", "thread", "line", "mail", "mail_thread"}
IDS = list(range(1_000, 1_100))
NUMBERED = postgresql.dialect(paramstyle="numeric_dollar")

ITEM = {"id": 1, "seller_id": 1, "sku": "SKU-5"}
SLICE = {
    "job_id": 1,
    "seller_id": 1,
    "sku": "SKU-5",
    "slice_id": 1,
    "many": False,
    "pool": Decimal(100),
    "at": NOW,
    "seen_at": NOW.isoformat(),
}
STATEMENTS = {
    "claim of a batch": (
        planning.CLAIM_DUE,
        {
            "now": NOW,
            "since": planning.BEGINNING,
            "audience": "buyer",
            "reach": 500,
            "per_seller": 100,
            "most": 100,
            "lease_until": NOW + timedelta(seconds=30),
            "long_ago": NOW - timedelta(minutes=15),
        },
    ),
    "an empty tick": (
        planning.CLAIM_DUE,
        {
            "now": NOW - timedelta(days=30),
            "since": NOW - timedelta(days=30, minutes=1),
            "audience": "buyer",
            "reach": 500,
            "per_seller": 100,
            "most": 100,
            "lease_until": NOW,
            "long_ago": NOW - timedelta(days=31),
        },
    ),
    "what rings before the next tick": (
        planning.NEXT_RING,
        {"since": NOW, "now": NOW, "until": NOW + timedelta(seconds=1), "audience": "buyer"},
    ),
    "reading a batch": (planning.THREADS, {"ids": IDS, "since": [NOW] * len(IDS)}),
    "claim of a group of mails": (
        mails.CLAIM,
        {"now": NOW, "instance": 1, "most": 20, "after": 0},
    ),
    "writing plans: locking, and whether mails wait": (
        threads.UNCHANGED_AND_DUE,
        {"ids": IDS[:20], "revs": [0] * 20, "leases": [NOW] * 20, "now": NOW},
    ),
    "settling: states": (mails.SETTLE_ALL, {"rows": '{"(1,1,,,,,,,t)"}', "instance": 1}),
    "settling: promises": (planning.OPEN_PROMISES, {"ids": IDS[:20]}),
    "writing plans: what somebody holds": (
        threads.STILL,
        {"ids": IDS[:20], "revs": [0] * 20, "leases": [NOW] * 20},
    ),
    "packs of mails": (packs.PACKS, {"ids": IDS[:20]}),
    "places in packs": (packs.PLACES, {"ids": IDS[:20]}),
    "settling: locking": (orders.LOCK_REVISIONS, {"ids": IDS[:20]}),
    "when owners last got a mail": (journal.LAST_OWNER_MAILS, {"ids": IDS}),
    "how often an address refused mails": (SOFT_BEFORE, {"correspondence_id": 1_000, "since": NOW - SOFT_WITHIN}),
    "what mails speak to": (mails.THREADS_OF_MAILS, {"ids": IDS[:20]}),
    "waking": (orders.WAKE_EACH, {"ids": IDS, "moments": [NOW] * len(IDS)}),
    "recording: locking": (
        orders.LOCK_OF_ORDERS,
        {"sellers": [n % 5 + 1 for n in IDS], "orders": [f"O-{n}" for n in IDS], "ids": IDS},
    ),
    "recording: threads of orders": (
        orders.THREADS_OF_ORDERS,
        {"sellers": [n % 5 + 1 for n in IDS], "orders": [f"O-{n}" for n in IDS]},
    ),
    "an item's lines in slices": (slices.SIDE_BY_SIDE, ITEM | {"most": 1_000}),
    "who waits for an item": (slices.ENOUGH_FOR_ALL, ITEM | {"most": 1_000, "pool": Decimal(100)}),
    "who waits for an item, in turn": (slices.OLDEST_FIRST, ITEM | {"most": 1_000, "pool": Decimal(100)}),
    "a slice's locks": (item_slices.LOCK, {"slice_id": 1}),
    "lines of a slice that events wait for": (item_slices.WAITING, {"slice_id": 1}),
    "dealing to all": (dealing.DEAL_ALL, SLICE),
    "dealing": (dealing.DEAL, SLICE),
    "an item's facts and windows": (item_slices.PATCH, {"ids": IDS, "patch": "{}", "moves": True}),
    "waking an item's lines": (orders.WAKE, {"ids": IDS, "at": NOW}),
    "console search": (console.SEARCH, {"sellers": None, "most": 50, "prefix": "O-77%", "word": "O-77"}),
}
FOR_EACH = [planning.CLAIM_DUE]
"""Planned for the values of each time: what is due is a little or a lot."""


@pytest.fixture(scope="module")
def engine():
    engine = make_engine(fresh_database("plan_shapes"))
    with engine.begin() as connection:
        for table in sorted(BIG):
            connection.execute(text(f"alter table {table} set (autovacuum_enabled = false)"))
    run(engine, BEFORE)
    count(engine)
    run(engine, THEN)
    yield engine
    engine.dispose()


@pytest.fixture(params=["stale", "fresh"], scope="module")
def connection(engine, request):
    """What was counted before an import made 300,000 alarms ring; then what is counted after it."""
    if request.param == "fresh":
        count(engine)
    with engine.connect() as connection:
        yield connection
        connection.rollback()


def count(engine):
    run(engine, f"analyze seller, {', '.join(sorted(BIG))};\n{TEN_TIMES}")


def run(engine, statements):
    names = {"rows": ROWS, "due": DUE, "fewer": FEWER, "few": DUE // 10, "now": NOW}
    with engine.begin() as connection:
        for statement in statements.replace(" :: ", "\\:\\:").strip().split(";\n"):
            connection.execute(text(statement), {name: names[name] for name in names if f":{name}" in statement})


@pytest.mark.parametrize("name", STATEMENTS)
def test_no_hot_statement_reads_or_sorts_a_whole_table(connection, name):
    statement, values = STATEMENTS[name]

    wanted = {name: value for name, value in values.items() if f":{name}" in statement.text}
    plan = plan_of(connection, f"explain (format json) {statement.text}", wanted)

    looks_up_what_it_needs(plan)


@pytest.mark.parametrize("name", [name for name, (statement, _) in STATEMENTS.items() if statement not in FOR_EACH])
def test_no_hot_statement_reads_or_sorts_a_whole_table_by_the_plan_that_is_made_once(connection, name):
    statement, _ = STATEMENTS[name]
    find_by_keys(connection)

    plan = plan_of(connection, f"explain (generic_plan, format json) {statement.compile(dialect=NUMBERED)}", {})

    looks_up_what_it_needs(plan)
    connection.rollback()


def looks_up_what_it_needs(plan):
    nodes = list(walk(plan))
    whole = [node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"]
    assert not BIG & set(whole)
    most = {node["Node Type"]: node["Plan Rows"] for node in nodes if node["Node Type"] in {"Sort", "Hash"}}
    assert max(most.values(), default=0) <= MOST_SORTED, most


def plan_of(connection, statement, values):
    rows = connection.execute(text(statement), values) if values else connection.exec_driver_sql(statement)
    found = rows.scalar_one()
    return (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]


def walk(node):
    yield node
    for below in node.get("Plans", ()):
        yield from walk(below)
