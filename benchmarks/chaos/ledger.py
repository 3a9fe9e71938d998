"""Intended, recorded and received, compared by Message-ID: what was lost, doubled, contradicted, left open."""

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from benchmarks.chaos.house import House
from benchmarks.chaos.post import Post

DOUBLED_AT_MOST = 20

ORDERS = (
    "select p.order_no, p.outcome, p.settled_in, coalesce(bool_or(m.state in ('failed', 'unconfirmed')), false)"
    " from promise p left join mail_thread mt on mt.thread_id = p.thread_id left join mail m on m.id = mt.mail_id"
    "  and m.created_at >= p.due_at where p.due_at = %s group by p.thread_id, p.id"
)
SENT = "select message_id from mail where audience = 'buyer' and state in ('sent', 'bounced') and accepted_at >= %s"
OPEN = "select count(*) from mail where audience = 'buyer' and state in ('pending', 'sending', 'unknown')"
PARKED = "select count(*) from mail where parked is not null"


@dataclass
class Findings:
    """What the comparison found; the first five must be what they say."""

    lost: int
    doubled_by_deaths: int
    doubled_allowed: int
    same_id_other_content: int
    two_mails_for_one_promise: int
    promises_open: int
    intended: int
    received: int
    refused_for_good: int
    sent_again_after_no_reply: int
    outcomes: dict[str, int]
    parked: int

    @property
    def good(self) -> bool:
        faults = (self.lost, self.same_id_other_content, self.two_mails_for_one_promise, self.promises_open)
        return not any(faults) and self.doubled_by_deaths <= self.doubled_allowed

    def shown(self) -> dict[str, Any]:
        return {"passed": self.good} | asdict(self)


def compare(house: House, post: Post, due_at: datetime) -> Findings:
    received, unanswered = post.received, Counter(post.server.unanswered)
    rows = house.sql(ORDERS, due_at)
    recorded = {row[0] for row in house.sql(SENT, due_at)}
    never_came = recorded - set(received.times)
    unheard = [order for order, _, _, told_otherwise in rows if not received.orders.get(order) and not told_otherwise]
    extra = {number: times - 1 for number, times in received.times.items() if times > 1}
    return Findings(
        lost=len(never_came) + len(unheard),
        doubled_by_deaths=sum(max(0, times - unanswered[number]) for number, times in extra.items()),
        doubled_allowed=DOUBLED_AT_MOST * house.killed,
        same_id_other_content=sum(len(contents) > 1 for contents in received.contents.values()),
        two_mails_for_one_promise=sum(len(numbers) > 1 for numbers in received.orders.values()),
        promises_open=sum(outcome == "open" for _, outcome, _, _ in rows),
        intended=len(rows),
        received=len(received),
        refused_for_good=sum(told_otherwise for _, _, _, told_otherwise in rows),
        sent_again_after_no_reply=sum(min(times, unanswered[number]) for number, times in extra.items()),
        outcomes=dict(Counter(outcome for _, outcome, _, _ in rows)),
        parked=house.sql(PARKED)[0][0],
    )
