"""Tell a story in events, replay it through the whole product, and look at what came of it."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from schedules.facts import LineFacts, OrderFacts
from tests.builders import OPENED_AT, at, cloud, of_line, opening, seller
from tests.servers import replay_schema
from worker.replay.files import write_files
from worker.replay.run import read_feed, replay
from worker.replay.world import read_answers
from worker.storage.codec import decode
from worker.wiring import parts_for


@dataclass
class Told:
    """What a replay wrote."""

    folder: Path
    summary: dict[str, Any]
    journal: list[dict[str, Any]] = field(default_factory=list)
    promises: list[dict[str, Any]] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)
    lines: dict[str, list[LineFacts]] = field(default_factory=dict)
    pools: dict[str, Decimal] = field(default_factory=dict)

    def to_buyer(self, order: str = "B-1042") -> list[tuple[str, datetime]]:
        """Kind and moment of each mail about an order to its buyer."""
        return [
            (row["kind"], moment(row["at"]))
            for row in self.journal
            if row["action"] in {"sent", "merged"} and row["order"] == order
        ]

    def kinds(self, order: str = "B-1042") -> list[str]:
        return [kind for kind, _ in self.to_buyer(order)]

    def decisions(self, action: str, rule: str | None = None) -> list[dict[str, Any]]:
        return [row for row in self.journal if row["action"] == action and rule in {None, row["rule"]}]

    def facts(self, order: str = "B-1042") -> OrderFacts:
        """What is true of an order at the end."""
        return OrderFacts(order=order, lines=tuple(sorted(self.lines[order], key=lambda line: line.line)))

    def pool(self, sku: str) -> Decimal:
        """What is left of the received stock of an item."""
        return self.pools.get(sku, Decimal(0))

    def outcomes(self, order: str = "B-1042") -> list[str]:
        return [row["outcome"] for row in self.promises if row["order"] == order]

    def text(self, number: int, kind: str | None = None) -> str:
        """The plain text of the n-th mail (of a kind)."""
        mails = [mail for mail in self.mails if kind in {None, mail["X-Backorder-Kind"]}]
        part = mails[number].get_body(("plain",))
        assert part is not None
        return part.get_content()


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


class Story:
    """Events in the order they are told; the seller is there from the start."""

    def __init__(self, **seller_changes: Any) -> None:
        self.events = [cloud("seller.configured", at(11), seller(**seller_changes), "seller")]

    def then(self, kind: str, when: datetime, *, seen: datetime | None = None, **data: Any) -> "Story":
        more = {"seenat": seen.isoformat()} if seen else {}
        self.events.append(cloud(kind, when, data, f"e{len(self.events)}", **more))
        return self

    def opened(self, when: datetime = OPENED_AT, *, seen: datetime | None = None, **changed: Any) -> "Story":
        return self.then("backorder.opened", when, seen=seen, **opening(**changed))

    def line(self, kind: str, when: datetime, *, seen: datetime | None = None, **data: Any) -> "Story":
        return self.then(kind, when, seen=seen, **of_line(**data))

    def reviewed(self, when: datetime, **data: Any) -> "Story":
        return self.then("review.recorded", when, seller="bergmann", order="B-1042", by="Order desk", **data)

    def told(self, folder: Path, until: datetime, answers: list[dict[str, Any]] | None = None) -> Told:
        """Replay until a moment."""
        source = folder / "events.jsonl"
        source.write_text("".join(json.dumps(event) + "\n" for event in self.events))
        scripted = folder / "answers.jsonl"
        scripted.write_text("".join(json.dumps(row) + "\n" for row in answers or []))
        return replayed(source, folder / "out", until, scripted)


def replayed(source: Path, out: Path, until: datetime | None, answers: Path | None = None) -> Told:
    (out / "mail").mkdir(parents=True)
    with replay_schema.lend() as engine:
        result = replay(
            read_feed(source),
            lambda engine, clock: parts_for(engine, clock, "test.example"),
            engine,
            out / "mail",
            read_answers(answers),
            until,
        )
        summary = write_files(result, out)
        lines, pools = _read(engine)
    files = {name: (out / f"{name}.jsonl").read_text().splitlines() for name in ("journal", "promises")}
    return Told(
        out,
        summary,
        [json.loads(line) for line in files["journal"]],
        [json.loads(line) for line in files["promises"]],
        [message_from_bytes(path.read_bytes(), policy=default) for path in sorted((out / "mail").iterdir())],
        lines,
        pools,
    )


def _read(engine: Engine) -> tuple[dict[str, list[LineFacts]], dict[str, Decimal]]:
    found: dict[str, list[LineFacts]] = {}
    with engine.connect() as connection:
        for row in connection.execute(text("select order_no, facts from line")):
            found.setdefault(row.order_no, []).append(decode(LineFacts, row.facts))
        pools = {row.sku: row.units for row in connection.execute(text("select sku, units from sku_pool"))}
    return found, pools
