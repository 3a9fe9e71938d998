"""The planner over whole lives of a thread: what it may never do, whatever happens (R12, R17, R19, R24, R26, R28)."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from schedules.acceptance import heard
from schedules.changes import changes
from schedules.correspondence import Thread
from schedules.fold import fold
from schedules.kinds import Kind, PromisedAs, Weight
from schedules.planner import plan
from schedules.promises import Promise, PromiseOutcome, kept_until, settled_by_update
from schedules.rhythm import DEFAULT
from schedules.scene import facts_at
from schedules.sections import Section
from schedules.window import window
from tests.builders import OWNER, WHERE, WORDING, at, core_event, correspondence, of_line, opening, order_facts, thread

MOVES = st.one_of(
    st.builds(lambda n: ("stock.allocated", of_line(available=n)), st.integers(0, 120)),
    st.builds(lambda n: ("shipment.sent", of_line(shipped=n)), st.integers(0, 120)),
    st.builds(
        lambda day, sure: ("production.changed", of_line(expected_on=f"2026-06-{day:02d}", confirmed=sure)),
        st.integers(1, 28),
        st.booleans(),
    ),
    st.builds(lambda how: ("line.changed", of_line(cause=how)), st.sampled_from(["transport", "fast_moving"])),
    st.builds(
        lambda day: (
            "review.recorded",
            {"seller": "bergmann", "order": "B-1042", "by": "desk"}
            | ({"next_checkpoint": f"2026-06-{day:02d}"} if day else {}),
        ),
        st.one_of(st.none(), st.integers(1, 28)),
    ),
    st.just(("stock.cleared", of_line())),
)
LIVES = st.lists(st.tuples(st.integers(1, 4000), MOVES), max_size=12)
END = at(30, month=6)


@dataclass
class Sent:
    at: datetime
    section: Section
    due: datetime | None


@dataclass
class Life:
    """One thread driven through the pure core: arrivals move it, alarms plan it, every mail is accepted at once."""

    thread: Thread
    sent: list[Sent] = field(default_factory=list)
    outcomes: list[PromiseOutcome] = field(default_factory=list)
    last_at: datetime | None = None

    def whole(self):
        return correspondence(self.thread, last_update_at=self.last_at)

    def plan(self, now):
        return plan(self.whole(), DEFAULT, WHERE, WORDING, now)

    def arrive(self, facts, now):
        told = self.thread.told.facts if self.thread.told else None
        before, after = (
            changes(told, facts_at(replace(one, owner=OWNER), WHERE, now), WHERE.common)
            for one in (self.thread.facts, facts)
        )
        moved = before != after or (told is None and self.thread.facts.lines != facts.lines)
        opened = window(self.thread.window, now, WHERE.sending, DEFAULT, moved=moved, pending=bool(after))
        self.thread = replace(self.thread, facts=facts, window=opened, arrived_since_told=True)

    def work(self, now):
        for _ in range(5):
            made = self.plan(now)
            if made.missed:
                self.outcomes.append(PromiseOutcome.MISSED)
                self.thread = replace(self.thread, promise=None)
            if not made.updates:
                return made
            for update in made.updates:
                self.accept(update.sections[0], now)
        raise AssertionError("planning does not come to rest")

    def accept(self, section, now):
        promise = self.thread.promise
        stands = False
        if promise:
            ended = settled_by_update(
                promise, now, section.checkpoint, section.kind, news=section.news, confirmed=section.confirmed
            )
            stands = ended is None
            if ended:
                self.outcomes.append(ended.outcome)
        if section.checkpoint is None:
            promise = None
        elif not stands:
            until = kept_until(section.checkpoint, WHERE, DEFAULT)
            promise = Promise(made_at=now, checkpoint=section.checkpoint, kept_until=until)
        self.sent.append(Sent(now, section, self.thread.promise.due_at if self.thread.promise else None))
        self.last_at = now
        self.thread = heard(self.thread, section, now, promise)


def lived(rows):
    events = [core_event("backorder.opened", at(20), 0, **opening())]
    life = Life(thread(order_facts(fold(events).facts)))
    arrivals = []
    when = at(20)
    for number, (minutes, (kind, data)) in enumerate(rows, 1):
        when += timedelta(minutes=minutes)
        arrivals.append((when, core_event(kind, when, number, **data)))
    now = at(20)
    made = life.work(now)
    while now < END:
        alarm = made.wake_at or END
        if arrivals and arrivals[0][0] <= alarm:
            now, event = arrivals.pop(0)
            events.append(event)
            life.arrive(replace(life.thread.facts, lines=(fold(events).facts,)), now)
        else:
            now = alarm
        made = life.work(now)
        assert made.wake_at is None or made.wake_at > now
        yield life, now, made


@settings(max_examples=150)
@given(LIVES)
def test_planning_twice_changes_nothing_and_an_open_thread_has_a_future_alarm(rows):
    for life, now, made in lived(rows):
        again = life.plan(now)
        assert again == made
        if life.thread.told is None or not life.thread.told.closed or life.thread.facts.delayed:
            assert made.wake_at is not None or not (life.thread.facts.delayed or life.thread.promise)


@settings(max_examples=150)
@given(LIVES)
def test_every_promise_ends_and_none_is_missed_while_everything_works(rows):
    for life, _, _ in lived(rows):
        assert PromiseOutcome.MISSED not in life.outcomes
        if life.thread.told and life.thread.told.closed:
            assert life.thread.promise is None


@settings(max_examples=150)
@given(LIVES)
def test_no_mail_without_a_material_change_or_a_checkpoint_due(rows):
    for life, _, _ in lived(rows):
        for one in life.sent:
            material = [change for change in one.section.changes if change.row.weight is not Weight.MINOR]
            assert material or one.section.promised


@settings(max_examples=150)
@given(LIVES)
def test_nothing_leaves_outside_sending_hours_but_a_promised_moment(rows):
    for life, _, _ in lived(rows):
        for one in life.sent:
            told_moment = one.section.promised and one.due == one.at
            assert WHERE.sending.contains(one.at) or told_moment


@settings(max_examples=150)
@given(LIVES)
def test_two_updates_of_a_thread_keep_the_gap_unless_exempt_or_promised(rows):
    for life, _, _ in lived(rows):
        for earlier, later in zip(life.sent, life.sent[1:], strict=False):
            if later.section.promised or any(change.row.gap_exempt for change in later.section.changes):
                continue
            gap = timedelta(hours=2) if later.section.weight is Weight.DECISIVE else timedelta(hours=24)
            assert later.at - earlier.at >= gap


@settings(max_examples=150)
@given(LIVES)
def test_what_a_closed_thread_was_told_equals_the_facts(rows):
    for life, now, _ in lived(rows):
        told = life.thread.told
        if told and told.closed and not life.thread.facts.delayed and life.thread.facts.settled and told.facts.settled:
            facts = facts_at(replace(life.thread.facts, owner=OWNER), WHERE, now)
            assert [line.shipped + line.cancelled for line in told.facts.lines] == [
                line.shipped + line.cancelled for line in facts.lines
            ]


@settings(max_examples=150)
@given(LIVES)
def test_every_stated_checkpoint_lies_ahead_and_days_mean_ten_o_clock(rows):
    for life, _, _ in lived(rows):
        for one in life.sent:
            checkpoint = one.section.checkpoint
            if checkpoint is None:
                assert one.section.kind is Kind.FINAL_NOTE
                continue
            assert checkpoint.due_at > one.at
            if checkpoint.promised_as is PromisedAs.DAY:
                assert WHERE.sending.contains(checkpoint.due_at)
