"""Write what a replay left in its schema: journal, promises, summary (the mails were written as they were accepted)."""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, text

from worker.replay.run import Result
from worker.replay.world import BUYER_KINDS
from worker.usecases.record_events import Verdict

JOURNAL: Final = text(
    "select at, seller, order_no as order, contact, action, kind, rule, why, until, message_id, weight, changes,"
    " checklist, policy, facts_rev, told_rev from decision"
    " order by at, action in ('reminded', 'escalated'), seller, contact, id"
)
PROMISES: Final = text(
    "select s.slug as seller, p.order_no as order, p.line_no as line, p.contact, p.made_at, p.made_in, p.due_at,"
    " p.outcome, p.promised_as, p.set_by, p.kept_until, p.settled_at, p.settled_in, p.owner, p.sku, p.cause, p.kept_by"
    " from promise p join seller s on s.id = p.seller_id order by p.made_at, s.slug, p.order_no, p.id"
)
STANDINGS: Final = text("select source, ext_id, standing, reason from event order by id")
LEFT_OUT_WHEN_EMPTY: Final = (
    "until",
    "message_id",
    "weight",
    "kind",
    "checklist",
    "kept_by",
    "settled_at",
    "settled_in",
)


def write_files(result: Result, folder: Path) -> dict[str, Any]:
    """Write `journal.jsonl`, `promises.jsonl` and `summary.json`; give the summary."""
    with result.engine.connect() as connection:
        journal = _rows(connection, JOURNAL)
        promises = _rows(connection, PROMISES)
        waiting = {
            (row["source"], row["ext_id"]): row["reason"]
            for row in _rows(connection, STANDINGS)
            if row["standing"] == "waiting"
        }
    _write_lines(folder / "journal.jsonl", journal)
    _write_lines(folder / "promises.jsonl", promises)
    summary = summary_of(result, journal, promises, waiting)
    write_summary(summary, folder)
    return summary


def write_summary(summary: dict[str, Any], folder: Path) -> None:
    """Write `summary.json`."""
    (folder / "summary.json").write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n", "utf-8")


def summary_of(
    result: Result,
    journal: list[dict[str, Any]],
    promises: list[dict[str, Any]],
    waiting: dict[tuple[str, str], str],
) -> dict[str, Any]:
    """Count events, mails, decisions, promises, and what travelled with another update."""
    events: Counter[str] = Counter({verdict.value: 0 for verdict in Verdict})
    details = []
    for line, one in result.verdicts:
        verdict = one.verdict
        reasons = one.reasons
        if verdict in {Verdict.ACCEPTED, Verdict.WAITING}:
            reason = waiting.get((one.source, one.id))
            verdict, reasons = (Verdict.WAITING, [reason]) if reason else (Verdict.ACCEPTED, [])
        events[verdict] += 1
        if verdict in {Verdict.WAITING, Verdict.REJECTED}:
            details.append({"line": line, "source": one.source, "id": one.id, "verdict": verdict, "reasons": reasons})
    mails = result.world.accepted
    audience = Counter("buyer" if mail["kind"] in BUYER_KINDS else "owner" for mail in mails)
    return {
        "events": {**events, "details": details},
        "mails": {"by_kind": _counted(mail["kind"] for mail in mails), "by_audience": _counted(audience.elements())},
        "decisions": {
            "by_action": _counted(row["action"] for row in journal),
            "by_rule": _counted(row["rule"] for row in journal),
        },
        "promises": {
            "by_outcome": _counted(row["outcome"] for row in promises),
            "by_kept_by": _counted(row["kept_by"] for row in promises if row.get("kept_by")),
        },
        "avoided": avoided(journal),
    }


def avoided(journal: list[dict[str, Any]]) -> dict[str, int]:
    """Count changes that did not get a mail of their own, by the rule that let them travel with another."""
    found: Counter[str] = Counter()
    for row in journal:
        if row["action"] == "merged":
            found["R25"] += len(row["changes"])
        elif row["action"] == "sent" and len(row["changes"]) > 1:
            found["R22" if row.get("weight") == "decisive" else "R21"] += len(row["changes"]) - 1
        elif row["action"] == "not_needed" and row["rule"] == "R19" and row["told_rev"]:
            found["R19"] += 1
    return dict(sorted(found.items()))


def _rows(connection: Connection, query: Any) -> list[dict[str, Any]]:
    return [
        {name: _plain(value) for name, value in row.items() if value is not None or name not in LEFT_OUT_WHEN_EMPTY}
        for row in connection.execute(query).mappings()
    ]


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value


def _write_lines(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


def _counted(values: Any) -> dict[str, int]:
    return dict(sorted(Counter(str(value) for value in values).items()))
