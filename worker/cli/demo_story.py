"""What the demo tells when its thirty days are over: figures, what was not sent and why, three orders in full."""

from collections import Counter
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, text

from worker.cli.answer import console, table
from worker.cli.telling import LEGEND, story
from worker.replay.files import avoided
from worker.replay.scenery import remarkable
from worker.replay.stream import EXAMPLES
from worker.storage import reports
from worker.storage.codec import encode
from worker.usecases.timeline import timeline

AVOIDED_BECAUSE: Final = {
    "R19": "moved and moved back before it was told: no difference, no mail",
    "R21": "too small, or too soon after the last mail: told with the next one",
    "R22": "part of a burst: told once, with the net effect",
    "R25": "due with another order of the same contact: one mail for both",
}
ZONE: Final = "Europe/Berlin"
QUIET: Final = frozenset({"R12", "R24"})
"""Decisions that an example leaves out: nothing but waiting for the checkpoint, or for the morning."""


def tell_month(engine: Engine, events: int, start: datetime, now: datetime) -> None:
    """Print the closing table, the holidays and clock changes that lay in the month, and the worked examples."""
    with engine.connect() as connection:
        _figures(connection, events)
        console.print("\nIn this month", style="bold")
        for sentence in remarkable(start, now):
            console.print(f"  {sentence}", markup=False, highlight=False)
        console.print(f"\nThree orders, followed closely. {LEGEND}; times in {ZONE}", markup=False, highlight=False)
        for order, what in EXAMPLES.items():
            _example(connection, order, what)


def _figures(connection: Connection, events: int) -> None:
    journal = [dict(row) for row in connection.execute(text("select * from decision order by id")).mappings()]
    kinds = Counter(
        (row.audience, row.kind)
        for row in connection.execute(text("select audience, kind from mail where state = 'sent'"))
    )
    outcomes = connection.execute(
        text("select outcome, kept_by, count(*) as n from promise group by 1, 2 order by 1, 2")
    )
    actions = Counter(row["action"] for row in journal)
    buyer = {kind: count for (audience, kind), count in sorted(kinds.items()) if audience == "buyer"}
    owner = {kind: count for (audience, kind), count in sorted(kinds.items()) if audience != "buyer"}
    rows: list[dict[str, Any]] = [
        {"what": "events recorded", "count": events},
        {"what": "updates sent to buyers", "count": sum(buyer.values())},
        *[{"what": f"  {kind}", "count": count} for kind, count in buyer.items()],
        {"what": "lists sent to owners", "count": sum(owner.values())},
        *[{"what": f"  {kind}", "count": count} for kind, count in owner.items()],
        {"what": "changes that needed no mail of their own", "count": sum(avoided(journal).values())},
        *[{"what": f"  {AVOIDED_BECAUSE[rule]} ({rule})", "count": count} for rule, count in avoided(journal).items()],
        {"what": "times a thread was looked at and nothing was needed", "count": actions["not_needed"]},
        {"what": "times an update was held for missing facts", "count": actions["held"]},
        *[
            {"what": f"promises {row.outcome}" + (f" by {row.kept_by}" if row.kept_by else ""), "count": row.n}
            for row in outcomes
        ],
    ]
    console.print()
    table(rows, {"what": "in 30 days", "count": ""}, "")


def _example(connection: Connection, order: str, what: str) -> None:
    """Tell one order from its first event to its last mail."""
    row = reports.find_order(connection, order, "bergmann")[0]
    entries = [encode(entry) for entry in timeline(connection, row)]
    told = [one for one in entries if one["what"] != "decision" or one["rule"] not in QUIET]
    counts = Counter(one["what"] for one in entries)
    console.print(
        f"\n{order}: {what}. {counts['event']} events, {counts['mail']} mails to the buyer, because:",
        style="bold",
        markup=False,
        highlight=False,
    )
    story(told, ZONE)
