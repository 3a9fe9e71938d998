"""The outage drill: six hours without a part, on the virtual clock; what is overdue leaves once, oldest first (R17)."""

from collections import Counter
from datetime import timedelta

import pytest

from tests.builders import OWNER, at, cloud, opening
from tests.stories import Story, moment

ORDERS = 64
FROM, UNTIL = at(26, 10), at(26, 16)


@pytest.fixture(scope="module", params=["mail", "database", "workers"])
def drill(request, tmp_path_factory):
    """64 promised moments in six hours without one part; a third of the cases got news while it was away."""
    story = Story()
    due = {}
    for number in range(ORDERS):
        order = f"D-{number:03d}"
        due[order] = FROM + timedelta(minutes=5) + number * (UNTIL - FROM - timedelta(minutes=10)) / ORDERS
        contact = {"name": "Purchasing", "email": f"p{number}@muster.example.com"}
        data = opening(
            order=order,
            buyer={"company": f"Muster {number}", "contact": contact},
            next_checkpoint=due[order].isoformat(),
        )
        story.events.append(cloud("backorder.opened", at(20), data, order))
        review = {"seller": "bergmann", "order": order, "by": OWNER.name}
        story.events.append(cloud("review.recorded", at(22, 12), review, f"{order}r"))
        if number % 3 == 0:
            news = {"seller": "bergmann", "order": order, "line": "1", "available": 100}
            story.events.append(cloud("stock.allocated", at(26, 11), news, f"{order}n"))
    answers = [{"down": request.param, "from": FROM.isoformat(), "until": UNTIL.isoformat()}]
    told = story.told(tmp_path_factory.mktemp("drill"), at(27, 12), answers)
    return request.param, told, due


def _left(told):
    """What left for buyers on that day, in order: order number and moment."""
    return [
        (row["order"], moment(row["at"]))
        for row in told.journal
        if row["action"] in {"sent", "merged"} and moment(row["at"]) >= FROM
    ]


def test_r17_everything_overdue_leaves_once(drill):
    _, told, due = drill
    times = Counter(order for order, _ in _left(told))

    assert set(times) == set(due)
    assert set(times.values()) == {1}


def test_r17_the_oldest_promise_leaves_first(drill):
    part, told, due = drill
    late = UNTIL - timedelta(minutes=15)  # what is still in time does not queue behind what is not
    replaced = {row["order"] for row in told.decisions("replaced")} if part == "database" else set()
    overdue = [due[order] for order, _ in _left(told) if due[order] < late and order not in replaced]
    scout = 1 if part == "mail" else 0  # the one mail that finds out that the server is back

    assert overdue[scout:] == sorted(overdue[scout:])


def test_r17_what_piled_up_does_not_flood_the_server(drill):
    _, told, _ = drill
    left = [left_at for _, left_at in _left(told)]
    per_second = Counter(left_at.replace(microsecond=0) for left_at in left)

    assert max(per_second.values()) <= 60
    assert max(left) - UNTIL < timedelta(hours=1, minutes=1)


def test_r17_misses_are_reported_and_stay_misses(drill):
    _, told, due = drill
    missed = {row["order"] for row in told.decisions("missed", "R17")}
    outcomes = {row["order"]: row["outcome"] for row in told.promises if moment(row["due_at"]) == due.get(row["order"])}
    overdue = {order for order, due_at in due.items() if due_at < UNTIL - timedelta(minutes=16)}

    assert overdue <= missed
    assert {outcomes[order] for order in overdue} == {"missed"}
    assert any(mail["X-Backorder-Kind"] == "escalation" for mail in told.mails)


def test_r17_the_facts_are_those_of_now(drill):
    """News that came while something was away goes along; what came together with the database may wait its turn."""
    part, told, _ = drill
    with_news = {f"D-{number:03d}" for number in range(0, ORDERS, 3)}
    rows = [row for row in told.journal if moment(row["at"]) >= FROM and row["order"] in with_news]
    said = {row["order"] for row in rows if row["action"] == "sent" and row["changes"]}
    waits = {row["order"] for row in rows if row["action"] == "waiting" and row["changes"]}

    assert with_news - said <= (waits if part == "database" else set())
    assert said
