"""Read a scenario file, replay it, and write what came of it in the same words."""

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.builders import OWNER, cloud, of_line, opening, seller
from tests.stories import Story, Told, moment

YEAR = 2026
ZONE = ZoneInfo("Europe/Berlin")
WHOLE_ORDER = {"review.recorded", "decision.requested", "buyer.told", "owner.assigned", "closure.reviewed"}
OF_SELLER = {
    "stock.received",
    "contact.changed",
    "buyer.preferred",
    "owner.away",
    "listing.observed",
    "seller.paused",
    "seller.resumed",
}
BUYERS = {"sent", "merged"}


def clock(text: str) -> datetime:
    """Read `05-20 09:00` as Berlin's clock in 2026."""
    return datetime.strptime(f"{YEAR}-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=ZONE).astimezone(UTC)


def shown(at: str | None) -> str:
    """Write a moment as scenario files do."""
    return moment(at).astimezone(ZONE).strftime("%m-%d %H:%M") if at else ""


def read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


def play(given: dict[str, Any], folder: Path) -> Told:
    story = Story(**given.get("seller", {}))
    for number, one in enumerate(given["events"]):
        data = dict(one)
        when, kind = clock(data.pop("at")), data.pop("type")
        seen = data.pop("seen", None)
        more = {"seenat": clock(seen).isoformat()} if seen else {}
        identity = data.pop("id", f"e{number}")
        story.events.append(cloud(kind, when, _whole(kind, data), identity, **more))
    answers = [_answer(row) for row in given.get("answers", [])]
    return story.told(folder, clock(given["until"]), answers)


def _whole(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    if kind == "backorder.opened":
        return opening(**data)
    if kind == "seller.configured":
        return seller(**data)
    if kind in WHOLE_ORDER:
        of_order = {} if "sku" in data else {"order": "B-1042"}
        by = {"by": OWNER.name} if kind not in {"decision.requested", "owner.assigned"} else {}
        return {"seller": "bergmann"} | of_order | by | data
    if kind in OF_SELLER or (kind == "production.changed" and "sku" in data):
        return {"seller": "bergmann"} | data
    return of_line(**data)


def _answer(row: dict[str, Any]) -> dict[str, Any]:
    return {name: clock(value).isoformat() if name in {"from", "until"} else value for name, value in row.items()}


def mails(told: Told) -> list[str]:
    """Give each mail to a buyer: moment, kind, and order where it is not the usual one."""
    rows = [row for row in told.journal if row["action"] in BUYERS]
    return [" ".join([shown(row["at"]), row["kind"], *_order(row), *_went_along(row)]) for row in rows]


def _order(row: dict[str, Any]) -> list[str]:
    return [] if row["order"] == "B-1042" else [row["order"]]


def _went_along(row: dict[str, Any]) -> list[str]:
    return ["(along)"] if row["action"] == "merged" else []


def owners(told: Told) -> list[str]:
    """Give each mail to the seller's people: moment, kind, and whom it went to."""
    found = []
    for mail in told.mails:
        if "X-Backorder-Checkpoint" in mail or mail["X-Backorder-Kind"] in {"final-note", "contact-changed"}:
            continue
        name = mail["To"].addresses[0].username
        at = mail["Date"].datetime.astimezone(ZONE).strftime("%m-%d %H:%M")
        found.append(f"{at} {mail['X-Backorder-Kind']} {name}")
    return found


def promises(told: Told) -> list[str]:
    """Give each promise: due, how it ended, by what, and order where it is not the usual one."""
    return [" ".join([shown(row["due_at"]), row["outcome"], *_kept_by(row), *_order(row)]) for row in told.promises]


def _kept_by(row: dict[str, Any]) -> list[str]:
    return [f"by {row['kept_by']}"] if row.get("kept_by") else []


def subjects(told: Told) -> list[str]:
    return [mail["Subject"] for mail in told.mails]


def journal(told: Told) -> list[str]:
    """Give each decision that sent nothing to a buyer: action, rule, until when."""
    return [
        " ".join([row["action"], row["rule"], *([f"until {shown(row['until'])}"] if row.get("until") else [])])
        for row in told.journal
        if row["action"] not in BUYERS
    ]
