"""Whatever happens in whatever order, through the real database: what must hold all the same (R1-R28, R49, R50)."""

import json
import tempfile
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.builders import at, cloud, opening, seller
from tests.machine.checks import CHECKS
from tests.servers import replay_schema
from worker.intake.reading import Incoming, read_event
from worker.replay.run import Stepper
from worker.replay.world import Answer, World
from worker.usecases.record_events import record
from worker.wiring import parts_for

ORDERS = st.sampled_from(["B-1", "B-2", "B-3"])
LINES = st.sampled_from(["1", "2"])
CONTACTS = st.sampled_from(["p@muster.example.com", "q@muster.example.com", "r@rival.example.com"])
SKUS = st.sampled_from(["BX-120", "BX-130"])
DAYS = st.one_of(st.none(), st.integers(1, 28))
LATE = st.one_of(st.just(0), st.integers(1, 300))


class Life(RuleBasedStateMachine):
    """Events arrive, time passes, mails are accepted at once; after every step everything is checked."""

    def __init__(self):
        super().__init__()
        self.schema = replay_schema.lend()
        self.engine = self.schema.__enter__()
        self.folder = tempfile.TemporaryDirectory()
        self.world = World(folder=Path(self.folder.name), now=at(20))
        parts = parts_for(self.engine, lambda _: self.world.now, "machine.example")
        self.stepper = Stepper(parts, self.world, lambda _: None)
        self.number = 0
        self.last = None

    def teardown(self):
        self.schema.__exit__(None, None, None)
        self.folder.cleanup()

    @initialize()
    def begin(self):
        self.arrive("seller.configured", 0, **seller())

    def arrive(self, kind, late, **data):
        self.number += 1
        when = self.world.now - timedelta(minutes=late)
        self.last = cloud(kind, when, data, f"m{self.number}")
        self.take(self.last)

    def take(self, event):
        one = read_event(json.dumps(event), received_at=self.world.now)
        assert isinstance(one, Incoming), one
        with self.engine.begin() as connection:
            record(connection, self.stepper.parts, [one], self.world.now)
        self.stepper.settle()

    @rule(
        order=ORDERS, line=LINES, contact=CONTACTS, sku=SKUS, ready=st.integers(0, 120), late=LATE, asks=st.booleans()
    )
    def opens(self, order, line, contact, sku, ready, late, asks):
        company = "Rival" if "rival" in contact else "Muster"
        buyer = {"company": company, "contact": {"name": "Purchasing", "email": contact}}
        more = {"choices": ["wait", "split", "cancel"], "decision_needed": True} if asks else {}
        given = opening(order=order, line=line, buyer=buyer, sku=sku, available=ready, **more)
        self.arrive("backorder.opened", late, **given)

    @rule(order=ORDERS, line=LINES, ready=st.integers(0, 130), late=LATE)
    def allocates(self, order, line, ready, late):
        self.arrive("stock.allocated", late, seller="bergmann", order=order, line=line, available=ready)

    @rule(order=ORDERS, line=LINES, late=LATE)
    def clears(self, order, line, late):
        self.arrive("stock.cleared", late, seller="bergmann", order=order, line=line)

    @rule(order=ORDERS, line=LINES, shipped=st.integers(0, 120))
    def ships(self, order, line, shipped):
        self.arrive("shipment.sent", 0, seller="bergmann", order=order, line=line, shipped=shipped)

    @rule(order=ORDERS, line=LINES, day=DAYS, sure=st.booleans(), late=LATE)
    def dates(self, order, line, day, sure, late):
        expected = f"2026-06-{day:02d}" if day else None
        data = {"seller": "bergmann", "order": order, "line": line, "expected_on": expected}
        self.arrive("production.changed", late, **data, confirmed=sure)

    @rule(sku=SKUS, day=st.integers(1, 28), late=LATE)
    def dates_an_item(self, sku, day, late):
        self.arrive("production.changed", late, seller="bergmann", sku=sku, expected_on=f"2026-06-{day:02d}")

    @rule(sku=SKUS, units=st.integers(1, 90), late=LATE)
    def receives(self, sku, units, late):
        self.arrive("stock.received", late, seller="bergmann", sku=sku, units=units)

    @rule(order=ORDERS, ordered=st.integers(60, 160), line=LINES)
    def orders_more_or_less(self, order, ordered, line):
        self.arrive("line.changed", 0, seller="bergmann", order=order, line=line, ordered=ordered)

    @rule(order=ORDERS, day=DAYS)
    def reviews(self, order, day):
        more = {"next_checkpoint": f"2026-06-{day:02d}"} if day else {}
        self.arrive("review.recorded", 0, seller="bergmann", order=order, by="Order desk", **more)

    @rule(order=ORDERS, line=LINES, units=st.integers(1, 40))
    def cancels(self, order, line, units):
        self.arrive("line.cancelled", 0, seller="bergmann", order=order, line=line, units=units, by="Order desk")

    @rule(order=ORDERS, line=LINES, choice=st.sampled_from(["wait", "split", "cancel"]))
    def decides(self, order, line, choice):
        by = {"name": "Purchasing", "role": "buyer"}
        self.arrive("decision.recorded", 0, seller="bergmann", order=order, line=line, choice=choice, by=by)

    @rule(order=ORDERS, old=CONTACTS, new=CONTACTS)
    def changes_contact(self, order, old, new):
        data = {"seller": "bergmann", "order": order, "from": old, "contact": {"name": "New", "email": new}}
        self.arrive("contact.changed", 0, **data)

    @rule(contact=CONTACTS, updates=st.sampled_from(["every_change", "standard", "checkpoints_only"]))
    def prefers(self, contact, updates):
        self.arrive("buyer.preferred", 0, seller="bergmann", contact=contact, updates=updates)

    @rule(order=st.one_of(st.none(), ORDERS), pauses=st.booleans())
    def pauses_or_resumes(self, order, pauses):
        about = {"order": order} if order else {}
        kind = "seller.paused" if pauses else "seller.resumed"
        self.arrive(kind, 0, seller="bergmann", by="Order desk", **about)

    @rule(order=ORDERS)
    def tells_by_phone(self, order):
        self.arrive("buyer.told", 0, seller="bergmann", order=order, by="Order desk")

    @rule(order=ORDERS, line=LINES)
    def closes(self, order, line):
        self.arrive("backorder.closed", 0, seller="bergmann", order=order, line=line, outcome="cancelled")

    @rule()
    def repeats(self):
        if self.last:
            self.take(self.last)

    @rule(minutes=st.sampled_from([5, 16, 61, 200, 700, 1500, 4000]))
    def time_passes(self, minutes):
        end = self.world.now + timedelta(minutes=minutes)
        alarm = self.stepper.settle()
        while alarm is not None and alarm <= end:
            self.world.now = max(alarm, self.world.now)
            alarm = self.stepper.settle()
        self.world.now = end
        self.stepper.settle()

    @rule(minutes=st.sampled_from([30, 200, 1500]))
    def the_mail_server_goes_away(self, minutes):
        away = Answer("", "", "mail", self.world.now, self.world.now + timedelta(minutes=minutes))
        self.world.answers = (*self.world.answers, away)

    @rule(minutes=st.sampled_from([30, 200, 1500]))
    def the_workers_rest(self, minutes):
        self.world.now += timedelta(minutes=minutes)
        self.stepper.settle()

    @invariant()
    def everything_holds(self):
        with self.engine.connect() as connection:
            for check in CHECKS:
                check(connection, self.world.now)


Life.TestCase.settings = settings(max_examples=30, stateful_step_count=30, deadline=None, phases=[Phase.generate])
TestLife = Life.TestCase


def test_the_checks_are_many_and_each_has_a_name_of_its_own():
    names = [check.__name__ for check in CHECKS]

    assert len(names) > 8
    assert all(one != other for one, other in pairwise(sorted(names)))
